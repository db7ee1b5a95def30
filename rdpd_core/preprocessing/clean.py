"""One recording made ready: filled, filtered, resampled, and scaled by itself where a preparation asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rdpd_core.errors import DataError, IncompatibleError, RdpdError, UnknownNameError
from rdpd_core.preprocessing.filters import band_pass, standardize
from rdpd_core.preprocessing.missing import fill
from rdpd_core.preprocessing.resample import resample
from rdpd_core.types import Channel, Preparation, Recording

STANDARDIZE = ("train", "recording")


def clean(
    recording: Recording, preparation: Preparation, channels: Sequence[Channel], position: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Give the samples of a recording as a preparation wants them stored.

    Args:
        recording: As its data set yields it.
        preparation: What to do; its window is not used here.
        channels: What the data set declares.
        position: Of the recording in its data set, counted from 0, for messages.

    Returns:
        (C, time), float32, at `preparation.rate_hz`; and a mask (C,), True for channels that were constant and became 0.

    Raises:
        DataError: The recording cannot be used; the message names its position.
        IncompatibleError: Its channels or units are not those declared.
    """
    _check(recording, preparation, channels, position)
    signal = fill(recording.signal, preparation.missing, tuple(c.name for c in channels), position)
    ready = replace(recording, signal=signal)
    try:
        if preparation.band_hz is not None and not recording.normalized:
            ready = band_pass(ready, preparation.band_hz)
        ready = resample(ready, preparation.rate_hz)
    except RdpdError as error:
        raise type(error)(f"recording at position {position}: {error}") from error
    if preparation.standardize == "recording" and not recording.normalized:
        return standardize(ready.signal)
    return ready.signal, np.zeros(len(channels), dtype=bool)


def _check(recording: Recording, preparation: Preparation, channels: Sequence[Channel], position: int) -> None:
    where = f"recording at position {position}"
    if preparation.standardize not in STANDARDIZE:
        raise UnknownNameError("way to standardize", preparation.standardize, STANDARDIZE)
    if preparation.missing == "hold" and preparation.standardize == "recording":
        raise IncompatibleError('missing="hold" leaves gaps, with which no recording can be scaled by itself; choose "ffill"')
    have, want = [c.name for c in recording.channels], [c.name for c in channels]
    if have != want:
        raise IncompatibleError(f"{where} has channels {have}; the data set declares {want}")
    if recording.signal.ndim != 2 or len(recording.signal) != len(channels) or not recording.signal.shape[1]:
        raise DataError(f"{where} has a signal of shape {recording.signal.shape}; give ({len(channels)}, time)")
    if recording.normalized and preparation.standardize != "recording":
        raise IncompatibleError(f'{where} was scaled by itself and lost its amplitude; choose standardize="recording"')
    units = [c.unit for c in recording.channels], [c.unit for c in channels]
    if units[0] != units[1] and not recording.normalized:
        raise IncompatibleError(f"{where} has units {units[0]}; the data set declares {units[1]}")
