"""A whole experiment broken off anywhere and begun again gives the same outcomes; everybody can watch."""

import contextlib
import json

import numpy as np
import pytest
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import IncompatibleError, StoppedError, UnknownNameError
from rdpd_core.experiments import RECIPES, Experiment, keep, run
from rdpd_core.store import Store
from tests.core.training.made import Drawer
from tests.toys import SUBJECTS, ToyDataset

ARMS = ("teacher", "direct", "distill", "rdpd", "oracle")
CREATED = "2026-01-01T00:00:00+00:00"


class TwoFolds(ToyDataset):
    """The toy data set under two divisions."""

    splits = ("early", "late")

    def assign(self, subjects, split):
        """Give other people to valid and test in each division."""
        valid, test = {"early": ("ann", "bob"), "late": ("cem", "dea")}[split]
        return {s: {valid: "valid", test: "test"}.get(s, "train") for s in subjects}


def brief(**changes):
    return Experiment(
        **{"dataset": "toy", "view": "wrist", "seeds": 2, "recipe": "paper", "epochs": 3, "arms": ARMS, **changes}
    )


def always(stage, epoch_ended):
    return True


def assert_same(result, wanted):
    assert [(o.arm, o.seed, o.split) for o in result.outcomes] == [(o.arm, o.seed, o.split) for o in wanted.outcomes]
    assert result.choices == wanted.choices
    for a, b in zip(result.outcomes, wanted.outcomes, strict=True):
        assert all(torch.equal(a.weights[n], b.weights[n]) for n in b.weights)
        assert (a.training, a.teacher, a.method_params) == (b.training, b.teacher, b.method_params)
        for part in ("valid", "test"):
            assert np.array_equal(a.predictions[part].probability, b.predictions[part].probability)


def steps_of(experiment, **given):
    """Run to the end; give the result and the number of steps."""
    steps = []
    return run(experiment, report=lambda e: steps.append(e) if e["kind"] == "step" else None, **given), len(steps)


