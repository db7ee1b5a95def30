"""Layers of stored models, aligned."""

import numpy as np
import pytest

from rdpd_core.errors import IncompatibleError, UnknownNameError
from rdpd_core.experiments import Experiment, keep, load, run
from rdpd_core.experiments.aligned import Side, aligned_layers
from rdpd_core.experiments.source import Asked, open_source
from rdpd_core.store import Store


@pytest.fixture
def source(toy):
    """A teacher and a student of the toy data set."""
    store = Store.default()
    asked = Experiment(dataset="toy", view="wrist", arms=("teacher", "rdpd"), seeds=1, recipe="paper", epochs=1)
    keep(run(asked, store=store), store, "2026-01-01T00:00:00+00:00")
    return open_source(Asked("toy", "wrist"), load("toy"), store)


def names(source) -> list[str]:
    return [card.name for card in source.cards()]


def test_a_layer_is_aligned_with_itself_and_every_window_keeps_its_class(source):
    teacher, _ = names(source)
    found = aligned_layers(source, Side(teacher, "context"), Side(teacher, "context"), "flatten", "cca")
    windows = source.book().windows
    assert found.aligned.fitted[0] == pytest.approx(1)
    assert np.array_equal(found.target, windows.target)
    assert (found.rows_of, found.classes) == ("windows", windows.classes)
    assert found.aligned.held_out is None, "the toy's test part is one subject"


def test_moments_carry_the_class_of_their_window(source):
    sides = [Side(name, "segments") for name in names(source)]
    found = aligned_layers(source, *sides, "time", "procrustes")
    n = len(source.book().windows)
    assert (found.rows_of, len(found.target), len(found.aligned.first)) == ("moments", 4 * n, 4 * n)
    assert np.array_equal(found.target[::4], source.book().windows.target)


def test_fewer_windows_are_spread_evenly(source):
    sides = [Side(name, "logits") for name in names(source)]
    assert len(aligned_layers(source, *sides, "pooled", "cca", most=9).target) == 9


def test_what_is_not_there_is_told(source):
    teacher, student = names(source)
    with pytest.raises(UnknownNameError, match="nowhere"):
        aligned_layers(source, Side(teacher, "nowhere"), Side(student, "context"), "flatten", "cca")
    with pytest.raises(UnknownNameError, match="nobody"):
        aligned_layers(source, Side("nobody", "context"), Side(student, "context"), "flatten", "cca")
    with pytest.raises(IncompatibleError, match="has no course in time"):
        aligned_layers(source, Side(teacher, "context"), Side(student, "segments"), "time", "cca")
