"""What-if: edits of channels, each a record, applied in order to windows in the units of the channels.

An edit of size nothing (amplitude 0, factor 1, shift or stretch of 0 s) gives back the very same values, bit by bit. What is
random depends on the seed, the window and the channel alone, so a window always gets the same disturbance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote, unquote

import numpy as np

from rdpd_core.errors import ParameterError, ShapeError, UnknownNameError
from rdpd_core.files import digest_bytes, digest_json
from rdpd_core.params import Params, choice, number
from rdpd_core.preprocessing.noise import KINDS, noise, snr_db
from rdpd_core.registry import Registry
from rdpd_core.types import Channel

EVERY = "*"
"""Stands for all channels."""
MOST = 20
LONGEST_S = 1e6
BAND_HZ, TONES = (1.0, 8.0), 16
"""What a motion burst is made of: so many tones of random phase between these frequencies."""
_NEXT, _PART = "!", "~"


class Ground(NamedTuple):
    """What edits need to know of the windows they act on.

    Attributes:
        channels: One per row.
        mean: (C,), of the training subjects, in the units of the channels.
        std: (C,), likewise.
        rate: Hz.
    """

    channels: tuple[Channel, ...]
    mean: np.ndarray
    std: np.ndarray
    rate: float

    def rows(self, name: str) -> list[int]:
        """Give the rows of a channel, or of all.

        Raises:
            UnknownNameError: No such channel.
        """
        names = [c.name for c in self.channels]
        if name == EVERY:
            return list(range(len(names)))
        if name not in names:
            raise UnknownNameError("channel", name, names)
        return [names.index(name)]


def _name(help: str) -> Any:
    return field(default="", metadata={"kind": str, "help": help})


def _seed() -> Any:
    return number(0, 0, 9999, "another number draws other values")


@dataclass(frozen=True)
class Edit(Params):
    """One change of one channel, or of all.

    Attributes:
        name: Identifier in the text form.
        title: For people.
        meaning: One sentence: what is done to the channel.
        size: The setting that says how much; None if there is none.
        nothing: The size at which nothing changes.
        sizes: What a robustness curve tries, from nothing on; in s, as shares of a window.
        channel: Name, or `EVERY`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    size: ClassVar[str | None] = None
    nothing: ClassVar[float] = 0.0
    sizes: ClassVar[tuple[float, ...]] = ()
    channel: str = _name("channel, or * for all")

    def check(self, ground: Ground) -> None:
        """Raise RdpdError unless the edit fits the channels."""
        ground.rows(self.channel)

    def idle(self) -> bool:
        """Say whether nothing changes."""
        return self.size is not None and getattr(self, self.size) == self.nothing

    def span(self, duration_s: float) -> tuple[float, float]:
        """Give the stretch of the window that is touched, in s."""
        return 0.0, duration_s

    def rows(self, ground: Ground) -> list[int]:
        """Give the rows that are touched."""
        return ground.rows(self.channel)

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give what the rows (B, c, T) become."""
        raise TypeError(f"{type(self).__name__} does not say what it does")


EDITS: Registry[Edit] = Registry("edit")


@EDITS.register
@dataclass(frozen=True)
class Drop(Edit):
    """A channel that is not there."""

    name, title = "drop", "drop"
    meaning = "Replaced by its mean over the training subjects, which a model sees as 0."

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the training mean throughout."""
        return np.broadcast_to(ground.mean[rows, None].astype(x.dtype), x.shape)


