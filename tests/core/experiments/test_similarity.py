"""Layers of stored models: their features, and what is said of their likeness."""

import json

import numpy as np
import pytest
import torch

from rdpd_core.errors import DataError, IncompatibleError, StoppedError, UnknownNameError
from rdpd_core.evaluation.cka import cka
from rdpd_core.experiments import Experiment, keep, load, run, similarity
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN
from rdpd_core.experiments.analyze import analyze
from rdpd_core.experiments.similarity import LEAST_OF_SUBJECT, Settings, by_subject, chosen_windows, compare_models, features_of
from rdpd_core.experiments.source import Asked
from rdpd_core.store import Store
from tests.toys import toy_windows

pytestmark = pytest.mark.slow

LAYERS = ["segments", "recurrent", "context", "logits"]


@pytest.fixture
def kept(toy):
    """A store with teachers and students of two seeds."""
    store = Store.default()
    arms = ("teacher", "direct", "rdpd")
    result = run(Experiment(dataset="toy", view="wrist", arms=arms, seeds=2, recipe="paper", epochs=2), store=store)
    keep(result, store, "2026-01-01T00:00:00+00:00")
    return store


def opened(store: Store, arm: str, seed: int = 0):
    """Give a stored model and its card."""
    card = next(c for c in store.list("toy").cards if (c.arm, c.seed) == (arm, seed))
    return store.open("toy", card.name)


def both(store: Store):
    """Give the test windows, and the features of a teacher and a student for them."""
    windows = load("toy").splits.test
    return windows, tuple(features_of(*opened(store, arm), windows) for arm in ("teacher", "rdpd"))


def test_features_are_those_of_the_model_in_evaluation_mode(kept, monkeypatch):
    model, card = opened(kept, "rdpd")
    loaded = load("toy")
    windows = loaded.splits.test
    monkeypatch.setattr(similarity, "BATCH", 7)
    told = []
    model.train()
    found = features_of(model, card, windows, lambda *what: told.append(what), cores=1)
    assert model.training
    assert list(found) == LAYERS
    assert found["segments"].shape == (len(windows), 4, 4)
    x = loaded.statistics.select([0]).apply(windows.gather(slice(None), [0]))
    with torch.no_grad():
        wanted = model.eval()(torch.from_numpy(x))
    assert np.allclose(found["context"], wanted.features["context"], atol=1e-5)
    assert np.allclose(found["logits"], wanted.logits, atol=1e-5)
    assert [done for _, done, _ in told] == list(range(0, len(windows), 7))


def test_it_can_be_ended_and_refuses_what_does_not_fit(kept, monkeypatch):
    model, card = opened(kept, "rdpd")
    windows = load("toy").splits.test

    def stop(what, done, total):
        raise StoppedError("enough")

    with pytest.raises(StoppedError):
        features_of(model, card, windows, stop)
    with pytest.raises(DataError, match="no windows"):
        features_of(model, card, windows.select(np.array([], dtype=np.int64)))
    monkeypatch.setattr(similarity, "MOST_MB", 0)
    with pytest.raises(IncompatibleError, match="MB"):
        features_of(model, card, windows)


def test_windows_are_chosen_evenly():
    windows = toy_windows([0] * 60, np.repeat(["a", "b", "c"], 20))
    chosen = chosen_windows(windows, 12)
    assert len(chosen) == 12
    assert [int((windows.subject[chosen] == s).sum()) for s in "abc"] == [4, 4, 4]
    assert np.array_equal(chosen_windows(windows, 100), np.arange(60))


@pytest.mark.parametrize("mode", ["flatten", "pooled"])
def test_a_matrix_holds_every_pair_of_layers(kept, mode):
    windows, (first, second) = both(kept)
    found = compare_models([(first, second)], windows, ("Teacher", "RDPD"), Settings(mode=mode, draws=100, shuffles=40))
    assert found.grid.rows == found.grid.columns == tuple(LAYERS)
    assert found.grid.values().shape == (4, 4)
    assert found.diagonal.value == pytest.approx(np.diag(found.grid.values()).mean())
    a, b = (
        x["segments"].reshape(len(windows), -1) if mode == "flatten" else x["segments"].mean(axis=1) for x in (first, second)
    )
    assert found.grid.values()[0, 0] == pytest.approx(cka(a, b).value, rel=1e-6)
    assert len(found.table()) == 16
    assert {row["mode"] for row in found.table()} == {mode}
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_row_for_each_moment_leaves_out_layers_without_time(kept):
    windows, (first, second) = both(kept)
    found = compare_models([(first, second)], windows, ("Teacher", "RDPD"), Settings(mode="time", draws=100, shuffles=40))
    assert found.grid.rows == ("segments", "recurrent")
    assert found.grid.n_rows == 4 * len(windows)
    assert set(found.left_out) == {"context", "logits"}


