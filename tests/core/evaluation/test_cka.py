"""Linear CKA against its definition, published values and its invariances; never a NaN."""

import itertools

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation import _cka_layers
from rdpd_core.evaluation._cka_layers import layer, pick_form, recentered, total
from rdpd_core.evaluation.cka import cka, hsic, minibatch_cka
from rdpd_core.evaluation.cka_stream import Stream
from rdpd_core.runtime import numpy_generator


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """Give the unbiased CKA from whole Gram matrices, without centering, as its papers write it."""
    n, grams = len(x), [np.asarray(side, dtype=np.float64) @ np.asarray(side, dtype=np.float64).T for side in (x, y)]
    for gram in grams:
        np.fill_diagonal(gram, 0)

    def hsic(k, l):  # noqa: E741
        return np.trace(k @ l) + k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ l).sum()

    k, l = grams  # noqa: E741
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def related(n: int = 80, p: int = 12, q: int = 9, key: object = 0) -> tuple[np.ndarray, np.ndarray]:
    """Give two layers with something in common."""
    draw = numpy_generator("cka", n, p, q, key)
    common = draw.normal(size=(n, 3))
    return tuple(common @ draw.normal(size=(3, d)) + draw.normal(size=(n, d)) for d in (p, q))


def test_published_values():
    """Those printed in the demonstration that the authors of CKA published with it (Kornblith et al. 2019)."""
    draw = np.random.RandomState(1337)
    x = draw.randn(100, 10)
    y = draw.randn(100, 10) + x
    for form in ("feature", "gram"):
        assert round(cka(x, y, "biased", form).value, 5) == 0.55761
        assert round(cka(x, y, "unbiased", form).value, 5) == 0.51346


@pytest.mark.parametrize(("n", "p", "q"), [(4, 1, 1), (5, 3, 2), (80, 12, 9), (30, 70, 5), (30, 70, 90)])
def test_both_forms_are_exactly_the_definition(n, p, q):
    x, y = related(n, p, q)
    wanted = by_definition(x, y)
    for form in ("feature", "gram", ""):
        assert cka(x, y, form=form).value == pytest.approx(wanted, rel=1e-10, abs=1e-12)
    assert cka(x + 1e3, y - 1e3).value == pytest.approx(wanted, rel=1e-8, abs=1e-10)


def test_blocks_change_nothing(monkeypatch):
    x, y = related(60, 9, 7)
    a, b = layer(x), layer(y)
    whole = [total(a, b, form) for form in ("feature", "gram")]
    monkeypatch.setattr(_cka_layers, "BLOCK_CELLS", 70)
    parts = [total(a, b, form) for form in ("feature", "gram")]
    assert np.allclose(parts, whole[0], rtol=1e-12)
    assert np.allclose(whole, whole[0], rtol=1e-12)


def test_the_cheaper_form_is_taken():
    assert pick_form(1000, 64, 64) == "feature"
    assert pick_form(50, 4000, 4000) == "gram"


@pytest.mark.parametrize(
    ("n", "p", "biased", "unbiased"), [(64, 512, 0.890, 0.02), (256, 512, 0.666, 0.0), (2000, 64, 0.031, 0.0)]
)
def test_independent_features_fool_the_biased_form_only(n, p, biased, unbiased):
    draw = numpy_generator("independent", n)
    x, y = draw.normal(size=(n, p)), draw.normal(size=(n, p))
    assert cka(x, y, "biased").value == pytest.approx(biased, abs=0.01)
    assert cka(x, y).value == pytest.approx(unbiased, abs=0.05 if n < 100 else 0.01)


@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
def test_rotation_scale_and_shift_change_nothing(estimator):
    x, y = related()
    turn = np.linalg.qr(numpy_generator("turn").normal(size=(12, 12)))[0]
    assert cka(x, -3 * x @ turn + 5, estimator).value == pytest.approx(1, abs=1e-12)
    assert cka(x * 1e-150, y * 1e150, estimator).value == pytest.approx(cka(x, y, estimator).value, rel=1e-10)
    assert cka(x, y, estimator).value == pytest.approx(cka(y, x, estimator).value, rel=1e-12)


def test_batches_agree_with_the_whole():
    draw = numpy_generator("300 x 40")
    x = draw.normal(size=(300, 40))
    y = 0.9 * x + draw.normal(size=(300, 40))
    whole, batches = cka(x, y).value, minibatch_cka(x, y, 50).value
    assert 0.4 < whole < 0.8
    assert batches == pytest.approx(whole, abs=0.01)
    assert 0.02 < cka(x, y, "biased").value - whole < 0.1
    assert minibatch_cka(x, y, 300, 1).value == pytest.approx(whole, rel=1e-10)
    assert minibatch_cka(x, y, 50, seed=1).value != batches