@pytest.fixture
def forget(monkeypatch, tmp_path):
    """Give a function that empties the caches, so that only the keeper knows what was done."""
    count = iter(range(1000))
    return lambda: monkeypatch.setenv("RDPD_CACHE", str(tmp_path / f"cache{next(count)}"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [{}, {"recipe": "tuned", "arms": ("distill",), "seeds": 1}, {"augment": "jitter", "noise": 0.5, "arms": ("rdpd",)},
     {"teacher_targets": "train_pass", "arms": ("teacher", "rdpd"), "unlabeled": 0.5},
     {"teacher_targets": "out_of_fold", "arms": ("rdpd",), "seeds": 1, "imitation": "falling"}],
    ids=["plain", "tuned", "changing", "train pass", "out of fold"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["crash", "stop"])
def test_broken_anywhere_it_ends_the_same(toy, forget, monkeypatch, change, way):
    for recipe in RECIPES.values():
        monkeypatch.setitem(recipe.training, "batch_size", 40)  # three steps in an epoch
    asked = brief(**change)
    wanted, total = steps_of(asked)
    for at in (1, total // 3, 2 * total // 3, total - 1):
        forget()
        seen, drawer = [], Drawer(always if way == "crash" else lambda stage, epoch_ended: False)

        def report(event, seen=seen, at=at):
            seen.extend([event] if event["kind"] == "step" else [])
            if way == "crash" and len(seen) == at and event["kind"] == "step":
                raise KeyboardInterrupt

        with contextlib.suppress(KeyboardInterrupt, StoppedError):
            run(asked, report=report, should_stop=lambda seen=seen, at=at: way == "stop" and len(seen) >= at, keeper=drawer)
        assert len(seen) == at
        again, left = steps_of(asked, keeper=drawer)
        assert_same(again, wanted)
        assert left == total - at + (1 if way == "crash" else 0)  # the report of a step comes before it is kept


@pytest.mark.slow
def test_a_finished_experiment_is_restored_without_a_step(toy, forget):
    drawer = Drawer()
    asked = brief(recipe="tuned", arms=("teacher", "distill", "oracle"), seeds=1)
    wanted, _ = steps_of(asked, keeper=drawer)
    forget()
    again, steps = steps_of(asked, keeper=drawer)
    assert steps == 0
    assert_same(again, wanted)
    assert set(drawer.kept) == {f"fixed/{s}" for s in ("teacher", "search-0", "choices", "students", "oracle")}
    assert all(done for _, done in drawer.kept.values())


@pytest.mark.slow
def test_another_experiment_cannot_go_on_from_these_states(toy):
    drawer = Drawer()
    run(brief(arms=("distill",)), keeper=drawer)
    with pytest.raises(IncompatibleError, match="training epochs is 4 here and 3 in it"):
        run(brief(arms=("distill",), epochs=4), keeper=drawer)
    del drawer.kept["fixed/students"]
    with pytest.raises(IncompatibleError, match="settings kept for fixed/choices were chosen for another experiment"):
        run(brief(arms=("distill", "rdpd")), keeper=drawer)


@pytest.mark.slow
def test_choices_stay_though_the_store_learned_better_meanwhile(toy, tmp_path):
    store, drawer = Store([tmp_path / "models"]), Drawer()
    asked = {"recipe": "tuned", "arms": ("teacher", "distill"), "seeds": 1}
    (teacher, _) = keep(run(brief(**asked)), store, CREATED)
    store.delete("toy", "distill-wrist-split_fixed-seed0")
    wanted = run(brief(**asked, teacher=teacher.name), store=store, keeper=drawer)
    assert wanted.choices["fixed"]["distill"].candidates == 4
    keep(wanted, store, CREATED)
    assert run(brief(**asked, teacher=teacher.name), store=store).choices["fixed"]["distill"].source
    assert_same(run(brief(**asked, teacher=teacher.name), store=store, keeper=drawer), wanted)


@pytest.mark.slow
def test_a_stop_in_a_search_chooses_nothing(toy):
    seen, drawer = [], Drawer()

    def report(event):
        seen.extend([event] if event["kind"] == "epoch" and event["stage"] == "fixed/search-0" else [])

    result = run(
        brief(recipe="tuned", arms=("teacher", "distill"), epochs=6),
        report=report,
        should_stop=lambda: bool(seen),
        keeper=drawer,
    )
    assert {o.arm for o in result.outcomes} == {"teacher"}
    assert set(drawer.kept) == {"fixed/teacher", "fixed/search-0"}


def events_of(experiment, **given):
    events = []
    run(experiment, report=events.append, **given)
    json.dumps(events, allow_nan=False)
    return events


@pytest.mark.parametrize(
    "change", [{}, {"recipe": "tuned", "arms": ("rdpd",)}, {"arms": ("direct",), "share": 0.5}, {"arms": ("teacher",)}]
)
@pytest.mark.slow
def test_the_plan_tells_what_comes(toy, monkeypatch, change):
    for recipe in RECIPES.values():
        monkeypatch.setitem(recipe.training, "batch_size", 40)  # three steps for all windows, two for half of them
    events = events_of(brief(**change))
    (plan,) = [e for e in events if e["kind"] == "plan"]
    begun = [e for e in events if e["kind"] == "training"]
    assert [s["key"] for s in plan["stages"]] == [e["stage"] for e in begun]
    for stage, event in zip(plan["stages"], begun, strict=True):
        assert (stage["members"], stage["epochs"], stage["steps_per_epoch"]) == (
            len(event["members"]), event["epochs"], event["steps"],
        )  # fmt: skip
        assert stage["optional"] == ("search" in stage["key"])
    titles = {e["key"]: e["title"] for e in events if e["kind"] == "stage"}
    assert all(titles[s["key"]] == s["title"] for s in plan["stages"])
    assert titles["reading"] == "reading toy"


def test_a_large_search_is_planned_in_parts(toy, monkeypatch):
    for place in ("tuning", "stages"):
        monkeypatch.setattr(f"rdpd_core.experiments.{place}.MOST_SEARCHED", 7)
    events = events_of(brief(recipe="tuned", arms=("rdpd",), seeds=1, epochs=2))
    (plan,) = [e for e in events if e["kind"] == "plan"]
    sizes = [(e["stage"], len(e["members"])) for e in events if e["kind"] == "training"]
    assert sizes == [
        ("fixed/teacher", 1),
        ("fixed/search-0", 7),
        ("fixed/search-1", 7),
        ("fixed/search-2", 2),
        ("fixed/students", 1),
    ]
    assert [(s["key"], s["members"]) for s in plan["stages"]] == sizes


def test_a_teacher_that_is_there_is_not_planned(toy, tmp_path):
    store = Store([tmp_path / "models"])
    first = run(brief(arms=("teacher",), seeds=1))
    (card,) = keep(first, store, CREATED)
    for given in ({"teachers": first.teachers}, {"store": store}):
        change = {"teacher": card.name} if "store" in given else {}
        events = events_of(brief(arms=("rdpd",), seeds=1, **change), **given)
        assert [s["key"] for e in events if e["kind"] == "plan" for s in e["stages"]] == ["fixed/students"]
        assert {e["stage"] for e in events if e["kind"] == "training"} == {"fixed/students"}


def test_every_stage_but_the_search_tells_where_members_and_teachers_look(toy):
    events = events_of(brief(recipe="tuned", arms=("distill", "oracle"), epochs=2))
    watched = {e["stage"]: e for e in events if e["kind"] == "watched"}
    assert list(watched) == [f"fixed/{s}" for s in ("teacher", "students", "oracle")]
    place = {"subject": "eva", "recording": "eva-rest", "position": 0, "offset_s": 0.0, "seconds": 4.0, "class": "rest"}
    for stage, event in watched.items():
        assert {n: event[n] for n in place} == place
        assert event["segments"] == 4
        assert ("teacher" in event) == (stage != "fixed/teacher")
    trained = [e for e in events if e["kind"] == "epoch" and e["stage"] == "fixed/teacher"]
    best = {n: max(trained, key=lambda e, n=n: e["members"][n]["score"])["attention"][n][0] for n in trained[0]["members"]}
    assert {n: pytest.approx(v, abs=2e-5) for n, v in watched["fixed/students"]["teacher"].items()} == best
    for event in (e for e in events if e["kind"] == "epoch"):
        if event["stage"] == "fixed/search-0":
            assert "attention" not in event
            continue
        assert set(event["attention"]) == set(event["members"])
        for rows in event["attention"].values():
            assert [len(row) for row in rows] == [4]
            assert sum(rows[0]) == pytest.approx(1, abs=1e-4)


def test_a_stored_teacher_is_watched_under_its_name(toy, tmp_path):
    store = Store([tmp_path / "models"])
    (card,) = keep(run(brief(arms=("teacher",), seeds=1)), store, CREATED)
    (event,) = [e for e in events_of(brief(arms=("rdpd",), teacher=card.name), store=store) if e["kind"] == "watched"]
    assert set(event["teacher"]) == {card.name}


def test_any_validation_subject_can_be_watched_and_nobody_else(toy, monkeypatch):
    monkeypatch.setitem(DATASETS._entries, "toy", TwoFolds)
    asked = brief(arms=("direct",), seeds=1, split="all", epochs=1)
    assert [e["subject"] for e in events_of(asked) if e["kind"] == "watched"] == ["ann", "cem"]
    assert [e["subject"] for e in events_of(asked, watch_subject="cem") if e["kind"] == "watched"] == ["ann", "cem"]
    told = events_of(asked)
    assert [s["key"] for e in told if e["kind"] == "plan" for s in e["stages"]] == ["early/students", "late/students"]
    assert [e["title"] for e in told if e["kind"] == "stage"] == ["reading toy", "1 students (early)", "1 students (late)"]
    with pytest.raises(UnknownNameError, match=r"unknown validation subject 'cam' \(did you mean 'cem'\?\); known: cem, ann"):
        run(asked, watch_subject="cam")
    with pytest.raises(UnknownNameError, match=r"known: ann$"):
        run(brief(arms=("direct",), split="early"), watch_subject=SUBJECTS[1])


@pytest.mark.slow
def test_all_splits_resume_under_keys_of_their_own(toy, monkeypatch, forget):
    monkeypatch.setitem(DATASETS._entries, "toy", TwoFolds)
    asked, drawer, seen = brief(arms=("teacher", "direct"), seeds=1, split="all", epochs=2), Drawer(), []
    wanted = run(asked)

    def report(event):
        seen.extend([event] if event["kind"] == "step" and event["stage"] == "late/students" else [])

    partial = run(asked, report=report, should_stop=lambda: len(seen) == 1, keeper=drawer)
    assert {(o.arm, o.split) for o in partial.outcomes} == {("teacher", "early"), ("direct", "early"), ("teacher", "late")}
    forget()
    assert_same(run(asked, keeper=drawer), wanted)
    assert {k for k in drawer.kept if "choices" not in k} == {
        f"{f}/{s}" for f in ("early", "late") for s in ("teacher", "students")
    }
