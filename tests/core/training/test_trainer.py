"""The loop: stopping, choosing epochs, and saying what went wrong."""

import json
import math

import numpy as np
import pytest
import torch

from rdpd_core.errors import DataError, IncompatibleError, ShapeError, StoppedError, TrainingError
from tests.core.training.made import cohort, distance, knowledge, member, resident, scripted, trained, trainer, windows


@pytest.mark.slow
def test_training_learns():
    found = trained([member("a"), member("b", 4)], "direct", epochs=40, network={"filters": 8, "hidden": 4})
    for one in found.values():
        assert one.score > 0.8
        assert one.history[-1]["losses"]["hard"] < one.history[0]["losses"]["hard"]


@pytest.mark.slow
def test_runs_repeat_bit_by_bit():
    members = [member("a", 2, noise=0.3), member("b", 1, (1, 3))]
    changes = {"epochs": 5, "patience": 2, "network": {"second_conv": True}}
    first, again = trained(members, **changes), trained(members, **changes)
    for name in first:
        assert distance(first[name].weights, again[name].weights) == 0
        assert first[name].history == again[name].history


def test_the_best_epoch_is_kept_the_earliest_of_equals(monkeypatch):
    scripted(monkeypatch, {"a": [0.1, 0.7, 0.3, 0.7, 0.2]})
    found = trained([member("a")], epochs=5)["a"]
    assert (found.best_epoch, found.epochs, found.score) == (2, 5, 0.7)
    scripted(monkeypatch, {"a": [0.1, 0.7]})
    assert distance(found.weights, trained([member("a")], epochs=2)["a"].weights) == 0


def test_patience_counts_epochs_since_the_best(monkeypatch):
    scripted(monkeypatch, {"a": [0.1, 0.7, 0.3, 0.6, 0.9, 0.9]})
    assert (trained([member("a")], epochs=6, patience=2)["a"].epochs) == 4
    scripted(monkeypatch, {"a": [0.1, 0.7, 0.3, 0.6, 0.9, 0.9]})
    assert (trained([member("a")], epochs=6, patience=3)["a"].epochs) == 6


def test_a_member_that_stopped_stays_stopped_whoever_goes_on(monkeypatch):
    # One of six stops: too few to clear the stack, so that it is still computed when its score would rise again.
    names = "abcdef"
    rising = {n: [0.1 * e for e in range(1, 7)] for n in names}
    scripted(monkeypatch, {**rising, "c": [0.5, 0.1, 0.1, 0.9, 0.9, 0.9]})
    found = trained([member(n, at) for at, n in enumerate(names)], epochs=6, patience=2)
    assert (found["c"].best_epoch, found["c"].epochs, found["c"].score) == (1, 3, 0.5)
    assert [r["epoch"] for r in found["c"].history] == [1, 2, 3]
    assert found["a"].epochs == 6


@pytest.mark.slow
def test_members_that_end_at_different_times_end_as_if_alone():
    order = (4, 1, 7, 0, 6, 3, 2, 5)
    members = [member(f"m{s}", s, (s % 4,), noise=0.2 * (s % 2), settings={"temperature": 1.0 + s}) for s in order]
    changes = {"epochs": 12, "patience": 2, "valid": resident(windows(24, seed=1, shift=0.3))}
    together = trained(members, **changes)
    assert len({t.epochs for t in together.values()}) > 2
    assert [t.member.name for t in together.values()] == [m.name for m in members]
    for one in members:
        alone = trained([one], **changes)[one.name]
        assert distance(alone.weights, together[one.name].weights) < 1e-4
        assert (alone.epochs, alone.best_epoch) == (together[one.name].epochs, together[one.name].best_epoch)


def test_history_has_a_row_per_epoch_with_every_term_and_the_learned_numbers():
    found = trained([member()], epochs=4)["one"]
    assert [r["epoch"] for r in found.history] == [1, 2, 3, 4]
    assert all(set(r["losses"]) == {"hard", "soft", "attention", "combined"} for r in found.history)
    assert all(set(r["own"]) == {"w1", "w2", "b"} for r in found.history)
    assert found.history[found.best_epoch - 1]["own"]["w1"] == pytest.approx(float(found.own["w1"]))
    assert found.history[found.best_epoch - 1]["score"] == found.score == max(r["score"] for r in found.history)
    assert json.loads(json.dumps(found.history)) == found.history
    assert all("own" not in r for r in trained([member()], "direct")["one"].history)


def test_losses_in_the_history_are_means_over_windows():
    # Without dropout and with a step too small to matter, the mean over uneven batches is the mean over all windows.
    settings = {"network": {"dropout": 0.0}, "learning_rate": 1e-7, "epochs": 1}
    uneven = trained([member()], batch_size=16, **settings)["one"].history[0]["losses"]
    whole = trained([member()], batch_size=64, **settings)["one"].history[0]["losses"]
    assert uneven == pytest.approx(whole, rel=1e-4)