def test_the_ratio_of_batches_is_taken_once():
    x, y = related(60, 3, 3)
    order = numpy_generator("minibatch", 0, 60).permutation(60)
    a, b = layer(x), layer(y)
    parts = [[recentered(s.take(order[at : at + 25])) for s in (a, b)] for at in (0, 25)]  # the last 10 are dropped
    sums = np.sum([[hsic(u, v), hsic(u, u), hsic(v, v)] for u, v in parts], axis=0)
    assert minibatch_cka(x, y, 25, 1).value == pytest.approx(sums[0] / np.sqrt(sums[1] * sums[2]), rel=1e-12)


def test_a_stream_is_exact():
    x, y = related(500, 8, 5)
    stream = Stream()
    for at in range(0, 500, 77):
        stream.add(x[at : at + 77] + 1e3, y[at : at + 77])
    assert stream.result().value == pytest.approx(cka(x, y).value, rel=1e-9)
    assert stream.result().n == 500
    with pytest.raises(ShapeError, match="columns"):
        stream.add(x[:5, :3], y[:5])
    with pytest.raises(ShapeError, match="same examples"):
        stream.add(x[:5], y[:4])
    with pytest.raises(DataError, match="not numbers"):
        stream.add(x[:5] * np.nan, y[:5])


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        (np.ones((9, 4)), np.arange(18.0).reshape(9, 2) ** 2, "same for every"),
        (np.full((9, 2), 1e6, np.float32) + np.float32(0.02), np.arange(9.0)[:, None] ** 2, "same for every"),
        (np.zeros((1, 1)), np.zeros((1, 1)), "at least 4"),
        (np.arange(3.0)[:, None], np.arange(3.0)[:, None], "at least 4"),
        (np.eye(7), np.arange(7.0)[:, None], "equally far"),
    ],
)
def test_what_has_no_value_says_why(x, y, reason):
    for found in (cka(x, y), cka(y, x), minibatch_cka(x, y)):
        assert found.value is None
        assert reason in found.reason
    stream = Stream()
    stream.add(x, y)
    assert stream.result().value is None
    assert stream.result().reason


def test_a_column_that_does_not_vary_changes_nothing():
    x, y = related()
    with_constant = np.column_stack([x, np.full(len(x), 1e9)])
    assert cka(with_constant, y).value == pytest.approx(cka(x, y).value, rel=1e-9)


def test_bad_input_is_said():
    x, y = related()
    with pytest.raises(ShapeError, match="79"):
        cka(x[1:], y)
    with pytest.raises(ShapeError, match="one row per example"):
        cka(x[:, 0], y)
    with pytest.raises(DataError, match="1 of 80"):
        cka(np.where(np.arange(80)[:, None] == 3, np.nan, x), y)
    with pytest.raises(ParameterError, match="estimator"):
        cka(x, y, "fair")
    with pytest.raises(ParameterError, match="batch"):
        minibatch_cka(x, y, 3)
    with pytest.raises(ParameterError, match="epoch"):
        minibatch_cka(x, y, 30, 0)
    assert Stream().result().reason == "0 examples: at least 4 are needed"


def check_random_shapes(first: int, last: int) -> None:
    """Hold features of random shapes, scales and degeneracies to the promise: a number in [-1, 1], or a reason."""
    for key in range(first, last):
        draw = numpy_generator("shapes", key)
        n, p, q = draw.integers(1, 14), draw.integers(1, 20), draw.integers(1, 20)
        x, y = draw.normal(size=(n, p)), draw.normal(size=(n, q))
        x *= 10.0 ** draw.integers(-200, 200)
        kind = ODD[key % len(ODD)]
        x = kind(x)
        found = [cka(x, y), cka(x, y, "biased"), minibatch_cka(x, y, 5, 2)]
        for one in found:
            assert (one.value is None) == bool(one.reason), key
            assert one.value is None or -1 - 1e-9 <= one.value <= 1 + 1e-9, key
        if n < 4 or kind in (nothing, alike):
            assert found[0].value is None, key
        elif kind is plain:
            assert found[0].value is not None, key


def nothing(x: np.ndarray) -> np.ndarray:
    """Give zeros."""
    return x * 0


def alike(x: np.ndarray) -> np.ndarray:
    """Give the first row again and again."""
    return x[:1].repeat(len(x), axis=0)


def plain(x: np.ndarray) -> np.ndarray:
    """Change nothing."""
    return x


def small(x: np.ndarray) -> np.ndarray:
    """Give half precision, with values that are lost in it."""
    return np.clip(x, -6e4, 6e4).astype(np.float16)


def apart(x: np.ndarray) -> np.ndarray:
    """Give rows that are equally far from each other."""
    return np.eye(*x.shape)


ODD = (plain, nothing, alike, np.sign, small, apart, lambda x: x[:, :1] + x * 1e-9, plain)


@pytest.mark.slow
def test_never_a_nan():
    check_random_shapes(0, 1_000)


@pytest.mark.slow
def test_never_a_nan_on_thousands_of_shapes():
    check_random_shapes(1, 3_000)


def test_forms_and_estimators_are_all_reported():
    x, y = related(20, 5, 4)
    seen = {
        (f.estimator, f.form)
        for e, form in itertools.product(("unbiased", "biased"), ("feature", "gram"))
        for f in [cka(x, y, e, form)]
    }
    assert len(seen) == 4
