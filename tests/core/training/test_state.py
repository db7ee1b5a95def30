"""Going on from any step gives what an unbroken training gives, bit for bit; a state that does not fit is refused."""

import json

import pytest
import safetensors.torch
import torch

from rdpd_core.errors import DataError, IncompatibleError, ParameterError, StoppedError
from rdpd_core.training import LiveTeacher, State
from tests.core.training.made import cohort, knowledge, member, resident, scripted, teacher, trainer, windows

MEMBERS = [
    member("a", 7, (0, 2), noise=0.5),
    member("b", 3, (1,), settings={"temperature": 2.0}),
    member("c", 5, (3, 0), settings={"attention_weight": 0.0}),
    member("d", 7, (2, 3)),
    member("e", 10, (1, 2), noise=0.2),
]
LIVE = {"epochs": 7, "patience": 2, "augment": "jitter", "keep_train_pass": True}


def live(**changes):
    """Give a trainer with everything that has a state: noise, dropout, changing windows, ends at different epochs."""
    changes = {**LIVE, "valid": resident(windows(24, seed=1, shift=0.3)), **changes}
    return trainer(cohort(MEMBERS), said=LiveTeacher([teacher()]), **changes)


def averaged(**changes):
    """Give a trainer whose step falls and whose weights are averaged, on windows at any offset."""
    train = resident(windows(40, stride=8))
    given = {"epochs": 4, "patience": 2, "schedule": "cosine", "averaging": 0.9, "offsets": True, "train": train, **changes}
    return trainer(cohort([member("a"), member("b", 4)]), said=LiveTeacher([teacher(), teacher(1)], together=True), **given)


def mixed(**changes):
    """Give a trainer on mixed windows, whose imitation fades, and where everybody has labels of its own."""
    target = torch.stack([resident().target, (resident().target + 1) % 3, resident().target.roll(1)])
    given = {"epochs": 5, "patience": 2, "mixing": 1.0, "imitation": "falling", "target": target, **changes}
    given = {"valid": resident(windows(24, seed=1, shift=0.3)), **given}
    members = [member("a", 7), member("b", 3, (1,)), member("c", 5, (3, 0), noise=0.5)]
    return trainer(cohort(members), said=LiveTeacher([teacher()]), **given)


def stored(**changes):
    """Give a trainer on unchanged windows, as many of every subject, with stored outputs of two teachers, hard ones first."""
    given = {"epochs": 3, "said": knowledge(teachers=2), "shuffle": "once", "balance": "subjects", **changes}
    given = {"imitation": "hard_first", **given}
    return trainer(cohort([member("a"), member("b", 4, teacher=1)], settings={"combined_bias": "per_class"}), **given)


def through_files(state):
    """Give a state as files give it back."""
    tensors = safetensors.torch.load(safetensors.torch.save(state.tensors))
    return State(tensors, json.loads(json.dumps(state.facts, allow_nan=False)))


def broken_after(make, step):
    """Give the state of a trainer that was stopped after so many steps."""
    count = []
    made = make(on_event=lambda e: count.append(1) if e["kind"] == "step" else None, should_stop=lambda: len(count) == step)
    try:
        made.run()
    except StoppedError:
        assert made.epoch == 0
    assert len(count) == step
    return made.state()


def assert_same(made, wanted):
    """Compare two results bit by bit."""
    assert [t.member for t in made] == [t.member for t in wanted]
    for a, b in zip(made, wanted, strict=True):
        assert (a.best_epoch, a.epochs, a.score, a.history) == (b.best_epoch, b.epochs, b.score, b.history)
        for ours, theirs in ((a.weights, b.weights), (a.own, b.own)):
            assert set(ours) == set(theirs)
            assert all(torch.equal(ours[n], theirs[n]) for n in ours)
        assert (a.train_pass is None) == (b.train_pass is None)
        for x, y in zip(a.train_pass or (), b.train_pass or (), strict=True):
            assert torch.equal(x, y)


@pytest.mark.parametrize(
    ("make", "apart"),
    [(stored, 1), (mixed, 1), (live, 4), (averaged, 4)],
)
@pytest.mark.slow
def test_from_any_step_it_ends_bit_for_bit_as_if_never_broken(make, apart):
    steps = []
    whole = make(on_event=lambda e: steps.append(e) if e["kind"] == "step" else None)
    wanted = whole.run()
    for step in {*range(0, len(steps), apart), len(steps)}:
        made = make()
        made.restore(through_files(broken_after(make, step)))
        assert_same(made.run(), wanted)


def test_the_trial_above_sees_members_leave_at_different_epochs_and_the_stack_cleared():
    sizes, made = [], live()
    made.on_event = lambda e: sizes.append((e["epoch"], len(made.cohort), len(made.finished)))
    ends = {t.epochs for t in made.run()}
    assert len(ends) >= 3
    left = [(stack, finished) for _, stack, finished in sizes]
    assert any(0 < stack < len(MEMBERS) for stack, _ in left)
    assert any(finished and stack == len(MEMBERS) for stack, finished in left)


