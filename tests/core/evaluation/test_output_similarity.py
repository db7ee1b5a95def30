"""How alike answers are, against plain formulas on the same windows."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import cohen_kappa_score, r2_score

from rdpd_core.errors import DataError, ParameterError, ShapeError
from rdpd_core.evaluation.output_similarity import LIKENESS, output_similarity
from rdpd_core.runtime import numpy_generator

ABOUT = {"subject": np.repeat([f"s{at}" for at in range(8)], 15), "recording": np.repeat([f"r{at}" for at in range(24)], 5)}


def answers(noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Give the probabilities of two models about 120 windows and 4 classes."""
    draw = numpy_generator("answers")
    logits = draw.normal(size=(120, 4)) * 2
    both = [np.exp(logits), np.exp(logits + noise * draw.normal(size=(120, 4)))]
    return tuple(side / side.sum(axis=1, keepdims=True) for side in both)


def test_every_measure_is_its_formula():
    a, b = answers()
    found = output_similarity(a, b, **ABOUT)
    value = {name: one.value for name, one in found.measures.items()}
    assert list(value) == list(LIKENESS)
    by_class = [np.corrcoef(a[:, k], b[:, k])[0, 1] ** 2 for k in range(4)]
    assert value["r2_class"] == pytest.approx(np.mean(by_class))
    assert value["r2_pooled"] == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1] ** 2)
    assert value["determination"] == pytest.approx(r2_score(b, a, multioutput="variance_weighted"))
    assert value["agreement"] == pytest.approx((a.argmax(1) == b.argmax(1)).mean())
    assert value["kappa"] == pytest.approx(cohen_kappa_score(a.argmax(1), b.argmax(1)))
    assert value["js"] == pytest.approx((jensenshannon(a, b, axis=1) ** 2).mean())
    for one in found.measures.values():
        assert one.interval.low <= one.value <= one.interval.high
        assert (one.interval.unit, one.interval.n) == ("subjects", 8)
    assert (found.n_windows, found.n_subjects) == (120, 8)


def test_equal_answers_are_alike():
    a, _ = answers()
    found = output_similarity(a, a, **ABOUT)
    for name, one in found.measures.items():
        assert one.value == pytest.approx(LIKENESS[name].alike, abs=1e-12)


def test_a_shifted_answer_is_correlated_and_not_determined():
    a, b = answers(0)
    far = 0.1 * a + 0.9 * np.array([1.0, 0, 0, 0])
    found = output_similarity(far, b, **ABOUT)
    assert found.measures["r2_class"].value == pytest.approx(1)
    assert found.measures["determination"].value < 0


def test_rare_classes_are_not_taken_for_rounding():
    a, b = answers()
    a, b = (np.column_stack([side * (1 - 1e-6), side[:, 0] * 1e-6]) for side in (a, b))
    found = output_similarity(a, b, **ABOUT)
    by_class = [np.corrcoef(a[:, k], b[:, k])[0, 1] ** 2 for k in range(5)]
    assert found.measures["r2_class"].value == pytest.approx(np.mean(by_class), rel=1e-6)


def test_what_is_undefined_says_why():
    still = np.tile([0.7, 0.3], (120, 1))
    found = output_similarity(still, still, **ABOUT)
    undefined = {name for name, one in found.measures.items() if one.value is None}
    assert undefined == {"r2_class", "determination", "kappa"}
    assert all(bool(one.reason) == (one.value is None) for one in found.measures.values())
    even = np.full((120, 2), 0.5)
    assert output_similarity(even, even, **ABOUT).measures["r2_pooled"].reason


def test_few_people_have_no_interval():
    a, b = answers()
    found = output_similarity(a[:8], b[:8], np.repeat("s", 8), np.repeat("r", 8))
    assert all(one.interval is None for one in found.measures.values())


def test_bad_input_is_said():
    a, b = answers()
    with pytest.raises(ShapeError, match="120, 3"):
        output_similarity(a, b[:, :3], **ABOUT)
    with pytest.raises(DataError, match="no window"):
        output_similarity(a[:0], b[:0], [], [])
    with pytest.raises(DataError, match="not a number"):
        output_similarity(a * np.nan, b, **ABOUT)
    with pytest.raises(ParameterError, match="draws"):
        output_similarity(a, b, **ABOUT, draws=3)
