"""What every analysis of stored models owes the rest of the house; a new file is held to it without a new test."""

import json
import math

import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.experiments import Experiment, keep, run
from rdpd_core.experiments.analyses import ANALYSES, Result
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN
from rdpd_core.experiments.analyze import analyze
from rdpd_core.experiments.analyze_commands import write_tables
from rdpd_core.experiments.source import Asked
from rdpd_core.store import Store
from tests.toys import ToyDataset

LONG = ("attribution",)
"""What takes too long for the quick run."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The toy data set, and its teachers and students of two seeds in a store of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._entries, "toy", ToyDataset)
        for name in ("RDPD_CACHE", "RDPD_WORK"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        _fill()
        yield


def _fill():
    arms = ("teacher", "direct", "rdpd")
    result = run(Experiment(dataset="toy", view="wrist", arms=arms, seeds=2, recipe="paper", epochs=2), store=Store.default())
    keep(result, Store.default(), "2026-01-01T00:00:00+00:00")


@pytest.fixture(params=[pytest.param(a, id=a.name, marks=[pytest.mark.slow] * (a.name in LONG)) for a in ANALYSES])
def kind(request):
    return request.param


def odd(value) -> list:
    """Give every number that JSON does not know."""
    if isinstance(value, dict):
        return [o for own in value.values() for o in odd(own)]
    if isinstance(value, (list, tuple)):
        return [o for own in value for o in odd(own)]
    return [value] if isinstance(value, float) and not math.isfinite(value) else []


def test_it_says_what_it_is(kind):
    assert kind.title
    assert kind.help.endswith(".")
    assert kind().params == kind.Params()


@pytest.mark.slow
def test_it_answers_in_plain_values_that_say_what_they_are_worth(kind, kept, tmp_path):
    told = []
    found = analyze(kind.name, Asked("toy", "wrist"), on_progress=lambda *what: told.append(what))
    again = Result.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert again == found
    assert not odd(found.to_dict())
    assert told
    assert found.tables
    for rows in found.tables.values():
        assert all(isinstance(v, (str, int, float, bool, type(None))) for row in rows for v in row.values())
    for sentence in found.sentences:
        assert sentence.claim in (SHOWN, NOT_SHOWN, UNKNOWN)
        assert sentence.n.startswith("n = ")
        assert sentence.null, sentence.text
        assert sentence.n in sentence.line()
    assert len(write_tables(found, tmp_path)) == len(found.tables) + 2


@pytest.mark.slow
def test_it_is_computed_once(kind, kept, monkeypatch):
    found = analyze(kind.name, Asked("toy", "wrist"))

    def refuse(self, source, on_progress):
        raise AssertionError("computed again")

    monkeypatch.setattr(kind, "run", refuse)
    assert analyze(kind.name, Asked("toy", "wrist")) == found
