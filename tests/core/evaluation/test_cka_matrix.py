"""CKA of all pairs of layers: values, people resampled, and wrong pairs."""

import itertools

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError, ShapeError, StoppedError
from rdpd_core.evaluation import _cka_draws, _cka_null
from rdpd_core.evaluation._cka_draws import drawn_hsic, grouped, others, pair_sums
from rdpd_core.evaluation._cka_layers import layer
from rdpd_core.evaluation.cka import cka, hsic
from rdpd_core.evaluation.cka_matrix import ABOVE, INSIDE, UNCLEAR, UNDEFINED, compare_layers
from rdpd_core.runtime import numpy_generator

PEOPLE, EACH = 8, 24


def people(count: int = PEOPLE, each: int = EACH) -> dict[str, np.ndarray]:
    """Give whose windows these are, two recordings each."""
    subject = np.repeat([f"s{at:02}" for at in range(count)], each)
    return {"subject": subject, "recording": np.array([f"{s}-{at % each // (each // 2)}" for at, s in enumerate(subject)])}


def two_models(n: int = PEOPLE * EACH, key: object = 0) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Give layers: "early" has something in common, the others have not; "still" does not vary."""
    draw = numpy_generator("models", n, key)
    common = draw.normal(size=(n, 3))
    first = {"early": common @ draw.normal(size=(3, 12)) + draw.normal(size=(n, 12)), "late": draw.normal(size=(n, 5))}
    second = {"early": common @ draw.normal(size=(3, 7)) + draw.normal(size=(n, 7)), "still": np.ones((n, 2))}
    return first, second


def brute_hsic(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """Give the weighted U-statistic over all quadruples of different examples."""
    k, l = x @ x.T, y @ y.T  # noqa: E741
    total = norm = 0.0
    for i, j, u, v in itertools.permutations(range(len(x)), 4):
        weight = w[i] * w[j] * w[u] * w[v]
        total, norm = total + weight * k[i, j] * l[u, v], norm + weight
    c, total, norm = total / norm, 0.0, 0.0
    for i, j, u in itertools.permutations(range(len(x)), 3):
        total, norm = total + w[i] * w[j] * w[u] * k[i, j] * l[i, u], norm + w[i] * w[j] * w[u]
    b, total, norm = total / norm, 0.0, 0.0
    for i, j in itertools.permutations(range(len(x)), 2):
        total, norm = total + w[i] * w[j] * k[i, j] * l[i, j], norm + w[i] * w[j]
    return total / norm + c - 2 * b


@pytest.mark.parametrize(("p", "q"), [(3, 2), (30, 25)])
def test_a_draw_is_the_statistic_over_different_windows(p, q):
    draw = numpy_generator("draw", p)
    unit = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    a, b = layer(draw.normal(size=(9, p))), layer(draw.normal(size=(9, q)))
    _, units = grouped(unit, draw)
    weights = np.array([[2.0, 1, 0, 1], [0, 1, 1, 3], [1, 1, 2, 0]])
    sums, k, other = pair_sums(a, b, units), others(a, weights, units), others(b, weights, units)
    found = drawn_hsic(sums, k, other, weights, units)
    wanted = [brute_hsic(a.x, b.x, weights[unit, r]) for r in range(4)]
    assert np.allclose(found, wanted, rtol=1e-9)
    assert found[1] == pytest.approx(hsic(a, b), rel=1e-10)


def test_a_draw_of_too_few_windows_is_undefined_and_said_so():
    draw = numpy_generator("few")
    a = layer(draw.normal(size=(4, 2)))
    _, units = grouped(np.arange(4), draw)
    weights = np.array([[4.0], [0], [0], [0]])
    assert np.isnan(
        drawn_hsic(pair_sums(a, a, units), others(a, weights, units), others(a, weights, units), weights, units)
    ).all()


def test_cells_hold_the_value_the_interval_and_the_null():
    first, second = two_models()
    grid = compare_layers(first, second, **people(), shuffles=100, draws=200)
    assert (grid.rows, grid.columns) == (("early", "late"), ("early", "still"))
    assert (grid.n_windows, grid.n_rows, grid.n_subjects, grid.null_rows) == (PEOPLE * EACH,) * 2 + (PEOPLE, PEOPLE * EACH)
    alike, apart = grid.cells[0][0], grid.cells[1][0]
    assert alike.value == pytest.approx(cka(first["early"], second["early"]).value, rel=1e-9)
    assert alike.interval.low < alike.value < alike.interval.high
    assert (alike.interval.unit, alike.interval.n) == ("subjects", PEOPLE)
    assert alike.mark == ABOVE
    assert alike.p == pytest.approx(1 / 101)
    assert alike.null[0] < 0 < alike.null[1]
    assert apart.mark == INSIDE
    assert apart.p > 0.025
    assert [row[1].mark for row in grid.cells] == [UNDEFINED] * 2
    assert grid.cells[0][1].reason == "still: the features are the same for every example"
    assert grid.values()[0, 0] == alike.value
    assert grid.to_dict()["cells"][1][0]["mark"] == INSIDE


def test_the_order_of_windows_does_not_matter():
    first, second = two_models()
    about = people()
    grid = compare_layers(first, second, **about, shuffles=0, draws=100)
    mixed = numpy_generator("mixed").permutation(PEOPLE * EACH)
    sides = [{name: x[mixed] for name, x in side.items()} for side in (first, second)]
    again = compare_layers(*sides, **{name: x[mixed] for name, x in about.items()}, shuffles=0, draws=100)
    assert again.cells[0][0].value == pytest.approx(grid.cells[0][0].value, rel=1e-10)
    assert again.cells[0][0].interval.low == pytest.approx(grid.cells[0][0].interval.low, rel=1e-9)


@pytest.mark.slow
def test_independent_layers_are_rarely_called_alike():
    about, above, clear = people(6, 10), 0, 0
    for key in range(120):
        draw = numpy_generator("independent layers", key)
        one, other = ({"a": draw.normal(size=(60, 4))} for _ in range(2))
        mark = compare_layers(one, other, **about, shuffles=100, draws=100, seed=key).cells[0][0].mark
        above, clear = above + (mark != INSIDE), clear + (mark == ABOVE)
    assert above <= 9  # 2.5% of 120 is 3
    assert clear <= above


def persons_apart(key: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Give two layers that have nothing in common but that windows of one recording resemble each other."""
    draw, about = numpy_generator("persons apart", key), people(10, 20)
    which = np.unique(about["recording"], return_inverse=True)[1]
    one, other = ({"a": (draw.normal(size=(20, 2)) * 2)[which] + draw.normal(size=(200, 2))} for _ in range(2))
    return one, other, about


