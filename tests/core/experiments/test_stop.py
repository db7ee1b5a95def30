"""A stop is heard everywhere, and keeps what there is."""

import pytest

from rdpd_core.errors import StoppedError
from rdpd_core.experiments import Experiment, card_of, comparison_of, keep, run
from rdpd_core.files import cache_root
from rdpd_core.store import Store
from tests.core.training.made import Drawer

CREATED = "2026-01-01T00:00:00+00:00"


def brief(**changes):
    return Experiment(
        **{
            "dataset": "toy",
            "view": "wrist",
            "seeds": 2,
            "recipe": "paper",
            "epochs": 3,
            "arms": ("teacher", "rdpd"),
            **changes,
        }
    )


class After:
    """Stops once an event of a kind was told a number of times."""

    def __init__(self, kind, times=1):
        self.kind, self.left, self.events = kind, times, []

    def report(self, event):
        self.events.append(event)
        self.left -= event["kind"] == self.kind

    def __call__(self):
        return self.left <= 0


def test_while_recordings_are_read_what_was_stored_is_kept_and_the_next_run_reads_the_rest(toy):
    stop = After("recordings", 4)
    with pytest.raises(StoppedError, match="stopped while reading the recordings; there is nothing to keep yet"):
        run(brief(), report=stop.report, should_stop=stop)
    assert [e["done"] for e in stop.events if e["kind"] == "recordings"] == [1, 2, 3, 4]
    assert [p.suffix for p in (cache_root() / "recordings").iterdir() if p.is_dir()] == [".part"]
    again = After("recordings", 1000)
    assert len(run(brief(), report=again.report).outcomes) == 4
    assert [e["done"] for e in again.events if e["kind"] == "recordings"] == list(range(5, 19))


@pytest.mark.parametrize("place", ["scaling the windows", "asking the teachers"])
def test_between_readings_and_trainings(toy, monkeypatch, place):
    from rdpd_core.training import Oversight

    check, seen = Oversight.check, []

    def stop_here(self, doing):
        seen.append(doing)
        if doing == place:
            raise StoppedError(f"stopped while {doing}")
        check(self, doing)

    monkeypatch.setattr(Oversight, "check", stop_here)
    if place == "scaling the windows":
        with pytest.raises(StoppedError, match=place):
            run(brief())
    else:
        assert {o.arm for o in run(brief()).outcomes} == {"teacher"}
    assert seen[-1] == place


def test_a_stop_that_comes_before_anything_is_trained_says_so(toy):
    stop = After("plan")
    with pytest.raises(StoppedError, match="nothing to keep"):
        run(brief(), report=stop.report, should_stop=stop)
    assert not [e for e in stop.events if e["kind"] in ("step", "training")]


def test_all_members_of_a_stopped_stage_are_kept_with_their_best_and_their_predictions(toy, tmp_path):
    stop = After("epoch", 5)  # three of the teacher, two of the students
    result = run(brief(), report=stop.report, should_stop=stop, keeper=Drawer())
    assert [(o.arm, o.seed) for o in result.outcomes] == [("teacher", 0), ("teacher", 1), ("rdpd", 0), ("rdpd", 1)]
    assert all(o.training["epochs"] == (3 if o.arm == "teacher" else 2) for o in result.outcomes)
    assert all(set(o.predictions) == {"valid", "test"} for o in result.outcomes)
    told = [(e["stage"], e["done"], e["total"]) for e in stop.events if e["kind"] == "predictions"]
    assert told == [("fixed/students", 0, 2), ("fixed/students", 1, 2)]


@pytest.mark.slow
def test_hurried_cards_have_the_scores_without_intervals(toy, tmp_path):
    result = run(brief())
    full, quick = (card_of(result, result.outcomes[-1], CREATED, intervals=i) for i in (True, False))
    for part in ("valid", "test"):
        assert quick.scores[part]["values"] == pytest.approx(full.scores[part]["values"], abs=1e-12)
        assert set(full.scores[part]["intervals"]) == {"roc_auc", "pr_auc", "macro_f1", "accuracy"}
        assert quick.scores[part]["intervals"] == {}
    asked, told = [], []

    def hurry():
        asked.append(1)
        return len(asked) > 1

    cards = keep(result, Store([tmp_path]), CREATED, hurry=hurry, on_progress=lambda done, total: told.append((done, total)))
    assert [bool(c.scores["test"]["intervals"]) for c in cards] == [True, False, False, False]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_keeping_and_comparing_may_be_ended(toy, tmp_path):
    result = run(brief(arms=("direct", "rdpd")))

    def stop(done, total):
        if done == 2:
            raise StoppedError("enough")

    store = Store([tmp_path])
    with pytest.raises(StoppedError):
        keep(result, store, CREATED, on_progress=stop)
    assert len(store.list().cards) == 2
    with pytest.raises(StoppedError):
        comparison_of(result, on_progress=stop)
