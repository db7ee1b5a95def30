"""Aligned components: what layers share, and whether it holds for people left out."""

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation.cka_align import align
from rdpd_core.runtime import numpy_generator

SUBJECT = np.repeat([f"s{at}" for at in range(10)], 20)


def sharing(p: int = 6, q: int = 5, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give two layers that share two components, and these."""
    draw = numpy_generator("sharing", p, q)
    common = draw.normal(size=(200, 2))
    sides = [common @ draw.normal(size=(2, d)) * 2 + noise * draw.normal(size=(200, d)) for d in (p, q)]
    return *sides, common


@pytest.mark.parametrize("method", ["cca", "procrustes"])
def test_what_is_shared_is_found_and_holds_for_others(method):
    x, y, common = sharing()
    found = align(x, y, SUBJECT, method)
    assert min(found.fitted) > 0.9
    assert min(found.held_out) > 0.9
    for r, own, (low, high) in zip(found.held_out, found.intervals, found.nulls, strict=True):
        assert high < own.low < r < own.high <= 1
        assert low < 0 < high < 0.5
    assert (found.n_windows, found.n_subjects, found.folds) == (200, 10, 5)
    assert found.first.shape == found.second.shape == (200, 2)
    assert np.allclose(found.first.std(axis=0), 1)
    back = np.linalg.lstsq(found.first, common, rcond=None)[0]
    assert ((found.first @ back - common) ** 2).mean() < 0.1  # the plane of the components is that of what is shared
    for c in range(2):
        assert np.corrcoef(found.first[:, c], found.second[:, c])[0, 1] == pytest.approx(found.fitted[c], abs=1e-9)


@pytest.mark.parametrize(("p", "q"), [(500, 400), (60, 50)])
@pytest.mark.parametrize("method", ["cca", "procrustes"])
def test_what_is_fitted_to_nothing_does_not_hold_for_others(method, p, q):
    draw = numpy_generator("nothing shared", p)
    found = align(draw.normal(size=(200, p)), draw.normal(size=(200, q)), SUBJECT, method)
    assert found.fitted[0] > 0.3  # some direction always fits
    assert abs(found.held_out[0]) < 0.25
    assert found.intervals[0].low < found.nulls[0][1], "nothing is claimed"


def test_wide_layers_that_share_something_are_aligned():
    x, y, _ = sharing(700, 300)
    found = align(x, y, SUBJECT)
    assert min(found.held_out) > 0.9


def test_one_column_gives_one_component():
    x, y, _ = sharing(1, 4)
    found = align(x, y, SUBJECT)
    assert found.fitted[0] > 0.9
    assert found.fitted[1] is None
    assert np.isfinite(found.first).all()
    assert np.isfinite(found.held_out).all()


def test_what_cannot_be_told_says_why():
    x, y, _ = sharing()
    still = align(np.ones((200, 3)), y, SUBJECT)
    assert (still.fitted, still.held_out) == ((None, None), None)
    assert "same for every" in still.reason
    alone = align(x, y, np.repeat("s", 200))
    assert alone.held_out is None
    assert alone.reason == "1 subject: too few to leave some out"
    assert alone.fitted[0] > 0.9
    assert align(x, y, SUBJECT).reason == ""


def test_bad_input_is_said():
    x, y, _ = sharing()
    with pytest.raises(ShapeError, match="199"):
        align(x[1:], y, SUBJECT)
    with pytest.raises(DataError, match="at least 8"):
        align(x[:7], y[:7], SUBJECT[:7])
    with pytest.raises(ParameterError, match="method"):
        align(x, y, SUBJECT, "pca")
    with pytest.raises(ParameterError, match="ridge"):
        align(x, y, SUBJECT, ridge=0.0)