@pytest.mark.slow
def test_exchanging_recordings_is_the_stricter_null():
    called = {"windows": 0, "recordings": 0}
    for key in range(40):
        one, other, about = persons_apart(key)
        for null in called:
            cell = compare_layers(one, other, **about, null=null, draws=0, shuffles=100).cells[0][0]
            called[null] += cell.mark == UNCLEAR
    assert called["recordings"] <= 5
    assert called["windows"] >= 20  # windows of one recording are no independent examples


def test_with_few_recordings_the_windows_are_shuffled_and_that_is_said():
    first, second = two_models(2 * EACH)
    assert compare_layers(first, second, **people(2), null="recordings", draws=0).null == "windows"
    first, second = two_models()
    assert compare_layers(first, second, **people(), null="recordings", draws=0).null == "recordings"


def test_few_people_have_no_interval_and_nothing_is_claimed():
    first, second = two_models(2 * EACH)
    grid = compare_layers(first, second, **people(2), shuffles=100)
    cell = grid.cells[0][0]
    assert cell.interval is None
    assert cell.mark == UNCLEAR


@pytest.mark.parametrize("n", range(1, 10))
def test_few_windows_say_what_they_lack(n):
    draw = numpy_generator("few windows", n)
    side = {"a": draw.normal(size=(n, 3)), "b": draw.normal(size=(n, 2))}
    grid = compare_layers(side, side, np.repeat("s", n), np.repeat("r", n), shuffles=40)
    for cell in itertools.chain(*grid.cells):
        assert cell.value is not None or "at least 4" in cell.reason
        assert (cell.value is None) == (n < 4)
        assert (cell.null is None) == (n < 6)
    assert np.isfinite([c.value for row in grid.cells for c in row if c.value is not None]).all()


def test_both_ways_to_wrong_pairs_agree(monkeypatch):
    first, second = two_models()
    second.pop("still")
    found = [compare_layers(first, second, **people(), draws=0, shuffles=60)]
    wide = {name: x @ np.linalg.qr(numpy_generator(name).normal(size=(400, x.shape[1])))[0].T for name, x in first.items()}
    calls = []
    whole = _cka_null._paired
    monkeypatch.setattr(_cka_null, "NARROW", 1000)
    monkeypatch.setattr(_cka_null, "REORDER", 0)
    monkeypatch.setattr(_cka_null, "_paired", lambda *sides: calls.append(1) or whole(*sides))
    found.append(compare_layers(wide, second, **people(), draws=0, shuffles=60))
    assert calls
    for cells in zip(*(itertools.chain(*grid.cells) for grid in found), strict=True):
        assert cells[0].null == pytest.approx(cells[1].null, abs=1e-5)


