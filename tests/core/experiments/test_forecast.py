"""Facts counted by hand, seconds and megabytes worked out by hand, and plans that agree with what a run tells."""

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.experiments import Experiment, prepare, run
from rdpd_core.experiments._forecast_cost import MEMORY_MARGIN, READ_S_PER_MB, SCORED_S, TABLES_S, role_of
from rdpd_core.experiments._forecast_facts import Part, rich_of, used
from rdpd_core.experiments._forecast_pace import VALID, Point, sizes
from rdpd_core.experiments._forecast_words import Span, between, duration, size, total
from rdpd_core.experiments.build import recipe_of, training_params
from rdpd_core.experiments.data import parts_of
from rdpd_core.experiments.forecast import (
    FASTER,
    SLOWER,
    Facts,
    Forecast,
    Pace,
    Setup,
    facts_at_hand,
    facts_of,
    forecast,
    forecast_study,
    keep,
    known,
    known_pace,
    measure,
    needed,
    setup_of,
)
from rdpd_core.experiments.stages import plan_of, stage_key
from rdpd_core.experiments.study import grid
from rdpd_core.preprocessing import fraction
from rdpd_core.preprocessing.prepare import Count
from tests.toys import CHANNELS, CLASSES, ToyDataset, toy_windows

SETUP = Setup("cpu", 1, "2.0", "a machine")
KEY = ("toy", "fixed")
POINTS = (Point(1, 0.1, 0.02, 10.0, 20.0), Point(8, 0.8, 0.16, 80.0, 90.0), Point(32, 3.2, 0.64, 320.0, 330.0))
PACE = Pace(POINTS, 0.0, 2.0, 300.0, 0.0, 2, 0.0)
WINDOWS_OF_A_RECORDING, SAMPLES_OF_A_RECORDING = 9, 400


def asked(**changes) -> Experiment:
    """Give an experiment on the toy data set."""
    return Experiment(**{"dataset": "toy", "recipe": "paper", "seeds": 2, "epochs": 10, "patience": 2, **changes})


def facts(split="fixed") -> dict[tuple[str, str], Facts]:
    """Give the facts of the toy data set, which is read if it was not."""
    dataset, prepared = prepare("toy")
    return {("toy", split): facts_of(dataset, prepared, split)}


def paced(experiment: Experiment, table, pace: Pace = PACE) -> dict[str, Pace]:
    """Give the same pace for every shape that an experiment needs."""
    return {shape.digest: pace for *_, shape, _ in needed([experiment], table)}


def told(experiment: Experiment, table=None, pace: Pace = PACE, **known_before) -> Forecast:
    """Forecast at a pace made by hand."""
    table = table or facts()
    return forecast(experiment, table, paced(experiment, table, pace), SETUP, **known_before)


def test_facts_of_six_people_with_three_recordings_each(toy):
    found = facts()[KEY]
    row = (WINDOWS_OF_A_RECORDING,) * len(CLASSES) + (0,)
    assert (found.train.table, found.valid.table, found.test.table) == ((row,) * 4, (row,), (row,))
    assert (found.train.windows, found.train.subjects) == (108, 4)
    assert found.train.count(1) == Count(4, 36)
    assert found.train.samples == 12 * SAMPLES_OF_A_RECORDING
    assert (found.offers.channels, found.offers.classes) == (tuple(c.name for c in CHANNELS), CLASSES)
    assert (found.offers.samples, found.offers.sampling_rate) == (80, 20.0)
    assert found.flat == (0.0, 0.0, 0.0)
    assert found.stored_mb == pytest.approx(18 * SAMPLES_OF_A_RECORDING * 3 * 4 / 1e6)
    assert len(found.mean) == len(found.std) == 3
    assert found.trouble == ""


def test_facts_need_the_recordings_to_be_read(toy):
    assert facts_at_hand("toy", ["fixed"]) == {}
    prepare("toy")
    assert facts_at_hand("toy", ["fixed"]).keys() == {KEY}