@pytest.mark.slow
def test_from_the_end_of_every_epoch_as_well():
    states = []
    whole = live()
    whole.on_event = lambda e: states.append(through_files(whole.state())) if e["kind"] == "epoch" else None
    wanted = whole.run()
    assert len(states) == max(t.epochs for t in wanted)
    for state in states:
        made = live()
        made.restore(state)
        assert_same(made.run(), wanted)


@pytest.mark.slow
def test_a_state_is_not_changed_by_going_on():
    made, states = live(), []

    def take(event):
        if event["kind"] == "step":
            state = made.state()
            states.append((state, {n: t.clone() for n, t in state.tensors.items()}, json.dumps(state.facts)))

    made.on_event = take
    made.run()
    for state, tensors, facts in states:
        assert all(torch.equal(tensors[n], t) for n, t in state.tensors.items())
        assert json.dumps(state.facts) == facts


def test_names_are_safe_and_facts_are_plain():
    state = broken_after(live, 8)
    assert all(name.replace(".", "").replace("_", "").isalnum() for name in state.tensors)
    assert json.loads(json.dumps(state.facts, allow_nan=False)) == state.facts


def test_a_finished_training_keeps_only_what_it_made():
    made = stored()
    wanted = made.run()
    state = through_files(made.state())
    assert all(name.startswith("best.") for name in state.tensors)
    again = stored()
    again.restore(state)
    assert again.over
    assert_same(again.run(), wanted)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"epochs": 4}, "training epochs is 4 here and 3 in it"),
        ({"learning_rate": 0.02}, "training learning_rate is 0.02 here and 0.01 in it"),
        ({"train": resident(windows(40, seed=7))}, "windows labels|windows train"),
        ({"target": torch.zeros(40, dtype=torch.long)}, "windows labels"),
        ({"valid": resident(windows(22, seed=1))}, "windows valid"),
    ],
    ids=["epochs", "rate", "windows", "labels", "valid"],
)
def test_a_state_of_other_settings_or_windows_is_refused(change, told):
    if "train" in change:
        change["train"]._source = "others"
    state = broken_after(stored, 4)
    with pytest.raises(IncompatibleError, match=told):
        stored(**change).restore(state)


@pytest.mark.parametrize(
    ("members", "settings", "told"),
    [
        ([member("a"), member("c", 4, teacher=1)], {"combined_bias": "per_class"}, "b is only in it; members c is not in it"),
        ([member("a"), member("b", 6, teacher=1)], {"combined_bias": "per_class"}, "members b seed is 6 here and 4 in it"),
        ([member("b", 4, teacher=1), member("a")], {"combined_bias": "per_class"}, "order"),
        ([member("a"), member("b", 4, teacher=1)], {}, "method combined_bias is scalar here and per_class in it"),
    ],
)  # fmt: skip
def test_a_state_of_other_members_is_refused(members, settings, told):
    other = trainer(cohort(members, settings=settings), epochs=3, said=knowledge(teachers=2), shuffle="once")
    with pytest.raises(IncompatibleError, match=told):
        other.restore(broken_after(stored, 4))


def test_a_state_of_another_network_is_refused():
    plain = trainer(cohort([member()]), epochs=3)
    wide = trainer(cohort([member()], network={"filters": 4}), epochs=3)
    with pytest.raises(IncompatibleError, match="network filters is 4 here and 3 in it"):
        wide.restore(plain.state())


def test_who_ended_in_this_trainer_cannot_be_called_back(monkeypatch):
    scores = {"a": [0.9, 0.1, 0.1], "b": [0.1, 0.2, 0.3]}
    scripted(monkeypatch, scores)
    made = stored(patience=1)
    first = made.state()
    made.run()
    with pytest.raises(IncompatibleError, match=r"a ended in this trainer already"):
        made.restore(first)


@pytest.mark.parametrize(
    "name", ["stack.weights.dense_bias", "stack.own.b", "first.weights.dense_bias", "adam_step", "best.1.weights.dense_bias",
             "running.changes", "running.dropout", "running.values"],
)  # fmt: skip
def test_a_missing_tensor_and_a_wrong_shape_are_named(name):
    state = broken_after(stored, 4)
    without = State({n: t for n, t in state.tensors.items() if n != name}, state.facts)
    with pytest.raises(DataError, match=f"lacks the tensor {name}"):
        stored().restore(without)
    if name == "running.changes":
        return  # bytes of a generator, whose number is torch's own affair
    state.tensors[name] = torch.zeros(7, 9, dtype=state.tensors[name].dtype)
    with pytest.raises(DataError, match=r"is \(7, 9\), but must be|the saved dropout has 7 streams"):
        stored().restore(state)


def test_a_missing_fact_another_format_and_an_impossible_step_are_named():
    state = broken_after(stored, 4)
    for facts, told in (
        ({n: v for n, v in state.facts.items() if n != "best"}, "lacks best"),
        ({**state.facts, "format": 9}, "has format 9, this program reads 2"),
        ({**state.facts, "running": {"step": 8, "terms": []}}, "stands at step 8, an epoch has 3"),
    ):
        with pytest.raises(DataError, match=told):
            stored().restore(State(state.tensors, facts))


def test_windows_to_watch_must_be_there():
    with pytest.raises(ParameterError, match="watched window 24: choose among 24 validation windows"):
        stored(watch=(3, 24))
