"""Every concern appears where it should and nowhere else, and refusals are those of the run itself."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import IncompatibleError, MissingDataError, RdpdError
from rdpd_core.evaluation import Run, compare
from rdpd_core.experiments import Experiment, keep, prepare, run
from rdpd_core.experiments._forecast_facts import Part
from rdpd_core.experiments.concerns import (
    DISK_SPARE_MB,
    FEW_CLASS_WINDOWS,
    FEW_SUBJECTS,
    FEW_VALID_SUBJECTS,
    FEW_WINDOWS,
    STOP,
    WARN,
    Concern,
    concerns,
)
from rdpd_core.experiments.forecast import Facts, Forecast, Room, Setup, facts_of, room_of
from rdpd_core.preprocessing import Interface
from rdpd_core.store import Store
from tests.toys import ToyDataset

OFFERS = Interface(("wrist", "ankle", "pulse"), ("m/s^2", "m/s^2", "1/min"), ("rest", "walk", "run"), 20.0, 80)
PEOPLE = Part(((10, 10, 10, 0),) * 8, 5000)
SOUND = Facts(
    "toy", "fixed", OFFERS, PEOPLE, PEOPLE, PEOPLE, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 10.0, "toy"
)  # fmt: skip
SETUP = Setup("cpu", 1, "2.0", "a machine")
FORECAST = Forecast((), None, None, 1000.0, 200.0, 50.0, SETUP)
ROOM = Room(8000.0, 4000.0, None, 10_000.0, 0.5)


def asked(**changes) -> Experiment:
    """Give an experiment on the toy data set about which nobody need be warned."""
    return Experiment(**{"dataset": "toy", "arms": ("teacher", "direct", "rdpd"), "seeds": 7, **changes})


def told(experiment=None, facts: Facts = SOUND, **given) -> list[Concern]:
    """Give the concerns about an experiment on made-up facts."""
    return concerns(experiment or asked(), {("toy", facts.split): facts}, **given)


def about(found: list[Concern]) -> list[tuple[str, str]]:
    """Give level and subject of each concern."""
    return [(c.level, c.about) for c in found]


def test_nothing_to_be_warned_of(toy):
    assert told() == []
    assert told(forecast=FORECAST, room=ROOM) == []


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"view": "wrist, ankle, pulse"}, (WARN, "view"), "all 3 channels, so nothing is poor"),
        ({"noise": 2.0}, (WARN, "noise"), "(-1.2 dB); at 1.73"),
        ({"noise": 1.5, "noise_kind": "normal"}, (WARN, "noise"), "(-3.5 dB); at 1.00"),
        ({"wrong_labels": 0.7}, (WARN, "wrong_labels"), "70% of the labels are made wrong; with 3 classes"),
        ({"seeds": 4}, (WARN, "seeds"), "with 4 seeds no arm can be called better or worse than Direct"),
        ({"share": 0.2, "share_by": "subjects"}, (WARN, "share"), "2 subjects in training, fewer than 5"),
        ({"rich_share": 0.3}, (WARN, "rich_share"), "teachers learn from 3 subjects of 8, fewer than 5"),
        ({"share": 0.15}, (WARN, "share"), "36 windows in training, fewer than 50"),
        ({"unlabeled": 0.95}, (WARN, "unlabeled"), "3 classes in training: rest (8 subjects, 4 labeled windows)"),
        ({"unlabeled": 1.0, "arms": ("direct",)}, (STOP, "unlabeled"), "no training window keeps its label"),
        ({"unlabeled": 1.0, "arms": ("direct", "rdpd", "oracle")}, (STOP, "unlabeled"), "leave out the arm oracle"),
        ({"architecture": {"student": {"kernel": 21}}}, (STOP, "architecture"), "kernel of 21"),
        ({"architecture": {"oracle": {"kernel": 21}}, "arms": ("direct", "oracle")}, (STOP, "architecture"), "kernel of 21"),
        ({"architecture": {"student": {"segments": 2}}}, (STOP, "architecture"), "attends to 4 segments, the student to 2"),
    ],
)
def test_what_an_experiment_says_is_looked_at(toy, changes, expected, words):
    found = told(asked(**changes))
    assert expected in about(found)
    assert any(words in c.sentence for c in found), found


@pytest.mark.parametrize(
    "changes",
    [
        {"view": "limbs"},
        {"noise": 1.7},
        {"noise": 0.99, "noise_kind": "normal"},
        {"wrong_labels": 0.6},
        {"share": 0.8, "share_by": "subjects"},
        {"share": 0.3},
        {"unlabeled": 0.5},
        {"architecture": {"student": {"kernel": 20}}},
        {"architecture": {"student": {"segments": 2}, "teacher": {"segments": 2}}},
        {"arms": ("teacher",), "seeds": 1},
    ],
)
def test_what_is_just_within_bounds_gives_no_concern(toy, changes):
    assert told(asked(**changes)) == []


def test_all_labels_gone_is_fine_for_those_who_listen(toy):
    assert (STOP, "unlabeled") not in about(told(asked(unlabeled=1.0)))


@pytest.mark.parametrize(
    ("facts", "expected", "words"),
    [
        ({"train": Part(PEOPLE.table[: FEW_SUBJECTS - 1])}, (WARN, "data"), "4 subjects in training, fewer than 5"),
        ({"train": Part(((1, 1, 1, 0),) * 16)}, (WARN, "data"), "48 windows in training, fewer than 50"),
        ({"train": Part(((10, 10, 0, 0),) * 8 + ((0, 0, 30, 0),))}, (WARN, "data"), "1 class in training: run (1 subject, 30"),
        ({"train": Part(((10, 10, 1, 0),) * 9)}, (WARN, "data"), "1 class in training: run (9 subjects, 9 labeled windows)"),
        ({"valid": Part(PEOPLE.table[: FEW_VALID_SUBJECTS - 1])}, (WARN, "split"), "chosen on 4 validation subjects"),
        ({"trouble": "class run has no window in valid; add some"}, (STOP, "data"), "class run has no window in valid"),
        ({"flat": (0.25, 0.0, 0.0)}, (WARN, "view"), "wrist (25%)"),
    ],
)
def test_what_the_data_have_is_looked_at(toy, facts, expected, words):
    found = told(facts=replace(SOUND, **facts))
    assert about(found) == [expected]
    assert words in found[0].sentence


@pytest.mark.parametrize(
    "facts",
    [
        {"train": Part(PEOPLE.table[:FEW_SUBJECTS])},
        {"train": Part(((4, 4, 2, 0),) * FEW_SUBJECTS)},
        {"train": Part(((5, 5, 0, 0),) * 8 + ((0, 0, 5, 0),) * 2)},
        {"valid": Part(PEOPLE.table[:FEW_VALID_SUBJECTS])},
        {"flat": (0.05, 0.0, 0.0)},
        {"flat": (0.0, 0.0, 1.0)},
    ],
)
def test_data_just_within_bounds_give_no_concern(toy, facts):
    train = replace(SOUND, **facts).train
    assert train.windows >= FEW_WINDOWS
    assert all(train.count(k).windows >= FEW_CLASS_WINDOWS for k in range(3))
    assert told(facts=replace(SOUND, **facts)) == []


def test_choosing_settings_on_few_people_is_named(toy):
    few = replace(SOUND, valid=Part(PEOPLE.table[:1]))
    assert "recipe paper chooses no settings" in told(asked(recipe="tuned"), few)[0].sentence
    assert told(asked(recipe="paper"), few)[0].sentence.startswith("best epochs are chosen on 1 validation subject,")


@pytest.mark.parametrize(
    ("changes", "enough"),
    [
        ({"arms": ("direct", "rdpd")}, 6),
        ({"arms": ("teacher", "direct", "rdpd")}, 7),
        ({"arms": ("teacher", "direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd")}, 8),
        ({"arms": ("distill", "rdpd")}, 6),
    ],
)
def test_as_many_seeds_as_the_comparison_needs(toy, changes, enough):
    fewer = told(asked(seeds=enough - 1, **changes))
    assert about(fewer) == [(WARN, "seeds")]
    assert f"needs at least {enough};" in fewer[0].sentence
    assert told(asked(seeds=enough, **changes)) == []


@pytest.mark.slow
def test_the_seeds_asked_for_are_those_that_a_comparison_can_use(toy):
    """The fewest seeds that are not warned of are the fewest with which a real comparison can make a claim."""
    result = run(asked(arms=("direct", "rdpd"), seeds=1, recipe="paper", epochs=1), device="cpu")
    predictions = {o.arm: o.predictions["test"] for o in result.outcomes}
    for seeds in (5, 6):
        runs = [Run(arm, seed, "fixed", said) for arm, said in predictions.items() for seed in range(seeds)]
        table = compare(runs, "direct", ("accuracy",), draws=200)
        said = table.rows["accuracy"][1].difference.verdict
        assert ("cannot reach" in said) == bool(told(asked(arms=("direct", "rdpd"), seeds=seeds)))


def test_a_stored_teacher_is_not_among_the_compared(toy, tmp_path):
    found = told(asked(arms=("teacher", "direct", "rdpd"), seeds=6, teacher="gone"), store=Store([tmp_path]))
    assert about(found) == [(STOP, "teacher")]
    assert "gone" in found[0].sentence


def test_folds_are_pairs_where_there_are_enough(toy, monkeypatch):
    names = tuple(f"fold{n}" for n in range(8))
    monkeypatch.setattr(ToyDataset, "splits", names)
    table = {("toy", name): replace(SOUND, split=name) for name in names}
    assert concerns(asked(split="all", seeds=2), table) == [], "every fold is trained anew, twice"
    assert "needs at least 2;" in concerns(asked(split="all", seeds=1), table)[0].sentence
    six = {key: value for key, value in table.items() if key[1] < "fold6"}
    monkeypatch.setattr(ToyDataset, "splits", names[:6])
    assert concerns(asked(arms=("teacher", "direct"), split="all", seeds=2), six) == []
    (found,) = concerns(asked(arms=("teacher", "direct", "rdpd"), split="all", seeds=9), six)
    assert "with 6 splits as pairs no arm can be called better" in found.sentence
    assert found.sentence.endswith("choose fewer arms"), "no number of seeds helps"


def test_a_concern_that_holds_for_some_splits_names_them(toy, monkeypatch):
    monkeypatch.setattr(ToyDataset, "splits", ("a", "b", "c"))
    few = Part(PEOPLE.table[:2])
    table = {("toy", name): replace(SOUND, split=name, valid=few if name != "b" else PEOPLE) for name in "abc"}
    (found,) = concerns(asked(split="all"), table)
    assert found.sentence.startswith("splits a, c: settings and best epochs")
    table["toy", "b"] = replace(SOUND, split="b", valid=few)
    (found,) = concerns(asked(split="all"), table)
    assert found.sentence.startswith("settings and best epochs")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"dataset": "toy", "view": "elbow"}, "unknown view or channel of toy 'elbow'"),
        ({"dataset": "toy", "view": "wrist, elbow"}, "unknown channel of toy 'elbow'"),
        ({"dataset": "nowhere"}, "unknown data set 'nowhere'"),
        ({"dataset": "toy", "seeds": 0}, "seeds=0 is outside [1, 1000]"),
        ({"dataset": "toy", "colour": "red"}, "unknown Experiment setting 'colour'"),
        ({"dataset": "toy", "arms": ()}, "name at least one arm"),
    ],
)
def test_plain_values_that_are_no_experiment_are_refused_in_its_words(toy, values, words):
    (found,) = concerns(values, {("toy", "fixed"): SOUND})
    assert (found.level, found.about) == (STOP, "experiment")
    assert words in found.sentence


def test_plain_values_of_a_form_are_read(toy):
    values = {**asked().to_dict(), "seeds": "4"}
    assert concerns(values, {("toy", "fixed"): SOUND}) == told(asked(seeds=4))


def test_a_data_set_that_was_not_read_or_is_not_here(toy, tmp_path):
    unread = concerns(asked(), {})
    assert about(unread) == [(WARN, "dataset")]
    assert "have not been read yet" in unread[0].sentence
    gone = concerns(Experiment(dataset="dsads", seeds=8, arms=("direct", "rdpd")), {}, data_root=tmp_path)
    with pytest.raises(MissingDataError) as raised:
        DATASETS.get("dsads")(tmp_path).check()
    assert gone == [Concern(STOP, "dataset", str(raised.value))]


@pytest.mark.parametrize(
    ("forecast", "room", "expected"),
    [
        ({}, {"memory_mb": 880.0}, (STOP, "memory")),
        ({}, {"free_mb": 790.0}, (WARN, "memory")),
        ({"setup": SETUP._replace(device="cuda")}, {"gpu_mb": 500.0}, (STOP, "memory")),
        ({}, {"disk_mb": 40.0}, (STOP, "disk")),
        ({}, {"disk_mb": 49.0 + DISK_SPARE_MB}, (WARN, "disk")),
        ({"disk_mb": None}, {"disk_mb": DISK_SPARE_MB - 1}, (WARN, "disk")),
        ({}, {"load": 1.6}, (WARN, "machine")),
    ],
)
def test_want_of_room(toy, forecast, room, expected):
    found = told(forecast=replace(FORECAST, **forecast), room=ROOM._replace(**room))
    assert about(found) == [expected]


@pytest.mark.parametrize(
    ("forecast", "room"),
    [
        ({}, {"memory_mb": 900.0}),  # stored recordings do not count: the system takes them back
        ({}, {"free_mb": 810.0}),
        ({"memory_mb": None}, {"memory_mb": 1.0, "free_mb": 1.0}),
        ({}, {"memory_mb": None, "free_mb": None, "disk_mb": None}),
        ({"setup": SETUP._replace(device="cuda")}, {"gpu_mb": 2000.0, "memory_mb": 100.0, "free_mb": 1.0, "load": 9.0}),
        ({}, {"disk_mb": 51.0 + DISK_SPARE_MB}),
    ],
)
def test_room_enough_or_unknown(toy, forecast, room):
    assert told(forecast=replace(FORECAST, **forecast), room=ROOM._replace(**room)) == []


def test_refusals_come_first(toy):
    found = told(asked(seeds=1, noise=9.0), replace(SOUND, trouble="no"), forecast=FORECAST, room=ROOM._replace(disk_mb=1.0))
    levels = [c.level for c in found]
    assert levels == sorted(levels)
    assert {STOP, WARN} == set(levels)


def test_there_is_room_to_speak_of(tmp_path):
    here = room_of(tmp_path / "not" / "yet")
    assert here.disk_mb == pytest.approx(shutil.disk_usage(tmp_path).free / 1e6, rel=0.2)
    assert here.gpu_mb is None
    if Path("/proc/meminfo").exists():
        assert here.free_mb > 0
        assert here.memory_mb > 0


@pytest.fixture
def stored(toy, tmp_path):
    """A store with a teacher and a student of the toy data set."""
    store = Store([tmp_path / "store"])
    result = run(asked(arms=("teacher", "direct"), seeds=1, recipe="paper", epochs=1), device="cpu")
    cards = keep(result, store, "2025-01-31T12:00:00Z")
    return store, {card.role: card for card in cards}


def real_facts() -> Facts:
    """Give the facts of the toy data set as it is registered."""
    dataset, prepared = prepare("toy")
    return facts_of(dataset, prepared, "fixed")


def refusal(experiment: Experiment, store: Store) -> str:
    """Give what the run says as it refuses."""
    with pytest.raises(RdpdError) as raised:
        run(experiment, device="cpu", store=store)
    return str(raised.value)


def test_a_stored_teacher_that_fits(stored):
    store, cards = stored
    experiment = asked(teacher=cards["teacher"].name)
    assert not [c for c in concerns(experiment, {("toy", "fixed"): real_facts()}, store=store) if c.level == STOP]


def test_a_stored_teacher_is_refused_in_the_words_of_the_run(stored, monkeypatch):
    store, cards = stored
    card = cards["teacher"]
    weights, _ = store.load("toy", card.name)
    store.save(replace(card, name="elsewhere", split="other"), weights)
    store.save(replace(card, name="faster", sampling_rate=40.0), weights)
    cases = [
        asked(teacher=cards["student"].name),
        asked(teacher="elsewhere"),
        asked(teacher="faster"),
        asked(teacher="nobody"),
        asked(teacher=card.name, teacher_targets="train_pass"),
    ]
    for experiment in cases:
        found = concerns(experiment, {("toy", "fixed"): real_facts()}, store=store)
        assert [c.sentence for c in found if c.about == "teacher"] == [refusal(experiment, store)]


def test_a_teacher_of_other_people_is_refused_in_the_words_of_the_run(stored, monkeypatch):
    store, cards = stored

    class Others(ToyDataset):
        def __init__(self, root=None):
            super().__init__(root, subjects=("bob", "cem", "dea", "eva", "fay"))

    monkeypatch.setitem(DATASETS._entries, "toy", Others)
    experiment = asked(teacher=cards["teacher"].name)
    found = concerns(experiment, {("toy", "fixed"): real_facts()}, store=store)
    assert refusal(experiment, store) in [c.sentence for c in found]
    assert any("scaled by other training data" in c.sentence for c in found)


def test_a_teacher_of_other_segments_is_refused_before_anything_is_trained(stored):
    store, cards = stored
    experiment = asked(teacher=cards["teacher"].name, architecture={"student": {"segments": 2}})
    found = concerns(experiment, {("toy", "fixed"): real_facts()}, store=store)
    assert (STOP, "architecture") in about(found)
    with pytest.raises(IncompatibleError, match="segments"):
        run(experiment, device="cpu", store=store)
