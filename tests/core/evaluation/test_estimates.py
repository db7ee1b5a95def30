"""Means and differences with intervals over people, by hand and by simulation."""

import numpy as np
import pytest

from rdpd_core.evaluation.estimates import gap_of, mean_of
from rdpd_core.evaluation.intervals import resampling_units
from rdpd_core.runtime import numpy_generator

PEOPLE = np.repeat([f"p{i}" for i in range(10)], 6)
UNITS = resampling_units(PEOPLE, PEOPLE)


def test_by_hand():
    values = np.arange(60.0)
    found = mean_of(values, UNITS)
    assert found.value == pytest.approx(29.5)
    assert found.interval.low < 29.5 < found.interval.high
    assert (found.n, found.units, found.sign) == (60, 10, 1)
    some = mean_of(values, UNITS, values < 12)
    assert (some.value, some.interval, some.n, some.units) == (5.5, None, 12, 2)  # two people are too few
    gap = gap_of(values, UNITS, values % 2 == 1, values % 2 == 0)
    assert gap.value == pytest.approx(1)
    assert gap.sign == 1
    assert gap.to_dict()["interval"]["n"] == 10


def test_nothing_to_take_it_from_is_no_number():
    none = np.zeros(60, dtype=bool)
    assert mean_of(np.ones(60), UNITS, none).value is None
    gap = gap_of(np.ones(60), UNITS, none, ~none)
    assert (gap.value, gap.interval, gap.sign) == (None, None, 0)
    assert gap.ends() == {"low": None, "high": None}
    alike = mean_of(np.ones(60), UNITS)
    assert (alike.value, alike.interval) == (1, None)  # people who are all alike do not tell how others differ


def test_the_interval_covers_the_mean_of_all_people():
    covered = 0
    for repeat in range(200):
        draw = numpy_generator("cover", repeat)
        people = np.repeat(np.arange(25), 8)
        values = draw.normal(size=25)[people] + draw.normal(size=200)
        covered += not mean_of(values, resampling_units(people.astype(str), people.astype(str)), key=repeat).interval.excludes(
            0
        )
    assert 176 <= covered <= 199  # 95% of 200, less what percentile intervals of 25 people lack
