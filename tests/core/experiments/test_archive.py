"""Results that went through files, and parts of an experiment put together again."""

import dataclasses
import json

import numpy as np
import pytest
import safetensors.torch
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.experiments import Experiment, card_of, comparison_of, keep, run
from rdpd_core.experiments.archive import merge, pack, unpack
from rdpd_core.files import to_json
from rdpd_core.store import Store
from tests.core.experiments.test_resume import TwoFolds

ARMS = ("teacher", "direct", "rdpd", "oracle")
CREATED = "2026-01-01T00:00:00+00:00"


def brief(**changes):
    return Experiment(
        **{"dataset": "toy", "view": "wrist", "seeds": 2, "recipe": "paper", "epochs": 4, "arms": ARMS, **changes}
    )


def through_files(result, **given):
    tensors, facts = pack(result)
    data = safetensors.torch.save({n: t.contiguous() for n, t in tensors.items()})
    return unpack(safetensors.torch.load(data), json.loads(to_json(facts)), **given)


def near(one, two, where=""):
    """Say where two plain values differ by more than a millionth."""
    if isinstance(one, dict):
        assert set(one) == set(two), where
        return [p for n in one for p in near(one[n], two[n], f"{where}.{n}")]
    if isinstance(one, (list, tuple)):
        assert len(one) == len(two), where
        return [p for at, (a, b) in enumerate(zip(one, two, strict=True)) for p in near(a, b, f"{where}.{at}")]
    return [] if one == two or (isinstance(one, float) and one == pytest.approx(two, abs=1e-6)) else [(where, one, two)]


@pytest.mark.slow
def test_a_result_comes_back_exactly(toy):
    result = run(brief(recipe="tuned", arms=("teacher", "direct", "distill"), seeds=1))
    again = through_files(result)
    assert again.experiment == result.experiment
    assert again.notices == result.notices
    assert again.choices == result.choices
    assert [list(c) for c in again.choices.values()] == [list(c) for c in result.choices.values()]
    for a, b in zip(again.outcomes, result.outcomes, strict=True):
        for f in dataclasses.fields(b):
            if f.name not in ("weights", "predictions"):
                assert getattr(a, f.name) == getattr(b, f.name), f.name
        assert list(a.weights) == list(b.weights)
        assert all(torch.equal(a.weights[n], b.weights[n]) for n in b.weights)
        for part in ("valid", "test"):
            for f in dataclasses.fields(b.predictions[part]):
                assert np.array_equal(getattr(a.predictions[part], f.name), getattr(b.predictions[part], f.name)), f.name
        assert card_of(again, a, CREATED) == card_of(result, b, CREATED)
    assert comparison_of(again).to_dict() == comparison_of(result).to_dict()


def test_many_results_read_their_data_once(toy, monkeypatch):
    monkeypatch.setitem(DATASETS._entries, "toy", TwoFolds)
    packed = [pack(run(brief(arms=("direct",), seeds=1, split=split))) for split in ("early", "late", "early")]
    known, made = {}, []
    from rdpd_core.experiments import archive

    for name in ("prepare", "divide"):
        plain = getattr(archive, name)
        monkeypatch.setattr(archive, name, lambda *a, plain=plain, name=name: (made.append(name), plain(*a))[1])
    results = [unpack(*one, loaded=known) for one in packed]
    assert made == ["prepare", "divide", "divide"]
    assert set(known) == {"toy/early", "toy/late"}
    assert results[0].loaded["early"] is results[2].loaded["early"]


@pytest.mark.slow
def test_two_halves_give_the_comparison_of_the_whole(toy, tmp_path):
    whole = run(brief(seeds=4))
    halves = [through_files(run(brief(first_seed=first))) for first in (2, 0)]
    merged = merge(halves)
    assert merged.experiment == whole.experiment
    assert merged.notices == whole.notices
    assert [(o.arm, o.seed, o.split) for o in merged.outcomes] == [(o.arm, o.seed, o.split) for o in whole.outcomes]
    assert near(comparison_of(merged).to_dict(), comparison_of(whole).to_dict()) == []
    cards = keep(merged, Store([tmp_path]), CREATED)
    assert [c.name for c in cards] == [card_of(whole, o, CREATED).name for o in whole.outcomes]
    assert {c.teacher for c in cards if c.arm == "rdpd"} == {c.weights_sha256 for c in cards if c.arm == "teacher"}


@pytest.mark.slow
def test_splits_are_merged_too(toy, monkeypatch):
    monkeypatch.setitem(DATASETS._entries, "toy", TwoFolds)
    asked = brief(arms=("direct", "distill"), seeds=2, split="all")
    whole = run(asked)
    parts = [run(dataclasses.replace(asked, split=s, seeds=1, first_seed=f)) for s in ("late", "early") for f in (0, 1)]
    merged = merge([through_files(p) for p in parts])
    assert merged.experiment == asked
    assert list(merged.loaded) == ["early", "late"]
    assert set(merged.choices) == {"early", "late"}
    assert near(comparison_of(merged).to_dict(), comparison_of(whole).to_dict()) == []


