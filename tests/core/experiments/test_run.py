"""Whole experiments on a small data set: what comes out, what is kept, what is refused."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from rdpd_core.errors import IncompatibleError, ModelFileError, ParameterError, StoppedError, UnknownNameError
from rdpd_core.experiments import Experiment, comparison_of, keep, run
from rdpd_core.experiments.score import score_model
from rdpd_core.store import Store

CREATED = "2026-01-01T00:00:00+00:00"


def brief(**changes):
    """Give a short experiment on the toy data set."""
    return Experiment(**{"dataset": "toy", "view": "wrist", "seeds": 2, "recipe": "paper", "epochs": 3, **changes})


def weights(result, arm):
    return [o.weights for o in result.outcomes if o.arm == arm]


@pytest.mark.slow
def test_every_arm_and_seed_predicts_the_test_subjects(toy):
    result = run(brief(arms=("teacher", "direct", "distill", "rdpd", "oracle")))
    assert {(o.arm, o.seed) for o in result.outcomes} == {
        (arm, seed) for arm in ("teacher", "direct", "distill", "rdpd", "oracle") for seed in (0, 1)
    }
    for outcome in result.outcomes:
        test = outcome.predictions["test"]
        assert set(test.subject) == {"fay"}
        assert set(outcome.predictions["valid"].subject) == {"eva"}
        assert np.isfinite(test.probability).all()
        assert (outcome.teacher is None) == (outcome.arm in ("teacher", "direct", "oracle"))
    rows = {o.arm: o.rows for o in result.outcomes}
    assert rows == {"teacher": (0, 1, 2), "direct": (0,), "distill": (0,), "rdpd": (0,), "oracle": (0,)}


def test_each_seed_has_its_own_teacher_and_an_experiment_repeats_exactly(toy):
    first, again = run(brief(arms=("teacher", "rdpd"))), run(brief(arms=("teacher", "rdpd")))
    digests = {o.seed: o.teacher for o in first.outcomes if o.arm == "rdpd"}
    assert digests[0] != digests[1]
    for a, b in zip(first.outcomes, again.outcomes, strict=True):
        assert all(torch.equal(a.weights[n], b.weights[n]) for n in a.weights)


def test_an_arm_does_not_depend_on_the_other_arms(toy):
    together = weights(run(brief(arms=("direct", "distill", "rdpd"))), "direct")
    alone = weights(run(brief(arms=("direct",))), "direct")
    for a, b in zip(together, alone, strict=True):
        assert max(float((a[n] - b[n]).abs().max()) for n in a) < 1e-4


def test_tuned_chooses_on_validation_and_remembers(toy, monkeypatch):
    asked = brief(recipe="tuned", arms=("direct", "distill"), seeds=1)
    result = run(asked)
    choice = result.choices["fixed"]["distill"]
    assert choice.candidates == 4
    assert choice.settings["attention_weight"] == choice.settings["combined_weight"] == 0
    assert result.choices["fixed"]["direct"].candidates == 1
    stages = []
    run(asked, report=lambda e: stages.append(e) if e["kind"] == "epoch" else None)
    searched = [e for e in stages if any("distill 0" in name for name in e["members"])]
    assert not searched


@pytest.mark.parametrize(
    "change",
    [
        {"noise": 1.0}, {"wrong_labels": 0.5}, {"unlabeled": 0.5}, {"share": 0.5}, {"teacher_targets": "train_pass"},
        {"width": "channels"}, {"attention_form": "teacher_student"}, {"last_batch": "configured"}, {"shuffle": "once"},
        {"dropout_place": "after_pooling"}, {"augment": "jitter"}, {"combined_bias": "per_class"},
        {"temperature": 2.0}, {"rich_share": 0.5}, {"rich_share": 0.5, "rich_by": "windows"},
        {"rich_share": 0.5, "augment": "jitter"}, {"teacher_targets": "out_of_fold"},
        {"teacher_targets": "out_of_fold", "augment": "jitter", "rich_share": 0.6}, {"mixing": 1.0}, {"imitation": "falling"},
        {"imitation": "hard_first"}, {"balance": "subjects"},
    ],
    ids="+".join,
)  # fmt: skip
@pytest.mark.slow
def test_every_switch_changes_the_student(toy, change):
    plain = run(brief(arms=("rdpd",), seeds=1)).outcomes[0]
    other = run(brief(arms=("rdpd",), seeds=1, **change)).outcomes[0]
    same_shape = {n: w.shape for n, w in plain.weights.items()} == {n: w.shape for n, w in other.weights.items()}
    differ = not same_shape or any(not torch.equal(plain.weights[n], other.weights[n]) for n in plain.weights)
    assert differ


@pytest.mark.slow
def test_noise_on_all_channels_reaches_the_teacher_and_noise_on_the_poor_does_not(toy):
    clean, poor, everywhere = (
        run(brief(arms=("teacher", "rdpd"), seeds=1, noise=noise, noise_on=on)).outcomes
        for noise, on in ((0.0, "poor"), (1.0, "poor"), (1.0, "all"))
    )
    names = list(clean[0].weights)
    assert all(torch.equal(clean[0].weights[n], poor[0].weights[n]) for n in names)
    assert not all(torch.equal(clean[0].weights[n], everywhere[0].weights[n]) for n in names)
    assert not np.array_equal(poor[1].predictions["test"].probability, everywhere[1].predictions["test"].probability)


def test_the_teacher_learns_from_true_labels_whatever_the_students_get(toy):
    clean, spoilt = (run(brief(arms=("teacher",), seeds=1, wrong_labels=share)).outcomes[0] for share in (0.0, 0.9))
    assert all(torch.equal(clean.weights[n], spoilt.weights[n]) for n in clean.weights)
    run(brief(arms=("rdpd",), seeds=1, unlabeled=1.0))


@pytest.mark.slow
@pytest.mark.parametrize("by", ["subjects", "windows"])
def test_a_teacher_learns_from_what_was_recorded_richly_and_students_from_everybody(toy, by):
    arms = ("teacher", "direct", "rdpd", "forest_all")
    whole, rich = run(brief(arms=arms, seeds=1)), run(brief(arms=arms, seeds=1, rich_share=0.5, rich_by=by))
    few = run(brief(arms=arms, seeds=1, share=0.5, share_by=by))

    def same(arm, one, two):
        (a,), (b,) = ([o for o in found.outcomes if o.arm == arm] for found in (one, two))
        return np.array_equal(a.predictions["test"].probability, b.predictions["test"].probability)

    assert same("teacher", rich, few), "as if there were nobody else"
    assert same("forest_all", rich, few)
    assert not same("teacher", rich, whole)
    assert same("direct", rich, whole), "labels need no rich channels"
    assert not same("rdpd", rich, whole)
    assert not same("rdpd", rich, few)


def test_a_stop_during_students_keeps_the_teacher(toy):
    stages = []
    result = run(
        brief(arms=("teacher", "direct", "rdpd"), seeds=1),
        report=lambda e: stages.append(e["title"]) if e["kind"] == "stage" else None,
        should_stop=lambda: any("students" in title for title in stages),
    )
    assert [o.arm for o in result.outcomes] == ["teacher"]


@pytest.mark.slow
def test_saved_models_predict_what_the_experiment_predicted(toy, tmp_path):
    result = run(brief(arms=("teacher", "direct", "rdpd"), seeds=1))
    store = Store([tmp_path / "models"])
    cards = keep(result, store, CREATED)
    assert [c.arm for c in cards] == ["teacher", "direct", "rdpd"]
    assert cards[2].teacher == cards[0].weights_sha256
    for card, outcome in zip(cards, result.outcomes, strict=True):
        _, scores, _ = score_model(store, card.key)
        assert scores.values["pr_auc"] == pytest.approx(card.scores["test"]["values"]["pr_auc"], abs=1e-9)
        assert card.training["best_epoch"] == outcome.training["best_epoch"]
        json.dumps(card.to_dict(), allow_nan=False)


@pytest.mark.slow
def test_a_stored_teacher_teaches_all_seeds(toy, tmp_path):
    store = Store([tmp_path / "models"])
    (card,) = keep(run(brief(arms=("teacher",), seeds=1)), store, CREATED)
    fresh = run(brief(arms=("teacher", "rdpd"), seeds=1))
    stored = run(brief(arms=("teacher", "rdpd"), teacher=card.name), store=store)
    assert {o.teacher for o in stored.outcomes if o.arm == "rdpd"} == {card.weights_sha256}
    a, b = weights(fresh, "rdpd")[0], weights(stored, "rdpd")[0]
    assert max(float((a[n] - b[n]).abs().max()) for n in a) < 1e-4


@pytest.mark.slow
def test_a_stored_teacher_s_students_tell_what_was_chosen(toy, tmp_path):
    store = Store([tmp_path / "models"])
    asked = {"recipe": "tuned", "arms": ("teacher", "distill"), "seeds": 1}
    searched = run(brief(**asked))
    cards = keep(searched, store, CREATED)
    again = run(brief(**asked | {"seeds": 2}, teacher=cards[0].name), store=store).choices["fixed"]["distill"]
    assert again.source == cards[1].key
    assert again.settings == searched.choices["fixed"]["distill"].settings
    other = run(brief(**asked, teacher=cards[0].name, unlabeled=0.5), store=store).choices["fixed"]["distill"]
    assert other.source is None
    assert other.candidates == 4


@pytest.mark.slow
def test_noise_lowers_what_a_stored_model_is_worth_and_zero_changes_nothing(toy, tmp_path):
    store = Store([tmp_path / "models"])
    (card,) = keep(run(brief(arms=("teacher",), seeds=1, epochs=40)), store, CREATED)
    clean, zero, loud = (score_model(store, card.key, noise=a)[1].values["accuracy"] for a in (0.0, 0.0, 20.0))
    assert clean == zero
    assert loud < clean


def test_a_teacher_that_does_not_fit_is_refused_before_training(toy, tmp_path, monkeypatch):
    store = Store([tmp_path / "models"])
    (card,) = keep(run(brief(arms=("teacher",), seeds=1)), store, CREATED)
    monkeypatch.setattr(toy, "classes", ("walk", "rest", "run"))
    with pytest.raises(IncompatibleError, match=r"classes: teacher .*rest.* data .*walk"):
        run(brief(arms=("teacher", "rdpd"), teacher=card.name), store=store)


@pytest.mark.slow
def test_a_student_cannot_be_taken_for_a_teacher(toy, tmp_path):
    store = Store([tmp_path / "models"])
    (card,) = keep(run(brief(arms=("direct",), seeds=1)), store, CREATED)
    with pytest.raises(IncompatibleError, match="is a student"):
        run(brief(arms=("rdpd",), teacher=card.name), store=store)
    with pytest.raises(ModelFileError):
        run(brief(arms=("rdpd",), teacher="nobody"), store=store)


@pytest.mark.slow
def test_members_that_lose_patience_end_one_by_one(toy):
    result = run(brief(arms=("teacher", "direct", "rdpd"), epochs=60, patience=2))
    for outcome in result.outcomes:
        assert outcome.training["epochs"] in (60, outcome.training["best_epoch"] + 2)
        assert len(outcome.training["history"]) == outcome.training["epochs"]


def test_a_stop_keeps_the_best_epoch_so_far(toy):
    seen = []
    result = run(
        brief(arms=("direct",), epochs=50),
        report=lambda e: seen.append(e) if e["kind"] == "epoch" else None,
        should_stop=lambda: len(seen) >= 2,
    )
    assert len(seen) == 2
    assert all(o.training["epochs"] == 2 for o in result.outcomes)


def test_a_stop_before_the_first_epoch_says_so(toy):
    with pytest.raises(StoppedError, match="nothing to keep"):
        run(brief(arms=("direct",)), should_stop=lambda: True)


def test_comparison_names_its_reference_and_counts(toy):
    result = run(brief(arms=("teacher", "direct", "rdpd"), seeds=2))
    comparison = comparison_of(result)
    assert comparison.reference == "direct"
    assert comparison.n_subjects == 1
    assert {row.arm for row in comparison.rows["pr_auc"]} == {"teacher", "direct", "rdpd"}
    assert all("too few seeds" in row.difference.verdict for row in comparison.rows["pr_auc"] if row.difference)


def test_unknown_words_are_answered_with_the_known_ones(toy):
    for change, told in (
        ({"dataset": "toyz"}, "did you mean 'toy'"), ({"view": "wirst"}, "did you mean 'wrist'"),
        ({"arms": ("rdpt",)}, "did you mean 'rdpd'"), ({"split": "fixd"}, "did you mean 'fixed'"),
    ):  # fmt: skip
        with pytest.raises(UnknownNameError, match=told):
            brief(**change)
    with pytest.raises(ParameterError, match="recipe='papr' is not one of paper, tuned"):
        brief(recipe="papr")


def test_a_constant_channel_stops_before_training(toy, monkeypatch):
    from rdpd_core.errors import DataError

    plain = toy.recordings

    def flat(self):
        for recording in plain(self):
            signal = recording.signal.copy()
            signal[2] = 70.0
            yield dataclasses.replace(recording, signal=signal)

    monkeypatch.setattr(toy, "recordings", flat)
    with pytest.raises(DataError, match="pulse"):
        run(brief(arms=("direct",)))