def test_the_null_keeps_what_matters_of_wide_layers():
    draw = numpy_generator("wide")
    x = draw.normal(size=(150, 3)) @ draw.normal(size=(3, 200)) + 1e-3 * draw.normal(size=(150, 200))
    for side in (x, x[:, :60], draw.normal(size=(150, 90))):
        a, small = layer(side), _cka_null.compressed(layer(side))
        assert small.width <= a.width
        assert np.allclose(small.x @ small.x.T, a.x @ a.x.T, atol=2e-2)
        assert hsic(a, small) / np.sqrt(hsic(a, a) * hsic(small, small)) == pytest.approx(1, abs=1e-6)
    assert _cka_null.compressed(layer(x)).width < 10


def test_intervals_hold_the_value_where_persons_differ_much():
    one, other, about = persons_apart(3)
    both = {"a": np.column_stack([one["a"], other["a"]])}
    cell = compare_layers(one, both, **about, shuffles=0).cells[0][0]
    assert cell.interval.low < cell.value < cell.interval.high <= 1


def test_where_all_would_take_minutes_the_null_has_fewer_windows(monkeypatch):
    monkeypatch.setattr(_cka_null, "HEAVY", 1.0)
    monkeypatch.setattr(_cka_null, "MOST_PAIRED", 64)
    first, second = two_models()
    second.pop("still")
    grid = compare_layers(first, second, **people(), draws=0, shuffles=200)
    assert (grid.null_rows, grid.n_rows) == (64, PEOPLE * EACH)
    monkeypatch.undo()
    whole = compare_layers(first, second, **people(), draws=0, shuffles=200)
    assert grid.cells[0][0].null[1] > whole.cells[0][0].null[1]  # fewer windows, a wider band: never a bolder claim
    assert grid.cells[0][0].mark == whole.cells[0][0].mark == UNCLEAR


def test_many_people_are_joined_and_the_value_stays(monkeypatch):
    first, second = two_models()
    about = {"subject": np.arange(PEOPLE * EACH).astype(str), "recording": np.arange(PEOPLE * EACH).astype(str)}
    whole = compare_layers(first, second, **about, shuffles=0)
    monkeypatch.setattr(_cka_draws, "MOST_UNITS", 40)
    joined = compare_layers(first, second, **about, shuffles=0)
    assert joined.cells[0][0].value == pytest.approx(whole.cells[0][0].value, rel=1e-10)
    widths = [g.cells[0][0].interval.high - g.cells[0][0].interval.low for g in (whole, joined)]
    assert 0.6 < widths[1] / widths[0] < 1.6
    assert joined.cells[0][0].interval.n == PEOPLE * EACH


def test_rows_of_a_window_stay_together():
    draw = numpy_generator("moments")
    windows = people()
    n = PEOPLE * EACH
    slow = np.repeat(draw.normal(size=(n, 3)), 4, axis=0) + 0.1 * draw.normal(size=(4 * n, 3))
    other = np.repeat(draw.normal(size=(n, 3)), 4, axis=0) + 0.1 * draw.normal(size=(4 * n, 3))
    grid = compare_layers({"a": slow}, {"a": other}, **windows, draws=0, shuffles=200)
    assert (grid.n_windows, grid.n_rows) == (n, 4 * n)
    shuffled = compare_layers(
        {"a": slow}, {"a": other}, np.arange(4 * n).astype(str), np.arange(4 * n).astype(str), draws=0, shuffles=200
    )
    widths = [g.cells[0][0].null[1] - g.cells[0][0].null[0] for g in (grid, shuffled)]
    assert widths[0] > 2 * widths[1]  # four rows of a window are no four examples


def test_it_can_be_ended():
    first, second = two_models()
    left = iter(range(5))

    def between():
        if next(left, None) is None:
            raise StoppedError("enough")

    with pytest.raises(StoppedError):
        compare_layers(first, second, **people(), between=between)


def test_bad_input_is_said():
    first, second = two_models()
    about = people()
    with pytest.raises(ShapeError, match="rows"):
        compare_layers(first, {"early": second["early"][1:]}, **about)
    with pytest.raises(ShapeError, match="1 subjects"):
        compare_layers(first, second, ["s"], [])
    with pytest.raises(DataError, match="no layer"):
        compare_layers(first, {}, **about)
    with pytest.raises(DataError, match="early"):
        compare_layers(first, {"early": second["early"] * np.inf}, **about)
    with pytest.raises(ParameterError, match="shuffles"):
        compare_layers(first, second, **about, shuffles=10)
    with pytest.raises(ParameterError, match="draws"):
        compare_layers(first, second, **about, draws=10)
    with pytest.raises(ParameterError, match="null"):
        compare_layers(first, second, **about, null="people")
