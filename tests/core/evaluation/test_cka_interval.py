"""Intervals of similarities hold what is true of all people, also where few were seen and persons differ much."""

import numpy as np
import pytest

from rdpd_core.evaluation._cka_interval import interval_of
from rdpd_core.evaluation.cka import cka
from rdpd_core.evaluation.cka_matrix import compare_layers
from rdpd_core.runtime import numpy_generator

PERSON, NOISE = 2.0, 1.5


def seen(people: int, each: int, key: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give two layers with three components in common, persons twice as far apart as windows, and whose windows they are."""
    draw, mixing = numpy_generator("people", key, people), numpy_generator("mixing")
    who = np.repeat(np.arange(people), each)

    def varied(width: int) -> np.ndarray:
        return PERSON * draw.normal(size=(people, width))[who] + draw.normal(size=(len(who), width))

    common = varied(3)
    x, y = (common @ mixing.normal(size=(3, width)) + NOISE * varied(width) for width in (6, 5))
    return x, y, who.astype(str)


@pytest.mark.slow
def test_intervals_of_few_people_hold_the_value_of_all():
    true = cka(*seen(6000, 4, "all")[:2]).value
    held, repeats = 0, 100
    for key in range(repeats):
        x, y, who = seen(12, 20, key)
        own = compare_layers({"a": x}, {"a": y}, who, who, draws=200, shuffles=0).cells[0][0].interval
        held += own.low <= true <= own.high
    assert held >= 0.9 * repeats  # 95 are promised; plain percentiles moved onto the value hold it in 77


def test_draws_that_lie_above_the_value_lower_it():
    draw = numpy_generator("draws").normal(scale=0.05, size=4000)
    even, above = (interval_of(0.4, 0.4 + shift + draw, ("subjects", 30)) for shift in (0.0, 0.05))
    assert even.low + even.high == pytest.approx(0.8, abs=0.02)
    assert even.high - above.high == pytest.approx(0.05, abs=0.01)


def test_fewer_people_are_less_sure_of_the_same_draws():
    draw = 0.4 + numpy_generator("draws").normal(scale=0.05, size=4000)
    wide = [(own := interval_of(0.4, draw, ("subjects", n))).high - own.low for n in (5, 10, 1000)]
    assert wide[0] > 1.25 * wide[1] > 1.25 * 1.1 * wide[2]
    assert wide[2] == pytest.approx(2 * 1.96 * 0.05, rel=0.05)


def test_what_has_no_interval_and_what_lies_at_the_end_of_the_scale():
    assert interval_of(0.4, np.full(100, np.nan), ("subjects", 9)) is None
    assert interval_of(0.4, np.full(100, 0.4), ("subjects", 4)) is None
    same = interval_of(1.0, np.ones(100), ("subjects", 9))
    assert (same.low, same.high) == pytest.approx((1.0, 1.0), abs=1e-8)
    beyond = interval_of(-1.5, -1.5 + 0.1 * numpy_generator("d").normal(size=500), ("subjects", 9), bounded=False)
    assert beyond.low < -1.5 < beyond.high