def test_a_channel_that_never_moves_is_seen_by_recording(toy, monkeypatch):
    class Loose(ToyDataset):
        def recordings(self):
            for at, recording in enumerate(super().recordings()):
                if at in (0, 1, 2):  # all of the first training subject
                    recording.signal[2] = 60.0
                yield recording

    monkeypatch.setitem(DATASETS._entries, "toy", Loose)
    assert facts()[KEY].flat == (0.0, 0.0, 0.25)


def test_data_that_cannot_be_divided_say_so(toy):
    dataset, prepared = prepare("toy")
    one_class = replace(prepared, windows=toy_windows([0] * 6, "abcdef", classes=("rest",)))
    found = facts_of(dataset, one_class, "fixed")
    assert "only one class" in found.trouble
    assert (found.train.windows, found.mean) == (4, ())
    no_run = replace(prepared, windows=toy_windows([0, 1, 2, 0, 1, 0, 1, 2], "aabbbbbc"))
    assert "class" in facts_of(dataset, no_run, "fixed").trouble


@pytest.mark.parametrize("by", ["windows", "subjects"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.75])
def test_a_share_is_counted_as_it_is_taken(toy, by, share):
    dataset, prepared = prepare("toy")
    taken = fraction(parts_of(dataset, prepared, "fixed").train, share, seed=0, by=by)
    left = used(asked(share=share, share_by=by), facts()[KEY].train)
    assert left.windows == len(taken)
    for at in range(len(CLASSES)):
        assert left.count(at).windows == (taken.target == at).sum()
    if by == "subjects":
        assert left.subjects == len(set(taken.subject))


