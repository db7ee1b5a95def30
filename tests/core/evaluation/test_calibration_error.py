"""Calibration errors beside their null, temperatures, and deciding less: by hand and by simulation."""

import json

import numpy as np
import pytest

from rdpd_core.errors import DataError
from rdpd_core.evaluation.abstain import abstain_curve, threshold_of
from rdpd_core.evaluation.calibration import log_loss, reliability, reliability_by_mass
from rdpd_core.evaluation.calibration_error import TITLES, calibration_errors
from rdpd_core.evaluation.intervals import resampling_units
from rdpd_core.evaluation.temperature import fit_temperature, tempered
from rdpd_core.runtime import numpy_generator


def told(n: int, people: int, key: object, sharper: float = 1.0, shared: bool = False):
    """Give probabilities (N, 3), truths drawn from them before they were made sharper, and people."""
    draw = numpy_generator("told", key)
    p = draw.dirichlet(np.ones(3), n)
    person = np.repeat(np.arange(people), n // people).astype(str)
    luck = draw.random(people)[person.astype(int)] if shared else draw.random(n)
    target = (luck[:, None] > p.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return tempered(p, 1 / sharper), target, resampling_units(person, person)


@pytest.mark.slow
def test_a_calibrated_model_is_not_called_wrong_and_a_boastful_one_is():
    wrong = 0
    for repeat in range(40):
        p, target, units = told(300, 30, repeat)
        wrong += calibration_errors(p, target, units, draws=100, null_draws=100)["ece"].claim == 1
    assert wrong <= 5
    p, target, units = told(300, 30, "sharp", sharper=3)
    found = calibration_errors(p, target, units, draws=200)
    assert set(found) == set(TITLES)
    assert found["ece"].claim == found["ece_mass"].claim == 1
    assert found["overconfidence"].sign == 1
    json.dumps({name: own.to_dict() for name, own in found.items()}, allow_nan=False)


@pytest.mark.slow
def test_people_who_are_alike_do_not_make_a_calibrated_model_wrong():
    claims = []
    for repeat in range(40):
        p, target, units = told(300, 15, ("alike", repeat), shared=True)
        claims.append(calibration_errors(p, target, units, draws=100, null_draws=100)["ece"].claim)
    assert claims.count(1) <= 5


def test_the_error_is_that_of_the_table_and_its_interval_surrounds_it():
    p, target, units = told(400, 40, "table", sharper=2)
    found = calibration_errors(p, target, units)
    assert found["ece"].value == pytest.approx(reliability(p, target).ece)
    assert found["ece_mass"].value == pytest.approx(reliability_by_mass(p, target).ece)
    for name in ("ece", "ece_mass", "ece_class"):
        assert found[name].interval.low < found[name].value < found[name].interval.high
        assert found[name].null < found[name].band[0]
    each = [np.stack([p[:, k], 1 - p[:, k]], axis=1) for k in range(3)]
    by_class = []
    for k, own in enumerate(each):
        which = np.ceil(own[:, 0] * 15).astype(int).clip(1, 15) - 1
        gap = np.bincount(which, weights=own[:, 0] - (target == k), minlength=15)
        by_class.append(np.abs(gap).sum() / 400)
    assert found["ece_class"].value == pytest.approx(np.mean(by_class))
    assert calibration_errors(*told(40, 4, 1), draws=100)["ece"].interval is None  # 4 people


def test_bins_of_equal_mass_hold_equal_numbers_and_ties_stay_together():
    p, target, _ = told(300, 30, "mass")
    assert reliability_by_mass(p, target, 10).count.tolist() == [30] * 10
    flat = np.tile([0.5, 0.3, 0.2], (40, 1))
    table = reliability_by_mass(flat, np.zeros(40, dtype=int), 10)
    assert sorted(table.count.tolist()) == [0] * 9 + [40]
    assert table.ece == pytest.approx(0.5)


def test_a_temperature_undoes_sharpening():
    p, target, units = told(2000, 50, "hot", sharper=2.5)
    found = fit_temperature(p, target, units)
    assert found.value == pytest.approx(2.5, rel=0.12)
    assert found.interval.low < 2.5 < found.interval.high
    back = tempered(p, found.value)
    assert log_loss(back, target).mean() < log_loss(p, target).mean()
    assert (back.argmax(axis=1) == p.argmax(axis=1)).all()
    assert tempered(p, 1) == pytest.approx(p)
    sure = np.eye(3)[target]
    assert fit_temperature(sure, target, units).at_limit or fit_temperature(sure, target, units).value < 1.1
    assert np.isfinite(tempered(sure, 0.05)).all()
    with pytest.raises(DataError, match="20 windows of 2 classes"):
        fit_temperature(p[:19], target[:19], resampling_units(np.arange(19).astype(str), np.arange(19).astype(str)))


def test_deciding_less_by_hand():
    confidence = np.repeat([0.9, 0.8, 0.7, 0.6], 10)
    right = np.repeat([True, True, False, False], 10)
    units = resampling_units(np.tile(np.arange(10), 4).astype(str), np.tile(np.arange(10), 4).astype(str))
    curve = abstain_curve(confidence, right, units, (1.0, 0.75, 0.7, 0.5, 0.01), draws=100)
    assert [round(k.share, 2) for k in curve] == [1.0, 0.75, 0.5, 0.25]  # equal confidences go together, each share once
    assert [k.accuracy.value for k in curve] == pytest.approx([0.5, 2 / 3, 1, 1])
    assert threshold_of(confidence, 0.5) == 0.8