@pytest.mark.slow
def test_what_is_missing_is_said(toy):
    steps = []

    def report(event):
        steps.extend([event] if event["kind"] == "training" and "students" in event["stage"] else [])

    stopped = run(brief(arms=("teacher", "direct"), first_seed=4), report=report, should_stop=lambda: bool(steps))
    merged = merge([run(brief(arms=("teacher", "direct"))), stopped])
    assert merged.experiment.seed_list == (0, 1, 2, 3, 4, 5)
    assert merged.notices[-1] == (
        "Of 12 models 6 are missing: Teacher, seed 2, split fixed, Teacher, seed 3, split fixed, Direct, seed 2, split fixed, "
        "Direct, seed 3, split fixed, Direct, seed 4, split fixed, and 1 more. Every number is of those that are there."
    )
    assert len(comparison_of(merged).rows["roc_auc"]) == 2


@pytest.mark.slow
def test_a_stored_teacher_is_one_in_all_parts(toy, tmp_path):
    store = Store([tmp_path / "models"])
    (card,) = keep(run(brief(arms=("teacher",), seeds=1)), store, CREATED)
    parts = [run(brief(arms=("teacher", "rdpd"), first_seed=f, teacher=card.name), store=store) for f in (0, 2)]
    merged = merge([through_files(p) for p in parts])
    assert [(o.arm, o.seed) for o in merged.outcomes] == [("teacher", 0), *(("rdpd", seed) for seed in range(4))]
    assert merged.notices == parts[0].notices


@pytest.mark.slow
def test_settings_that_were_chosen_apart_are_told(toy):
    parts = [run(brief(recipe="tuned", arms=("distill",), seeds=1, first_seed=f)) for f in (0, 1)]
    choice = parts[1].choices["fixed"]["distill"]
    other = dataclasses.replace(choice, settings={**choice.settings, "temperature": 9.0})
    apart = dataclasses.replace(parts[1], choices={"fixed": {"distill": other}})
    same = dataclasses.replace(parts[1], choices=parts[0].choices)
    assert merge([parts[0], same]).notices == parts[0].notices
    notice = merge([parts[0], apart]).notices[-1]
    assert notice.startswith(
        "Distill (split fixed) was trained with settings chosen for each block of seeds by itself: seeds 0 to 0"
    )
    assert "seeds 1 to 1" in notice
    assert "temperature 9" in notice


@pytest.mark.slow
def test_what_does_not_belong_together_is_refused(toy, monkeypatch):
    first = run(brief(arms=("direct",)))
    for change, told in (({"epochs": 5}, r"differ in epochs \(4 and 5\)"), ({"view": "limbs"}, r"view \(wrist and limbs\)")):
        with pytest.raises(IncompatibleError, match=told):
            merge([first, run(brief(arms=("direct",), first_seed=2, **change))])
    with pytest.raises(IncompatibleError, match="two results hold Direct, seed 1, split fixed, trained differently"):
        merge([first, _other_weights(first)])
    with pytest.raises(DataError, match="no results"):
        merge([])
    tensors, facts = pack(first)
    monkeypatch.setattr(toy, "source_digest", lambda self: "others")
    monkeypatch.setattr(toy, "assign", lambda self, subjects, split: {s: _moved(s) for s in subjects})
    with pytest.raises(IncompatibleError, match="made from other recordings of toy"):
        unpack(tensors, facts)
    with pytest.raises(IncompatibleError, match="different recordings of toy"):
        merge([first, run(brief(arms=("direct",), first_seed=2))])


def test_a_damaged_pack_is_refused(toy):
    tensors, facts = pack(run(brief(arms=("direct",), seeds=1)))
    lost = next(iter(tensors))
    with pytest.raises(DataError, match=f"lacks the tensor {lost}"):
        unpack({n: t for n, t in tensors.items() if n != lost}, facts)
    with pytest.raises(DataError, match="lacks choices"):
        unpack(tensors, {n: v for n, v in facts.items() if n != "choices"})
    with pytest.raises(DataError, match="has format 7, this program reads 1"):
        unpack(tensors, {**facts, "format": 7})


def _other_weights(result):
    one = result.outcomes[1]
    changed = dataclasses.replace(one, weights={n: w + 1 for n, w in one.weights.items()})
    return dataclasses.replace(result, outcomes=(changed,))


def _moved(subject):
    return {"ann": "test", "bob": "valid"}.get(subject, "train")