@pytest.mark.parametrize("by", ["windows", "subjects"])
def test_a_rich_share_is_counted_as_teachers_learn_from_it(toy, by):
    dataset, prepared = prepare("toy")
    parts = {"fixed": parts_of(dataset, prepared, "fixed")}
    experiment = asked(rich_share=0.3, rich_by=by, arms=("teacher", "direct", "rdpd"))
    rich = fraction(parts["fixed"].train, 0.3, seed=0, by=by)
    assert rich_of(experiment, facts()[KEY].train).windows == len(rich) < len(parts["fixed"].train)
    steps = {plan["key"]: plan["steps_per_epoch"] for plan in plan_of(experiment, parts, ())}
    told = {stage.key: stage.steps_per_epoch for stage in forecast(experiment, facts(), {}, SETUP).stages}
    assert steps == told
    size = training_params(experiment, recipe_of(experiment)).batch_size
    assert steps[stage_key("fixed", "teacher")] == -(-len(rich) // size)


def test_teachers_of_few_take_less_time(toy):
    found = facts()[KEY]
    many = {KEY: replace(found, train=Part(found.train.table * 10, found.train.samples * 10))}
    whole, few = (told(asked(arms=("teacher", "direct"), rich_share=share), many) for share in (1.0, 0.3))
    assert [stage.steps_per_epoch for stage in whole.stages] == [9, 9]
    assert [stage.steps_per_epoch for stage in few.stages] == [3, 9]
    assert few.stages[0].seconds.usual < 0.5 * whole.stages[0].seconds.usual
    assert few.stages[1].seconds == whole.stages[1].seconds


def test_a_pace_lies_on_lines_between_what_was_tried():
    assert PACE.of(1) == POINTS[0]
    assert PACE.of(8).step_s == pytest.approx(0.8)
    assert PACE.of(20).step_s == pytest.approx(2.0)
    assert PACE.of(64).step_s == pytest.approx(6.4)
    assert replace(PACE, points=POINTS[:1]).of(5).step_s == pytest.approx(0.1)
    falling = replace(PACE, points=(Point(1, 0.2, 0.1, 1.0, 1.0), Point(8, 0.1, 0.2, 1.0, 1.0)))
    assert falling.of(4).step_s == pytest.approx(0.2)


def test_trials_are_no_larger_than_needed():
    assert sizes("student", 1) == (1,)
    assert sizes("student", 8) == (1, 8)
    assert sizes("student", 9) == (1, 8, 32)
    assert sizes("teacher", 3) == (1, 4)


def test_a_pace_is_kept_by_shape_and_machine(toy):
    experiment, about, _, shape, _ = needed([asked()], facts())[0]
    assert known(shape, SETUP, 2) is None
    keep(shape, SETUP, replace(PACE, points=POINTS[:2]))
    assert known(shape, SETUP, 2).points == POINTS[:2]
    assert known(shape, SETUP._replace(threads=2), 2) is None
    wider = asked(architecture={"teacher": {"filters": 99}})
    assert known(needed([wider], facts())[0][3], SETUP, 2) is None
    assert known_pace([experiment], {KEY: about}, SETUP).keys() == {shape.digest}


def test_a_damaged_pace_is_not_known(toy, tmp_path):
    shape = needed([asked()], facts())[0][3]
    keep(shape, SETUP, PACE)
    (path,) = (tmp_path / "cache" / "pace").glob("*.json")
    for content in (b"{", b"{}", b"[]", b'{"points": 3}'):
        path.write_bytes(content)
        assert known(shape, SETUP, 2) is None


@pytest.mark.parametrize(
    ("role", "changes"),
    [
        pytest.param("teacher", {"noise": 0.5, "noise_on": "all"}, marks=pytest.mark.slow),
        ("student", {"noise": 0.5}),
        ("student", {"augment": "jitter"}),
        ("student", {"arms": ("direct",)}),
        ("oracle", {}),
    ],
)
@pytest.mark.slow
def test_a_few_steps_are_timed(toy, role, changes):
    found = measure(asked(**changes), facts()[KEY], role, 2, torch.device("cpu"))
    assert [p.members for p in found.points] == list(sizes(role, 2))
    assert all(p.step_s > 0 and p.pass_s > 0 and p.step_mb >= 0 and p.pass_mb >= 0 for p in found.points)
    assert found.idle_mb > 0
    assert (found.live_s > 0) == (role == "student" and "augment" in changes)
    assert abs(found.at - time.time()) < 600
    assert Pace.from_dict(found.to_dict()) == found


def test_seconds_of_a_stage_by_hand(toy):
    found = told(asked(arms=("teacher", "direct", "rdpd")))
    teacher, students = found.stages
    assert (teacher.members, teacher.steps_per_epoch, students.members) == (2, 1, 4)
    assert (teacher.first, teacher.usual, teacher.most) == (3, 5, 10)
    assert (students.first, students.usual, students.most) == (3, 9, 10)
    epoch = 0.4 + 0.08 * 27 / VALID  # one step, and the validation pass
    end = 4 * 0.02 * (27 + 27) / VALID
    assert students.seconds == pytest.approx((FASTER * (3 * epoch + end), 9 * epoch + end, SLOWER * (10 * epoch + end)))
    explained = 2 * 0.02 * (27 + 27 + 108) / VALID
    assert teacher.seconds.usual == pytest.approx(5 * (0.2 + 0.04 * 27 / VALID) + explained)


def test_what_is_done_beside_training(toy):
    found = told(asked(arms=("direct",)))
    mb = facts()[KEY].stored_mb
    by_hand = [2.0 + mb * r + t + 2 * s for r, t, s in zip(READ_S_PER_MB, TABLES_S, SCORED_S, strict=True)]
    assert found.beside == pytest.approx(tuple(by_hand))
    assert found.seconds == pytest.approx(tuple(np.add(found.beside, found.stages[0].seconds)))


def test_megabytes_by_hand(toy):
    values = 18 * SAMPLES_OF_A_RECORDING * 3
    plain = told(asked(arms=("direct",), seeds=8))
    stored, scaled, poor = 4e-6 * values, 4e-6 * values, 4e-6 * values / 3
    assert plain.memory_mb == pytest.approx(MEMORY_MARGIN * (300 + stored + scaled + poor + 80))
    assert plain.mapped_mb == pytest.approx(stored)
    noisy = told(asked(arms=("direct",), seeds=8, noise=0.5))
    assert noisy.memory_mb - plain.memory_mb == pytest.approx(MEMORY_MARGIN * 4e-6 * 162 * 80)
    unknown = told(asked(arms=("direct",)), pace=replace(PACE, idle_mb=0.0))
    assert unknown.memory_mb is None
    assert "of memory" not in unknown.sentence()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"recipe": "tuned"},
        {"recipe": "tuned", "arms": ("teacher", "rdpd", "oracle"), "seeds": 1},
        {"arms": ("direct", "oracle")},
        {"share": 0.5},
        {"teacher_targets": "out_of_fold"},
        {"teacher_targets": "out_of_fold", "arms": ("teacher", "direct")},
    ],
)
@pytest.mark.slow
def test_stages_are_those_that_a_run_tells(toy, changes):
    experiment = asked(**{"epochs": 1, "patience": 1, **changes})
    plans = []
    run(experiment, device="cpu", report=lambda e: plans.append(e["stages"]) if e["kind"] == "plan" else None)
    found = [(s.key, s.title, s.members, s.steps_per_epoch, s.most) for s in told(experiment).stages]
    names = ("key", "title", "members", "steps_per_epoch", "epochs")
    assert found == [tuple(plan[name] for name in names) for plan in plans[0]]