def test_a_configured_divisor_weighs_the_last_batch_less():
    settings = {"network": {"dropout": 0.0}, "learning_rate": 1e-7, "epochs": 1, "batch_size": 16}
    plain = trained([member()], settings=None, **settings)["one"].history[0]["losses"]
    fixed = trained([member()], settings={"batch_divisor": 16}, **settings)["one"].history[0]["losses"]
    assert fixed["hard"] == pytest.approx(plain["hard"])
    assert fixed["soft"] == pytest.approx(plain["soft"], rel=0.3)
    assert fixed["soft"] < plain["soft"]
    assert fixed["attention"] < plain["attention"]


@pytest.mark.parametrize("part", ["train", "valid"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_named_by_channel_before_training(part, value):
    broken = windows(40 if part == "train" else 24, seed=int(part == "valid"))
    broken.signal[2, 50] = value
    members = [member("sound", channels=(0, 1)), member("sick", channels=(0, 2))]
    with pytest.raises(DataError, match=f"channel 2 of the {part} windows holds values that are not numbers"):
        trainer(cohort(members), **{part: resident(broken)})
    assert trained(members[:1], **{part: resident(broken)})["sound"].epochs == 3


def test_a_loss_that_is_no_number_is_named_with_its_member_and_nothing_is_kept():
    said = knowledge(teachers=2)
    said.logits[1, 7] = float("nan")
    made = trainer(cohort([member("calm", teacher=0), member("misled", 4, teacher=1)]), said=said)
    with pytest.raises(TrainingError, match="soft of 'misled' became nan in epoch 1; nothing was kept"):
        made.run()


def test_a_member_that_diverges_is_the_one_named():
    with pytest.raises(TrainingError, match=r"hard of 'wild' became nan in epoch 1"):
        trained([member("calm"), member("wild", 4, noise=3e38)])


def test_weights_that_break_in_the_last_step_are_not_kept():
    made = trainer(cohort([member()]), epochs=1, batch_size=64, learning_rate=0.01)
    plain = made.optimizer.step

    def broken():
        plain()
        with torch.no_grad():
            made.cohort.weights["dense_bias"].fill_(float("nan"))

    made.optimizer.step = broken
    with pytest.raises(TrainingError, match="validation roc_auc of 'one' became nan in epoch 1"):
        made.run()


def test_a_stop_keeps_the_best_epoch_and_leaves_the_unfinished_one_out():
    steps = []
    made = trainer(
        cohort([member("a"), member("b", 4)]),
        epochs=50,
        on_event=lambda e: steps.append(e) if e["kind"] == "step" else None,
        should_stop=lambda: len(steps) == 7,  # of three steps an epoch
    )
    found = {t.member.name: t for t in made.run()}
    whole = trained([member("a"), member("b", 4)], epochs=2)
    assert {n: t.epochs for n, t in found.items()} == {"a": 2, "b": 2}
    assert all(distance(found[n].weights, whole[n].weights) == 0 for n in found)


def test_a_stop_before_anything_is_best_says_so():
    with pytest.raises(StoppedError, match="stopped before the first epoch ended"):
        trainer(cohort([member()]), should_stop=lambda: True).run()


def test_events_tell_of_every_step_and_epoch():
    events = []
    trainer(cohort([member("a"), member("b", 4)]), on_event=events.append, epochs=2).run()
    steps = [(e["epoch"], e["step"], e["steps"]) for e in events if e["kind"] == "step"]
    assert steps == [(epoch, step, 3) for epoch in (1, 2) for step in (1, 2, 3)]
    epochs = [e for e in events if e["kind"] == "epoch"]
    assert [e["epoch"] for e in epochs] == [1, 2]
    assert all(set(e["members"]) == {"a", "b"} for e in epochs)
    json.dumps(events)


@pytest.mark.slow
def test_labels_can_be_replaced_and_the_hidden_ones_are_never_read():
    plain, target = resident(), resident().target.clone()
    target[::2] = -1
    hidden = resident()
    hidden.target[::2] = (hidden.target[::2] + 1) % 3
    a = trained([member()], train=plain, target=target)["one"]
    b = trained([member()], train=hidden, target=target)["one"]
    assert distance(a.weights, b.weights) == 0
    assert distance(a.weights, trained([member()])["one"].weights) > 1e-3
    wrong = (resident().target + 1) % 3
    assert distance(trained([member()], target=wrong)["one"].weights, trained([member()])["one"].weights) > 1e-3


@pytest.mark.slow
def test_without_any_label_the_teacher_still_teaches():
    target = torch.full((40,), -1)
    found = trained([member()], "kd", target=target, epochs=20)["one"]
    assert all(r["losses"]["hard"] == 0 for r in found.history)
    assert found.history[-1]["losses"]["soft"] < found.history[0]["losses"]["soft"]


@pytest.mark.slow
def test_every_member_can_have_labels_of_its_own():
    """Also after others have left the stack: each ends as it would alone with its labels."""
    some, others = resident().target.clone(), resident().target.clone()
    some[:15], others[20:] = -1, (others[20:] + 1) % 3
    members = [member("a", 7), member("b", 3, (1,)), member("c", 5, (3, 0))]
    target = torch.stack([some, others, resident().target])
    changes = {"epochs": 7, "patience": 2, "valid": resident(windows(24, seed=1, shift=0.3))}
    together = trained(members, "direct", target=target, **changes)
    ends = {t.epochs for t in together.values()}
    assert len(ends) > 1, "nobody leaves before the others"
    for one, labels in zip(members, target, strict=True):
        alone = trained([one], "direct", target=labels, **changes)[one.name]
        assert distance(alone.weights, together[one.name].weights) < 1e-4
    assert distance(together["a"].weights, trained(members[:1], "direct", **changes)["a"].weights) > 1e-3


def test_labels_of_members_must_be_there_for_each():
    with pytest.raises(ShapeError, match="labels of 2 members for 1; give a row for each, or one for all"):
        trained([member()], "direct", target=torch.zeros(2, 40, dtype=torch.long))
    target = torch.zeros(2, 40, dtype=torch.long)
    target[1] = -1
    with pytest.raises(IncompatibleError, match="no training window has one for 'b'"):
        trained([member("a"), member("b", 4)], "direct", target=target)


def test_labels_only_without_any_label_is_refused():
    with pytest.raises(IncompatibleError, match="'direct' learns from labels, and no training window has one"):
        trained([member()], "direct", target=torch.full((40,), -1))


@pytest.mark.parametrize(
    ("target", "error", "told"),
    [
        (torch.zeros(39, dtype=torch.long), ShapeError, "39 labels for 40 training windows"),
        (torch.full((40,), 3), ShapeError, "labels reach 3, the network tells 3 classes apart"),
    ],
)
def test_labels_that_do_not_fit_are_refused(target, error, told):
    with pytest.raises(error, match=told):
        trained([member()], "direct", target=target)


def test_the_order_of_windows_is_new_each_epoch_or_once(monkeypatch):
    seen = {}
    for kind in ("each_epoch", "once"):
        made, seen[kind] = trainer(cohort([member()]), shuffle=kind, epochs=2), []
        step = made._step
        made._step = lambda index, changes, step=step, kind=kind: (seen[kind].append(index.tolist()), step(index, changes))[1]
        made.run()
    for batches in seen.values():
        assert [len(b) for b in batches] == [16, 16, 8] * 2
        for epoch in (batches[:3], batches[3:]):
            assert sorted(at for batch in epoch for at in batch) == list(range(40))
    assert seen["once"][:3] == seen["once"][3:]
    assert seen["each_epoch"][:3] != seen["each_epoch"][3:]


def test_every_step_of_every_epoch_drops_something_else():
    made, seen = trainer(cohort([member()]), epochs=2), []
    lose = made.cohort.losses
    made.cohort.losses = lambda *given: (seen.append(given[3]["pooled"]), lose(*given))[1]
    made.run()
    assert len(seen) == 6
    whole = [s for s in seen if s.shape == seen[0].shape]
    assert not any(torch.equal(a, b) for at, a in enumerate(whole) for b in whole[:at])


def test_another_order_seed_orders_otherwise():
    assert distance(trained([member()])["one"].weights, trained([member()], order_seed=1)["one"].weights) > 1e-4


def test_channels_that_are_not_there_are_refused():
    with pytest.raises(IncompatibleError, match="'far' reads channel 7, but the windows have 4 channels"):
        trainer(cohort([member("far", channels=(0, 7))], "direct"))


def test_mixed_precision_stays_near():
    full, half = trained([member()], epochs=5)["one"], trained([member()], epochs=5, precision="bfloat16")["one"]
    assert 0 < distance(full.weights, half.weights) < 0.05
    for name, value in full.history[-1]["losses"].items():
        assert half.history[-1]["losses"][name] == pytest.approx(value, rel=0.03), name
    assert all(w.dtype == torch.float32 for w in half.weights.values())
    assert math.isfinite(half.score)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.slow
def test_noise_is_drawn_by_its_own_kind_and_seed(kind):
    noisy = [member(noise=1.0)]
    base = trained(noisy, noise_kind=kind)["one"].weights
    assert distance(base, trained([member()], noise_kind=kind)["one"].weights) > 1e-4
    assert distance(base, trained(noisy, noise_kind=kind, noise_seed=1)["one"].weights) > 1e-4
    assert distance(trained([member()])["one"].weights, trained([member()], noise_seed=1)["one"].weights) == 0
