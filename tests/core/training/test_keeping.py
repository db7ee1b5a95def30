"""What a trainer asks of its keeper and when, and what watchers are told."""

import json

import pytest
import torch

from rdpd_core.errors import StoppedError
from rdpd_core.training import Oversight, Stop, TrainingParams
from tests.core.training.made import BRIEF, Drawer, cohort, knowledge, member, resident, trainer, valid


def made(**changes):
    return trainer(cohort([member("a"), member("b", 4)]), **{"epochs": 2, **changes})


def same(a, b):
    return all(torch.equal(x.weights[n], y.weights[n]) for x, y in zip(a, b, strict=True) for n in x.weights)


def test_a_keeper_is_asked_after_every_step_and_epoch_and_gets_the_end():
    drawer = Drawer()
    made(keeper=drawer, stage="fold/students").run()
    assert drawer.asked == [("fold/students", ended) for ended in (False, False, False, True)] * 2
    assert drawer.saves == [(2, None, True)]


def test_what_is_due_is_saved_once():
    drawer = Drawer(lambda stage, epoch_ended: True)
    made(keeper=drawer).run()
    assert drawer.saves == [(0, 1, False), (0, 2, False), (0, 3, False), (1, None, False), (1, 1, False), (1, 2, False),
                            (1, 3, False), (2, None, True)]  # fmt: skip


def test_a_crash_goes_on_from_what_was_due_last_and_a_finished_stage_is_only_read():
    def crash(event):
        if (event["kind"], event["epoch"]) == ("step", 2) and event["step"] == 2:
            raise KeyboardInterrupt

    drawer, events = Drawer(lambda stage, epoch_ended: True), []
    with pytest.raises(KeyboardInterrupt):
        made(keeper=drawer, on_event=crash).run()
    found = made(keeper=drawer, on_event=events.append).run()
    assert same(found, made().run())
    assert [(e["epoch"], e["step"]) for e in events if e["kind"] == "step"] == [(2, 2), (2, 3)]
    assert events[0] == {
        "kind": "training", "stage": "training", "members": ["a", "b"], "epochs": 2, "steps": 3, "epoch": 1, "step": 1,
        "done": False,
    }  # fmt: skip
    events.clear()
    saves = len(drawer.saves)
    assert same(made(keeper=drawer, on_event=events.append).run(), found)
    assert [e["kind"] for e in events] == ["training"]
    assert (events[0]["epoch"], events[0]["done"]) == (2, True)
    assert len(drawer.saves) == saves


def test_a_stop_saves_the_very_step_even_before_anything_is_best():
    drawer, count = Drawer(), []
    stopping = {"on_event": lambda e: count.append(e) if e["kind"] == "step" else None, "keeper": drawer}
    with pytest.raises(StoppedError):
        made(should_stop=lambda: len(count) == 2, **stopping).run()
    assert drawer.saves == [(0, 2, False)]
    made(should_stop=lambda: len(count) == 5, **stopping).run()
    assert drawer.saves[1:] == [(1, 2, False)]
    assert same(made(keeper=drawer).run(), made().run())


def test_without_a_keeper_no_state_is_ever_taken(monkeypatch):
    def never(self):
        raise AssertionError("a state was taken")

    monkeypatch.setattr("rdpd_core.training.trainer.Trainer.state", never)
    assert len(made().run()) == 2


def test_every_event_says_its_stage():
    events = []
    made(on_event=events.append, stage="x").run()
    assert {e["stage"] for e in events} == {"x"}
    assert [e["kind"] for e in events] == ["training", *["step"] * 3, "epoch", *["step"] * 3, "epoch"]


def test_epochs_tell_where_members_look_in_watched_windows(monkeypatch):
    monkeypatch.setattr("rdpd_core.training.trainer.CHUNK", 8)  # so that the watched lie in several pieces
    events, watch = [], (5, 0, 17)
    one = made(on_event=events.append, watch=watch)
    expected = []
    keep = one._keep_rows
    one._keep_rows = lambda *args: (
        expected.append(one.cohort.outputs(valid().poor(torch.tensor(watch), one.cohort.union))[1]),
        keep(*args),
    )[1]
    one.run()
    told = [e["attention"] for e in events if e["kind"] == "epoch"]
    assert len(told) == 2
    for attention, truth in zip(told, expected, strict=True):
        assert set(attention) == {"a", "b"}
        for at, name in enumerate(("a", "b")):
            torch.testing.assert_close(torch.tensor(attention[name]), truth[at], atol=1e-5, rtol=0)
    json.dumps(events)
    events.clear()
    made(on_event=events.append).run()
    assert not any("attention" in e for e in events)


def test_a_stop_once_asked_for_stays():
    answers = iter([False, True, False])
    stop = Stop(lambda: next(answers))
    assert [stop(), stop(), stop(), stop()] == [False, True, True, True]
    assert Stop()() is False
    with pytest.raises(StoppedError, match="stopped while reading the recordings"):
        Oversight(should_stop=stop).check("reading the recordings")
    Oversight().check("anything")


def test_oversight_trains_with_all_it_holds():
    events, drawer, data = [], Drawer(), {"train": resident(), "valid": valid()}
    found = Oversight(events.append, Stop(), drawer, (2,)).train(
        "s", cohort([member("a"), member("b", 4)]), data, TrainingParams(**{**BRIEF, "epochs": 2}), knowledge()
    )
    assert same(found, made().run())
    assert set(drawer.kept) == {"s"}
    assert "attention" in events[-1]