def test_what_is_there_already_falls_away(toy):
    tuned = asked(recipe="tuned", arms=("teacher", "direct", "rdpd"))
    keys = [stage.key for stage in told(tuned).stages]
    assert keys == ["fixed/teacher", "fixed/search-0", "fixed/students"]
    assert [s.key for s in told(tuned, searched=["fixed"]).stages] == ["fixed/teacher", "fixed/students"]
    assert [s.key for s in told(tuned, taught=["fixed"]).stages] == ["fixed/search-0", "fixed/students"]
    stored = told(replace(tuned, teacher="a-teacher"))
    assert [s.key for s in stored.stages] == ["fixed/search-0", "fixed/students"]
    assert stored.stages[0].seconds.earliest == 0  # the search may have been made before


@pytest.mark.parametrize(
    "steps",
    [
        [{"seeds": n} for n in (1, 2, 5, 20, 40)],
        [{"epochs": n} for n in (1, 2, 10, 100)],
        [{"patience": n} for n in (1, 2, 10, 100)],
        [{"arms": a} for a in (("direct",), ("direct", "rdpd"), ("direct", "rdpd", "oracle"))],
        [{"recipe": "tuned", "share": s} for s in (0.1, 0.5, 1.0)],
    ],
    ids=["seeds", "epochs", "patience", "arms", "share"],
)  # fmt: skip
def test_more_takes_longer(toy, steps):
    table = facts()
    found = [told(asked(**{"epochs": 100, **changes}), table) for changes in steps]
    for less, more in pairwise(found):
        assert all(a <= b for a, b in zip(less.seconds, more.seconds, strict=True))
        assert less.seconds != more.seconds or "share" in steps[0]
        assert less.memory_mb <= more.memory_mb
        assert less.disk_mb <= more.disk_mb
    for each in found:
        assert each.seconds.earliest <= each.seconds.usual <= each.seconds.most


def test_live_teachers_cost_every_step(toy):
    moving = replace(PACE, live_s=0.5)
    changed = told(asked(augment="jitter", arms=("teacher", "rdpd"), seeds=3), pace=moving).stages[1].seconds
    kept = told(asked(augment="jitter", arms=("teacher", "rdpd"), seeds=3)).stages[1].seconds
    assert changed.most - kept.most == pytest.approx(SLOWER * 10 * 3 * 0.5)


