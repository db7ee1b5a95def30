"""Edited windows, asked of models that are kept at hand."""

import re
import shlex
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rdpd_core.errors import UnknownNameError
from rdpd_core.evaluation import predict
from rdpd_core.evaluation.edits import Burst, Cut, Drop, Ground, Noise, Scale, Shift, apply, digest, from_text
from rdpd_core.evaluation.predictions import softmax
from rdpd_core.experiments import Experiment, keep, load, run, whatif
from rdpd_core.experiments.cases import open_book
from rdpd_core.experiments.whatif import Asker, Bench, Reader, command_of, follow, main, variants
from rdpd_core.experiments.whatif_curve import _from, robustness
from rdpd_core.models import MODELS
from rdpd_core.preprocessing import Statistics
from rdpd_core.runtime import torch_generator
from rdpd_core.store import Store
from rdpd_core.types import Channel

CREATED = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def bench(toy):
    store, arms = Store.default(), ("teacher", "direct", "rdpd")
    keep(
        run(Experiment(dataset="toy", view="wrist", arms=arms, seeds=2, recipe="paper", epochs=2), store=store), store, CREATED
    )
    return Bench(open_book(load("toy"), "wrist", store), store)


@pytest.mark.slow
def test_no_edit_gives_the_case_books_answer_up_to_rounding(bench):
    for position in (1, 5):
        asked = bench.arms(bench.place("fay", position), ())
        for arm, known in zip(asked, bench.book.case("fay", position).arms, strict=True):
            assert (arm.arm, arm.models, arm.channels) == (known.arm, known.models, known.channels)
            assert np.allclose(arm.probability, known.probability, atol=1e-5)
            assert np.allclose(arm.probability_spread, known.probability_spread, atol=1e-5)
            assert np.allclose(arm.attention, known.attention, atol=1e-5)
            assert (arm.overlap is None) == (known.overlap is None)
            assert arm.overlap is None or arm.overlap == pytest.approx(known.overlap, abs=1e-5)


@pytest.mark.slow
def test_an_edit_of_nothing_answers_bit_by_bit_as_no_edit(bench):
    before = bench.arms(0, ())
    after = bench.arms(0, (Noise("wrist", 0.0), Scale("*", 1.0)))
    for one, other in zip(before, after, strict=True):
        assert one.probability.tobytes() == other.probability.tobytes()
        assert one.attention.tobytes() == other.attention.tobytes()


@pytest.mark.slow
def test_undo_restores_window_and_answers(bench):
    edits = (Noise("wrist", 2.0), Drop("ankle"))
    one = bench.arms(0, edits[:1])
    both = bench.arms(0, edits)
    again = bench.arms(0, edits[:1])
    assert digest(bench.edited([0], edits[:1])) != digest(bench.edited([0], edits))
    assert one[0].probability.tobytes() == again[0].probability.tobytes() != both[0].probability.tobytes()
    assert digest(bench.edited([0], ())) == digest(bench.windows.gather([0]))


@pytest.mark.slow
def test_students_see_an_edit_only_through_the_channels_they_read(bench):
    before, after = bench.arms(0, ()), bench.arms(0, (Drop("ankle"),))
    changed = {one.arm: not np.array_equal(one.probability, two.probability) for one, two in zip(before, after, strict=True)}
    assert changed == {"teacher": True, "direct": False, "rdpd": False}


@pytest.mark.slow
def test_unknown_windows_are_named(bench):
    with pytest.raises(UnknownNameError):
        bench.place("nobody", 1)
    with pytest.raises(UnknownNameError):
        bench.place("fay", 999)


@pytest.mark.slow
def test_a_course_begins_where_nothing_is_changed_and_is_scored_with_what_is_known(bench, monkeypatch):
    monkeypatch.setattr(whatif, "AT_ONCE", 8)
    sizes, lists = variants((Drop("pulse"), Noise("wrist", 1.0)), 1, 4.0)
    assert sizes == Noise.sizes
    assert [some[1].amplitude for some in lists] == list(sizes)
    told = []
    course = follow(bench, lists, sizes, lambda done, total: told.append((done, total)))
    n = len(bench.windows)
    assert told[-1] == (n * len(sizes), n * len(sizes))
    assert course.probability[0].shape == (len(sizes), 2, n, 3)
    still = bench.arms(3, (Drop("pulse"),))
    assert np.allclose(course.probability[2][0].mean(axis=0)[3], still[2].probability, atol=1e-5)
    found = robustness(course, bench.windows)
    assert [arm.arm for arm in found.arms] == ["teacher", "direct", "rdpd"]
    assert found.arms[0].ask_from is None
    for arm in found.arms:
        assert ((arm.score >= 0) & (arm.score <= 1)).all()
        assert np.isnan(arm.low).all()  # one test subject with three recordings: too few for an interval
        assert not arm.surely_less.any()
    assert "3 recordings" in found.rule


