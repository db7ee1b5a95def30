"""Calibration by hand-made examples."""

from __future__ import annotations

import numpy as np
import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.calibration import calibration, log_loss, reliability
from rdpd_core.runtime import numpy_generator


def test_error_by_hand():
    probability = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    target = np.array([0, 1, 0, 1])
    table = reliability(probability, target, bins=10)
    assert table.ece == pytest.approx((2 * abs(0.5 - 0.9) + 2 * abs(1 - 0.6)) / 4)
    assert table.count.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 2, 0]
    assert table.accuracy[5] == 1
    assert np.isnan(table.confidence[0])


def test_a_bin_holds_its_upper_edge():
    certain = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert reliability(certain, np.array([0, 0]), bins=2).count.tolist() == [1, 1]


def test_a_calibrated_forecaster_has_almost_no_error():
    generator = numpy_generator("calibrated")
    p = generator.uniform(0.5, 1, 20_000)
    right = generator.random(20_000) < p
    probability = np.stack([p, 1 - p], axis=1)
    assert calibration(probability, np.where(right, 0, 1))["ece"] < 0.015
    assert calibration(probability, np.zeros(20_000, dtype=int))["ece"] == pytest.approx(1 - p.mean(), abs=1e-9)


def test_extremes_stay_finite():
    wrong = np.array([[1.0, 0.0]])
    assert calibration(wrong, np.array([1]))["brier"] == 2
    assert np.isfinite(log_loss(wrong, np.array([1]))).all()
    with pytest.raises(ParameterError, match="bins=0"):
        reliability(wrong, np.array([1]), bins=0)
