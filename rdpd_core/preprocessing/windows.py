"""Windows as an index over stored signals; overlap is never copied."""

from __future__ import annotations

import numpy as np

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.files import digest_json
from rdpd_core.preprocessing.stored import Converted
from rdpd_core.types import Preparation, Windows


def cut(converted: Converted, preparation: Preparation) -> Windows:
    """Give the windows of stored recordings, in the order of the recordings and of time.

    Only whole windows are cut: what is left at the end of a recording, or a recording shorter than a window, gives none.

    Args:
        converted: Recordings as `open_converted` gives them; the signal itself is not read.
        preparation: Its window, stride and segment are used.

    Raises:
        ParameterError: The window, stride or segment is not a whole number of samples, or segments do not fill the window.
        DataError: No recording is as long as a window.
    """
    samples, stride = check_lengths(preparation)
    per = np.maximum(0, (converted.length - samples) // stride + 1)
    if not per.sum():
        longest = converted.length.max(initial=0) / converted.sampling_rate
        raise DataError(
            f"no window of {preparation.window_s:g} s fits: the longest of {len(per)} recordings lasts {longest:g} s; "
            "choose a shorter window"
        )
    owner = np.repeat(np.arange(len(per)), per)
    within = (np.arange(len(owner)) - np.repeat(np.cumsum(per) - per, per)) * stride
    at = {name: i for i, name in enumerate(converted.classes)}
    target = np.array([-1 if label is None else at[label] for label in converted.label], dtype=np.int64)
    key = [converted.digest, samples, stride, list(converted.classes)]
    return Windows(
        signal=converted.signal,
        start=converted.first[owner] + within,
        samples=samples,
        target=target[owner],
        subject=converted.subject[owner],
        recording=converted.name[owner],
        offset_s=within / converted.sampling_rate,
        channels=converted.channels,
        classes=converted.classes,
        sampling_rate=converted.sampling_rate,
        digest=digest_json(key),
    )


def check_lengths(preparation: Preparation) -> tuple[int, int]:
    """Give T and the stride in samples.

    Raises:
        ParameterError: A length is not a positive whole number of samples, or segments do not fill the window.
    """
    for what in ("window_s", "stride_s", "segment_s"):
        exact = getattr(preparation, what) * preparation.rate_hz
        if not exact >= 0.5 or abs(exact - round(exact)) > 1e-6 * max(1.0, exact):
            raise ParameterError(
                f"{what} of {getattr(preparation, what):g} s is {exact:g} samples at {preparation.rate_hz:g} Hz; "
                "choose a positive whole number of samples"
            )
    segment = round(preparation.segment_s * preparation.rate_hz)
    if preparation.window_samples % segment:
        raise ParameterError(
            f"segments of {segment} samples do not fill a window of {preparation.window_samples}; choose a divisor"
        )
    return preparation.window_samples, round(preparation.stride_s * preparation.rate_hz)