@pytest.mark.slow
def test_intervals_hold_the_score_where_people_are_many(bench):
    sizes, lists = variants((Noise("wrist", 1.0),), 0, 4.0)
    course = follow(bench, lists[:2], sizes[:2])
    people = np.array([f"p{at % 9}" for at in range(len(bench.windows))])
    found = robustness(course, type(bench.windows)(**{**vars(bench.windows), "subject": people}))
    assert found.units == "9 subjects"
    for arm in found.arms:
        assert ((arm.low <= arm.score) & (arm.score <= arm.high)).all()
        assert not arm.surely_less[0]


@pytest.mark.parametrize(
    ("holds", "expected"),
    [([0, 0, 0], None), ([0, 1, 1], 2.0), ([0, 1, 0], None), ([0, 0, 1], 3.0), ([1, 1, 1], 1.0), ([1, 0, 1], 3.0)],
)
def test_the_teacher_is_asked_from_where_it_holds_to_the_end(holds, expected):
    assert _from((1.0, 2.0, 3.0), np.array(holds, dtype=bool)) == expected


@pytest.mark.slow
def test_the_command_line_prints_before_and_after(bench, capsys):
    line = command_of(bench, "fay", 2, "noise~wrist~2.0~uniform~0")
    assert line.startswith("python -m rdpd_core.experiments.whatif toy wrist fay 2 ")
    main(shlex.split(line)[3:])
    told = capsys.readouterr().out
    assert re.search(r"Direct \(n = 2\): rest 0\.\d{3} -> 0\.\d{3}", told)
    assert "Teacher" in told


CHANNELS = tuple(Channel(f"c{at}", "m/s^2", "body") for at in range(52))


def made_readers() -> list[Reader]:
    """Give a teacher of 52 channels and five arms of 17, three seeds each, 256 samples and 12 classes."""
    rcnn, readers = MODELS.get("rcnn"), []
    for at in range(18):
        rows = tuple(range(52)) if at < 3 else tuple(range(17))
        params = rcnn.Params(filters=64, hidden=32) if at < 3 else rcnn.Params()
        model = rcnn(len(rows), 12, 256, params).eval()
        model.initialize(torch_generator("made", at))
        scale = {"mean": [0.1 * at] * len(rows), "std": [1.0 + at] * len(rows)}
        card = SimpleNamespace(
            model="rcnn", model_params=vars(params), classes=range(12), window_samples=256, normalization=scale
        )
        readers.append(Reader(card, model, rows))
    return readers


def test_models_of_several_shapes_answer_in_the_order_asked():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(2, 52, 256)).astype(np.float32)
    readers = made_readers()
    order = [readers[at] for at in draw.permutation(18)]
    for reader, said in zip(order, Asker(order).ask(x), strict=True):
        (alone,) = Asker([reader]).ask(x)
        scaled = torch.from_numpy(Statistics.from_dict({**reader.card.normalization, "source": ""}).apply(x[:, reader.rows]))
        logits, attention = predict(reader.model, scaled)
        assert np.allclose(said.probability, softmax(logits.numpy()), atol=1e-5)
        assert np.allclose(said.attention, attention.numpy(), atol=1e-5)
        assert np.allclose(alone.probability, said.probability, atol=1e-5)


@pytest.mark.slow
def test_edits_of_52_channels_by_256_samples_are_timed(capsys):
    draw, asker = np.random.default_rng(0), Asker(made_readers())
    ground = Ground(CHANNELS, np.zeros(52), np.ones(52), 51.2)
    x = draw.normal(size=(1, 52, 256)).astype(np.float32)
    kinds = [Noise, Scale, Shift, Burst, Cut, Drop]
    took = []
    for at in range(100):
        edit = kinds[at % len(kinds)](CHANNELS[draw.integers(52)].name)
        start = time.perf_counter()
        said = asker.ask(apply([edit], x, ground, [at]))
        took.append(time.perf_counter() - start)
    assert all(np.isfinite(answer.probability).all() for answer in said)
    low, high = np.percentile(took, [50, 95]) * 1e3
    with capsys.disabled():
        print(f"\n18 models, 52 channels x 256 samples, n = {len(took)} edits: p50 {low:.1f} ms, p95 {high:.1f} ms")


@pytest.mark.slow
def test_edits_of_the_link_reach_the_models(bench):
    (edit,) = from_text("drop~wrist")
    after = bench.arms(0, (edit,))
    others = bench.arms(1, (edit,))
    assert after[1].probability.tobytes() == others[1].probability.tobytes()  # a student of this channel alone sees nothing


def test_a_wrong_name_is_one_line_on_the_command_line(toy, capsys):
    assert main(["nowhere", "wrist", "fay", "1"]) == 1
    said = capsys.readouterr().err
    assert "unknown data set 'nowhere'" in said
    assert "Traceback" not in said