@EDITS.register
@dataclass(frozen=True)
class Noise(Edit):
    """Equation 16 of RDPD."""

    name, title = "noise", "noise"
    meaning = "Random values are added to every sample (Equation 16); 1 SD is the channel's spread over the training subjects."
    size, sizes = "amplitude", (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
    amplitude: float = number(0.5, 0.0, 10.0, "amplitude", unit="SD", step=0.1)
    distribution: str = choice("uniform", KINDS, "uniform between -1 and 1 SD, or normal")
    seed: int = _seed()

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the signal with noise on top."""
        drawn = noise(("what-if", self.seed), windows, rows, x.shape[2], self.distribution)
        return x + drawn * (self.amplitude * ground.std[rows, None]).astype(x.dtype)

    def snr(self, x: np.ndarray, row: int, ground: Ground) -> float:
        """Give signal to noise in dB for one channel (T,) of a window: its variance against that of the noise."""
        power = float(np.var(x, dtype=np.float64)) / float(ground.std[row]) ** 2
        return float("-inf") if power == 0 else snr_db(self.amplitude, self.distribution, power)


@EDITS.register
@dataclass(frozen=True)
class Flatten(Edit):
    """A lead that came off."""

    name, title = "flatten", "flatten"
    meaning = "A flat line at the channel's own median in this window, as when an electrode comes off."

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the median throughout."""
        return np.broadcast_to(np.median(x, axis=2, keepdims=True), x.shape)


@EDITS.register
@dataclass(frozen=True)
class Scale(Edit):
    """A wrong gain."""

    name, title = "scale", "scale"
    meaning = "Multiplied around its median in this window, as by a wrong gain; a negative factor turns it over."
    size, nothing, sizes = "factor", 1.0, (1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
    factor: float = number(2.0, -4.0, 4.0, "factor", step=0.1)

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the signal stretched around its median."""
        center = np.median(x, axis=2, keepdims=True)
        return (x - center) * x.dtype.type(self.factor) + center


@EDITS.register
@dataclass(frozen=True)
class Swap(Edit):
    """Two leads on each other's place."""

    name, title = "swap", "swap"
    meaning = "Exchanged with another channel of the same unit, as when two cables are mixed up."
    other: str = _name("the other channel")

    def check(self, ground: Ground) -> None:
        """Raise RdpdError unless there are two channels, of one unit."""
        first, second = self.rows(ground)
        units = ground.channels[first].unit, ground.channels[second].unit
        if units[0] != units[1]:
            raise ParameterError(
                f"swap of {self.channel} ({units[0]}) and {self.other} ({units[1]}): choose two channels of one unit"
            )

    def rows(self, ground: Ground) -> list[int]:
        """Give both rows."""
        if EVERY in (self.channel, self.other):
            raise ParameterError("swap exchanges two channels: name both of them")
        return [*ground.rows(self.channel), *ground.rows(self.other)]

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the two the other way round."""
        return x[:, ::-1]


@EDITS.register
@dataclass(frozen=True)
class Shift(Edit):
    """A clock that is off."""

    name, title = "shift", "shift"
    meaning = "Moved later (or, below 0, earlier); what is missing at the end holds the nearest value of the window."
    size, sizes = "seconds", (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
    seconds: float = number(0.2, -LONGEST_S, LONGEST_S, "time", unit="s", step=0.05)

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the signal moved by whole samples."""
        samples = x.shape[2]
        return x[:, :, np.clip(np.arange(samples) - round(self.seconds * ground.rate), 0, samples - 1)]


@dataclass(frozen=True)
class _Stretch(Edit):
    start_s: float = number(1.0, 0.0, LONGEST_S, "from, since the start of the window", unit="s", step=0.1)
    length_s: float = number(1.0, 0.0, LONGEST_S, "for", unit="s", step=0.1)

    def span(self, duration_s: float) -> tuple[float, float]:
        """Give the stretch, cut where the window ends."""
        start = min(self.start_s, duration_s)
        return start, min(start + self.length_s, duration_s)

    def _samples(self, x: np.ndarray, rate: float) -> slice:
        first, last = (round(t * rate) for t in self.span(x.shape[2] / rate))
        return slice(first, last)


@EDITS.register
@dataclass(frozen=True)
class Burst(_Stretch):
    """The patient moved."""

    name, title = "burst", "motion burst"
    meaning = "A swing of 1 to 8 Hz is added for a while, as when the wearer moves; it swells and fades."
    size, sizes = "amplitude", (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
    amplitude: float = number(2.0, 0.0, 20.0, "amplitude (root mean square at its height)", unit="SD", step=0.5)
    seed: int = _seed()

    def check(self, ground: Ground) -> None:
        """Raise RdpdError unless the band can be sampled."""
        super().check(ground)
        if ground.rate < 4 * BAND_HZ[0]:
            raise ParameterError(f"a motion burst needs at least {4 * BAND_HZ[0]:g} Hz; these signals have {ground.rate:g} Hz")

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the signal with the burst on top."""
        part, out = self._samples(x, ground.rate), x.copy()
        length = part.stop - part.start
        if length < 1:
            return x
        drawn = noise(("burst", self.seed), windows, rows, 2 * TONES).astype(np.float64)  # (B, c, 2 * tones)
        low, high = BAND_HZ[0], min(BAND_HZ[1], 0.4 * ground.rate)
        tone = low + (high - low) * (drawn[..., :TONES] + 1) / 2
        time = np.arange(length) / ground.rate
        swing = np.zeros((*drawn.shape[:2], length))
        for at in range(TONES):
            swing += np.sin(2 * np.pi * tone[..., at, None] * time + np.pi * drawn[..., TONES + at, None])
        swing *= np.hanning(length + 2)[1:-1] * np.sqrt(2 / TONES)
        out[:, :, part] += (swing * self.amplitude * ground.std[rows, None]).astype(x.dtype)
        return out


@EDITS.register
@dataclass(frozen=True)
class Cut(_Stretch):
    """A gap."""

    name, title = "cut", "cut a stretch"
    meaning = "A stretch is replaced by the channel's mean over the training subjects, as for a gap in the recording."
    size, sizes = "length_s", (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)

    def act(self, x: np.ndarray, rows: list[int], ground: Ground, windows: np.ndarray) -> np.ndarray:
        """Give the signal with the gap."""
        out = x.copy()
        out[:, :, self._samples(x, ground.rate)] = ground.mean[rows, None].astype(x.dtype)
        return out


def apply(edits: Sequence[Edit], x: np.ndarray, ground: Ground, windows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Give windows after some edits, one after the other; the windows handed in are left as they are.

    Args:
        edits: In order.
        x: (B, C, T), in the units of the channels.
        ground: Of the windows.
        windows: (B,), whole numbers that identify them, such as `Windows.start`.

    Raises:
        UnknownNameError: An edit names a channel that is not there.
        ParameterError: An edit does not fit the channels.
        ShapeError: `windows` or the channels do not fit `x`.
    """
    if x.ndim != 3 or x.shape[:2] != (len(windows), len(ground.channels)):
        raise ShapeError(f"windows of shape {x.shape} do not fit {len(windows)} identities, {len(ground.channels)} channels")
    out, names = x, np.asarray(windows)
    for edit in edits:
        edit.check(ground)
        if edit.idle():
            continue
        rows = edit.rows(ground)
        out = out.copy() if out is x else out
        out[:, rows] = edit.act(out[:, rows], rows, ground, names)
    return out


def digest(x: np.ndarray) -> str:
    """Give what identifies the values of a window and their shape."""
    return digest_json([list(x.shape), str(x.dtype), digest_bytes(np.ascontiguousarray(x).tobytes())])


def to_text(edits: Sequence[Edit]) -> str:
    """Give edits as one short word for a link: "noise~I~0.5~uniform~0!drop~II"."""
    return _NEXT.join(_PART.join([edit.name, *map(_written, edit.to_dict().values())]) for edit in edits)


def from_text(text: str) -> tuple[Edit, ...]:
    """Read what `to_text` gave.

    Raises:
        UnknownNameError: No such edit.
        ParameterError: Too many edits, or values that are missing, too many, or not allowed.
    """
    words = text.split(_NEXT) if text else []
    if len(words) > MOST:
        raise ParameterError(f"{len(words)} edits: at most {MOST} can be applied; take some away")
    return tuple(map(_read, words))


def checked(ground: Ground) -> Callable[[str], tuple[Edit, ...]]:
    """Give a reader of texts that also refuses what does not fit the channels."""

    def read(text: str) -> tuple[Edit, ...]:
        edits = from_text(text)
        for edit in edits:
            edit.check(ground)
        return edits

    return read


def _written(value: Any) -> str:
    text = repr(float(value)) if isinstance(value, float) else str(value)
    return quote(text, safe="").replace(_PART, "%7E")


def _read(word: str) -> Edit:
    name, *values = map(unquote, word.split(_PART))
    kind = EDITS.get(name)
    fields = [f.name for f in dataclasses.fields(kind)]
    if len(values) != len(fields):
        raise ParameterError(f"edit {word!r} has {len(values)} values; {name} takes {', '.join(fields)}")
    return kind.from_dict(dict(zip(fields, values, strict=True)))