def test_a_study_is_the_sum_of_its_shards(toy):
    base, table = asked(arms=("direct", "rdpd")), facts()
    views = grid(base, {"view": ["wrist", "limbs"]})
    pace = paced(views[0], table) | paced(views[1], table)
    study = forecast_study(views, table, pace, SETUP)
    alone = [forecast(one, table, pace, SETUP) for one in views]
    assert study.seconds == pytest.approx(tuple(total([f.seconds for f in alone])))
    assert study.memory_mb == max(f.memory_mb for f in alone)
    assert study.shards == 2
    assert "in 2 shards, one after another," in study.sentence()
    many = forecast_study([asked(arms=("direct", "rdpd"), seeds=40)], table, paced(base, table), SETUP)
    assert many.shards == 2


def test_a_study_needs_every_shape_once(toy):
    views = grid(asked(arms=("teacher", "rdpd")), {"view": ["wrist", "limbs"], "seeds": [2, 7]})
    found = needed(views, facts())
    assert sorted((role, members) for _, _, role, _, members in found) == [("student", 7), ("student", 7), ("teacher", 7)]


def test_what_is_unknown_is_said(toy):
    unread = forecast(asked(), {}, {}, SETUP)
    assert (unread.seconds, unread.memory_mb, unread.stages) == (None, None, ())
    assert unread.sentence().startswith("How long it takes is not known: the recordings of toy have not been read yet")
    untimed = forecast(asked(), facts(), {}, SETUP)
    assert untimed.seconds is None
    assert [s.members for s in untimed.stages] == [2, 10]
    assert "was not timed" in untimed.sentence()
    table = {KEY: replace(facts()[KEY], trouble="there is only one class")}
    assert "there is only one class" in forecast(asked(), table, {}, SETUP).sentence()


def test_the_sentence_says_how_long_where_and_how_much(toy):
    busy = replace(PACE, load=5.0)
    found = told(asked(arms=("teacher", "direct", "rdpd"), epochs=1000, patience=100), pace=busy)
    assert found.sentence() == (
        f"about {between(found.seconds)}, usually {duration(found.seconds.usual)}, on this machine (CPU, 1 thread), at most "
        f"{size(found.memory_mb)} of memory: teacher {between(found.stages[0].seconds)}, students "
        f"{between(found.stages[1].seconds)}"
    )
    assert "1000 epochs" in found.basis()
    assert "2.5 processes wanted each core" in found.basis()
    assert "wanted each core" not in told(asked()).basis()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (2.44, "2.4 s"), (89, "89 s"), (91, "1.5 min"), (600, "10 min"), (5400, "1.5 h"), (200_000, "2.3 days")],
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words


def test_spans_in_words():
    assert between(Span(240, 400, 660)) == "4 to 11 min"
    assert between(Span(50, 60, 180)) == "50 s to 3 min"
    assert between(Span(600, 601, 602)) == "10 min"
    assert (size(640.2), size(1304), size(2)) == ("640 MB", "1.3 GB", "10 MB")


def test_this_machine_has_a_setup():
    here = setup_of("cpu", 3)
    assert (here.device, here.threads) == ("cpu", 3)
    assert here.machine
    assert setup_of("cpu").threads >= 1


def test_stages_have_roles():
    assert [role_of(key) for key in ("p8/teacher", "p8/search-1", "p8/students", "p8/oracle")] == [
        "teacher", "student", "student", "oracle",
    ]  # fmt: skip


def test_no_part_has_no_windows():
    assert (Part().windows, Part().subjects) == (0, 0)
    assert used(asked_of_simulated(), Part()) == Part()


def asked_of_simulated() -> Experiment:
    """Give an experiment that takes a share."""
    return Experiment(share=0.5)