def test_a_model_beside_itself_is_alike(kept):
    windows, (first, _) = both(kept)
    found = compare_models([(first, first)], windows, ("Teacher", "Teacher"), Settings(draws=100, shuffles=40))
    assert np.allclose(np.diag(found.grid.values()), 1)


def test_each_subject_is_compared_alone(kept):
    windows, pair = both(kept)
    some = np.flatnonzero(windows.subject == "fay")
    named = windows.select(some)
    subject = np.where(np.arange(len(some)) < 5, "few", "fay")
    pair = [{name: x[some] for name, x in side.items()} for side in pair]
    split = type(windows)(**{**named.__dict__, "subject": subject})
    found = by_subject([tuple(pair)], split, ("Teacher", "RDPD"), Settings(draws=100, shuffles=40))
    assert [one.subject for one in found] == ["fay", "few"]
    assert found[0].matrix.grid.n_windows == len(some) - 5
    assert found[0].row()["CKA"] == found[0].matrix.diagonal.value
    assert found[1].matrix is None
    assert str(LEAST_OF_SUBJECT) in found[1].row()["why none"]


def test_a_cell_opens_into_points(kept):
    windows, pair = both(kept)
    found = similarity.aligned_cell(pair, "segments", "context", windows)
    assert found.first.shape == (len(windows), 2)
    assert found.held_out is None  # one test subject only
    assert similarity.aligned_cell(pair, "segments", "segments", windows, "time", "procrustes").fitted[0] > 0
    with pytest.raises(UnknownNameError, match="segment"):
        similarity.aligned_cell(pair, "segment", "context", windows)


def test_the_analysis_says_what_may_be_concluded(kept):
    found = analyze("cka", Asked("toy", "wrist"), {"draws": 100, "shuffles": 40})
    assert list(found.values["matrices"]) == ["direct", "rdpd"]
    matrix = found.values["matrices"]["rdpd"]
    assert (matrix["models"], matrix["n_subjects"]) == (2, 1)
    assert len(matrix["cells"]) == 4
    assert {row["row layer"] for row in found.tables["Layers"]} == set(LAYERS)
    assert found.tables["Differences to Direct"][0]["arm"] == "RDPD"
    assert {row["measure"] for row in found.tables["Answers"]} >= {"R² by class", "Cohen's kappa"}
    claims = {s.claim for s in found.sentences}
    assert claims <= {SHOWN, NOT_SHOWN, UNKNOWN}
    difference = found.sentences[-1]
    assert "too few seeds to say (n=2)" in difference.text
    assert difference.claim == UNKNOWN
    assert "flatten" in found.notices[0]


def test_any_two_models_can_be_named(kept):
    names = [c.name for c in kept.list("toy").cards if c.arm == "rdpd"]
    found = analyze("cka", Asked("toy", "wrist", models=tuple(names)), {"draws": 100, "shuffles": 40, "mode": "pooled"})
    assert list(found.values["matrices"]) == names[1:]
    assert found.values["matrices"][names[1]]["first"] == names[0]
    assert found.values["mode"] == "pooled"
    assert "Answers" not in found.tables
    with pytest.raises(DataError, match="1 model is named"):
        analyze("cka", Asked("toy", "wrist", models=(names[0],)))
    with pytest.raises(UnknownNameError, match="model"):
        analyze("cka", Asked("toy", "wrist", models=("a", "b")))


def test_fewer_windows_are_said(kept):
    found = analyze("cka", Asked("toy", "wrist"), {"draws": 100, "shuffles": 40, "most_windows": 10, "each_subject": False})
    assert any(text.startswith("10 of ") for text in found.notices)
    assert "Subjects" not in found.tables
