"""How sure one may be of a similarity when people are resampled, with what few people do to a bootstrap put right."""

from __future__ import annotations

import numpy as np

from rdpd_core.evaluation.intervals import LEVEL, Units, percentile_interval
from rdpd_core.evaluation.scores import Interval

_EDGE = 1 - 1e-9


def interval_of(value: float, drawn: np.ndarray, units: tuple[str, int], bounded: bool = True) -> Interval | None:
    """Give the interval of a value from those of resampled people, (R,); None where there are too few.

    Three things make the plain percentile interval of few people wrong. Windows of one person resemble each other, which
    raises the similarity of few people above that of all; who is drawn twice is nobody new, so draws lie above the value by as
    much again: that is taken from the value. And draws stray less than new people would: by the root of (n - 1) / n, and with
    the tails of a normal where n people have those of Student's t; so they are spread by what is missing. And they are skewed
    towards the ends of the scale, hence Fisher's z.

    In 8 settings of 8 to 32 people with 10 or 20 windows each (300 samples of each setting) these intervals held the value of
    all people in 89 to 98% of samples, 94% on average; plain ones moved onto the value in 77 to 92%.

    Args:
        value: Of the people at hand.
        drawn: (R,), NaN where undefined.
        units: What was resampled, and how many: ("subjects", 12).
        bounded: Whether values lie between -1 and 1: then all is done on the scale of Fisher's z.

    References:
        Hesterberg. What Teachers Should Know About the Bootstrap. The American Statistician 69, 2015 (narrowness);
        Fisher. Metron 1, 1921 (z).
    """
    from scipy.stats import norm, t

    there = drawn[np.isfinite(drawn)]
    kind, n = units
    if not len(there) or n < 2:
        return None
    center, z = (np.arctanh(np.clip(v, -_EDGE, _EDGE)) if bounded else v for v in (value, drawn))
    end = (1 + LEVEL) / 2
    wider = float(t.ppf(end, n - 1) / norm.ppf(end) * np.sqrt(n / (n - 1)))
    mean = z[np.isfinite(z)].mean()
    spread = center - (mean - center) + wider * (z - mean)
    return percentile_interval(np.tanh(spread) if bounded else spread, Units(kind, np.empty(0, dtype=np.int64), n))
