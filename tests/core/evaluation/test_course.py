"""Something along recordings: what moves is seen, what stays is not, and short recordings end in words."""

import numpy as np
import pytest

from rdpd_core.evaluation.course import course, pieces_for
from rdpd_core.runtime import numpy_generator

PEOPLE, EACH = 12, 20
SUBJECT = np.repeat([f"p{at:02}" for at in range(PEOPLE)], EACH)
RECORDINGS = [np.arange(at * EACH, (at + 1) * EACH) for at in range(PEOPLE)]


def values(slope: float, key: object = 0) -> np.ndarray:
    """Give values that rise along recordings by `slope`, persons apart, neighbors alike."""
    draw = numpy_generator("course", key)
    walk = np.concatenate([np.convolve(draw.normal(size=EACH + 4), np.ones(5) / 5, "valid") for _ in range(PEOPLE)])
    return np.repeat(draw.normal(size=PEOPLE), EACH) + walk + slope * np.tile(np.linspace(-0.5, 0.5, EACH), PEOPLE)


def test_a_rise_is_outside_of_turned_time_at_both_ends():
    found = course(values(2.0), RECORDINGS, SUBJECT, SUBJECT, 4)
    assert (found.recordings, found.left_out, found.subjects) == (PEOPLE, 0, PEOPLE)
    assert found.values[0].value < found.null[0][0]
    assert found.values[-1].value > found.null[-1][1]
    assert found.p < 0.01
    assert found.outside >= 2
    for one, (low, high) in zip(found.values, found.null, strict=True):
        assert one.interval.low < one.value < one.interval.high
        assert low < high
        assert (one.n, one.units) == (PEOPLE * EACH // 4, PEOPLE)


@pytest.mark.slow
def test_what_stays_is_rarely_called_moving():
    p = [course(values(0.0, key), RECORDINGS, SUBJECT, SUBJECT, 4, draws=100, turns=100).p for key in range(60)]
    assert np.mean(np.array(p) <= 0.05) <= 0.12  # 5% of 60 is 3
    assert 0.3 < np.mean(p) < 0.7


def test_means_are_those_of_the_windows():
    given = values(1.0)
    found = course(given, RECORDINGS, SUBJECT, SUBJECT, 5)
    assert [one.value for one in found.values] == pytest.approx(given.reshape(PEOPLE, 5, -1).mean(axis=(0, 2)))


def test_short_recordings_are_left_out_and_counted():
    short = [own[:2] for own in RECORDINGS[:3]]
    assert course(values(0), short, SUBJECT, SUBJECT, 3) is None
    mixed = course(values(0), [*short, *RECORDINGS[3:]], SUBJECT, SUBJECT, 3)
    assert (mixed.recordings, mixed.left_out, mixed.subjects) == (PEOPLE - 3, 3, PEOPLE - 3)
    assert [pieces_for(own) for own in ([], short, RECORDINGS)] == [3, 3, 8]


def test_what_never_changes_has_no_p():
    still = course(np.full(PEOPLE * EACH, 0.7), RECORDINGS, SUBJECT, SUBJECT, 4)
    assert still.p is None
    assert still.outside == 0
    assert [one.value for one in still.values] == pytest.approx([0.7] * 4)
