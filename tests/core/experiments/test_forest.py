"""The outside yardstick: a forest under the conditions of the students, beside them in every record."""

import json

import numpy as np
import pytest
import torch

from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.experiments import Experiment, comparison_of, keep, run
from rdpd_core.experiments.archive import pack, unpack
from rdpd_core.experiments.forest import ForestParams, grow, log_probability
from rdpd_core.files import to_json
from rdpd_core.store import Store
from tests.core.training.made import Drawer

pytestmark = pytest.mark.slow

BOTH = ("forest", "forest_all")


def brief(**changes):
    return Experiment(
        **{"dataset": "toy", "view": "wrist", "seeds": 2, "recipe": "paper", "epochs": 2, "arms": BOTH, **changes}
    )


def test_a_forest_stands_beside_the_students(toy):
    result = run(brief(arms=("direct", *BOTH)))
    assert [(o.arm, o.seed) for o in result.outcomes] == [(a, s) for a in ("direct", *BOTH) for s in (0, 1)]
    rows = {o.arm: o.rows for o in result.outcomes}
    assert (rows["forest"], rows["forest_all"]) == ((0,), (0, 1, 2))
    found = comparison_of(result).rows["macro_f1"]
    assert [row.title for row in found] == ["Direct", "Random forest", "Random forest, all"]
    assert found[2].mean > 0.9, "the toy activities can be told apart by simple numbers"


def test_a_forest_repeats_exactly_and_seeds_differ(toy):
    first, again = run(brief()), run(brief())
    for a, b in zip(first.outcomes, again.outcomes, strict=True):
        np.testing.assert_array_equal(a.predictions["test"].probability, b.predictions["test"].probability)
    one, two = (o.predictions["test"].probability for o in first.outcomes[:2])
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("change", [{"wrong_labels": 0.5}, {"unlabeled": 0.8}, {"share": 0.3}, {"noise": 2.0}])
def test_a_forest_has_the_conditions_of_the_students(toy, change):
    plain, other = run(brief(seeds=1)).outcomes, run(brief(seeds=1, **change)).outcomes
    told = [not np.array_equal(a.predictions["test"].probability, b.predictions["test"].probability)
            for a, b in zip(plain, other, strict=True)]  # fmt: skip
    assert told == [True, "noise" not in change], "noise on the poor channels spares who reads all, as it spares the teacher"


def test_windows_without_label_teach_it_nothing(toy):
    (few, _) = run(brief(seeds=1, unlabeled=0.75)).outcomes
    (all_of_them, _) = run(brief(seeds=1)).outcomes
    assert few.training["windows"] == pytest.approx(0.25 * all_of_them.training["windows"], abs=1)
    with pytest.raises(DataError, match="no training window has a label"):
        run(brief(unlabeled=1.0))


def test_it_is_packed_and_unpacked_but_not_stored(toy, tmp_path):
    result = run(brief(arms=("direct", "forest")))
    tensors, facts = pack(result)
    again = unpack(tensors, json.loads(to_json(facts)))
    for a, b in zip(result.outcomes, again.outcomes, strict=True):
        np.testing.assert_array_equal(a.predictions["test"].probability, b.predictions["test"].probability)
        assert (a.model, a.model_params) == (b.model, b.model_params)
    cards = keep(result, Store([tmp_path]), "2026-01-01T00:00:00+00:00")
    assert [card.arm for card in cards] == ["direct", "direct"]


def test_forests_that_were_grown_are_not_grown_again(toy, monkeypatch):
    keeper = Drawer()
    first = run(brief(seeds=1, arms=("forest",)), keeper=keeper)
    monkeypatch.setattr("rdpd_core.experiments.forest.grow", lambda *a, **k: pytest.fail("it was grown again"))
    again = run(brief(seeds=1, arms=("forest",)), keeper=keeper)
    one, two = (r.outcomes[0].predictions["test"].probability for r in (first, again))
    np.testing.assert_array_equal(one, two)
    with pytest.raises(IncompatibleError, match="belong to another experiment"):
        run(brief(seeds=1, arms=("forest",), noise=1.0), keeper=keeper)


def test_a_stop_leaves_the_forests_out(toy):
    stages = []
    result = run(
        brief(arms=("direct", "forest")),
        report=lambda e: stages.append(e["title"]) if e["kind"] == "stage" else None,
        should_stop=lambda: any("forest" in title for title in stages),
    )
    assert {o.arm for o in result.outcomes} == {"direct"}
    assert stages[-1] == "Random forest, 2 of them"


def test_a_class_that_was_never_seen_has_next_to_no_probability():
    features = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    model = grow(features, np.repeat([0, 2], 30), 0, ForestParams())
    found = torch.from_numpy(log_probability(model, features, 4)).softmax(dim=1)
    assert found[:, [1, 3]].max() < 1e-6
    assert (found.argmax(dim=1).numpy() == np.repeat([0, 2], 30)).all()
