"""Windows are an index: right places, right labels, nothing copied and nothing read ahead of time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.preprocessing.convert import convert
from rdpd_core.preprocessing.stored import Converted
from rdpd_core.preprocessing.windows import cut
from rdpd_core.types import Channel, Preparation, Recording

CHANNELS = (Channel("a", "mV", "g"), Channel("b", "mV", "g"))
PREPARATION = Preparation(rate_hz=10.0, window_s=1.0, stride_s=0.4, segment_s=0.5)


def stored(*lengths: int) -> Converted:
    total = sum(lengths)
    first = np.cumsum([0, *lengths[:-1]])
    return Converted(
        signal=np.arange(2 * total, dtype=np.float32).reshape(2, total),
        name=np.array([f"r{i}" for i in range(len(lengths))]),
        subject=np.array([f"s{i}" for i in range(len(lengths))]),
        label=tuple([None, "x", "y"][i % 3] for i in range(len(lengths))),
        first=first,
        length=np.array(lengths),
        facts=({},) * len(lengths),
        channels=CHANNELS,
        classes=("x", "y"),
        sampling_rate=10.0,
        key="k",
        digest="d",
    )


def test_windows_lie_where_they_should() -> None:
    windows = cut(stored(19, 5, 10, 14), PREPARATION)
    assert windows.start.tolist() == [0, 4, 8, 24, 34, 38]
    assert windows.recording.tolist() == ["r0", "r0", "r0", "r2", "r3", "r3"]
    assert windows.target.tolist() == [-1, -1, -1, 1, -1, -1]
    assert windows.offset_s.tolist() == pytest.approx([0, 0.4, 0.8, 0, 0, 0.4])
    assert windows.gather([1])[0].tolist() == [list(range(4, 14)), list(range(52, 62))]
    assert windows.gather([3, 0], [1])[:, 0, 0].tolist() == [72, 48]


def test_no_window_reaches_into_the_next_recording() -> None:
    lengths = (19, 5, 10, 14, 31)
    windows = cut(stored(*lengths), PREPARATION)
    ends = np.cumsum(lengths)
    owner = np.searchsorted(ends, windows.start, side="right")
    assert (windows.start + windows.samples <= ends[owner]).all()


def test_gather_agrees_with_plain_slices_beyond_one_block() -> None:
    windows = cut(stored(400, 300), PREPARATION)
    index = np.random.default_rng(0).permutation(len(windows))
    want = np.stack([windows.signal[:, s : s + 10] for s in windows.start[index]])
    assert np.array_equal(windows.gather(index), want)
    assert np.array_equal(windows.gather(index, [1, 0]), want[:, [1, 0]])
    assert windows.gather([]).shape == (0, 2, 10)


def test_overlap_is_not_copied() -> None:
    source = stored(100)
    assert np.shares_memory(cut(source, PREPARATION).signal, source.signal)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stride_s": 0.25}, "stride_s of 0.25 s is 2.5 samples"),
        ({"window_s": 0.0}, "window_s"),
        ({"segment_s": 0.3}, "segments of 3 samples do not fill a window of 10"),
        ({"stride_s": float("nan")}, "stride_s"),
    ],
)
def test_lengths_that_are_no_whole_numbers_are_refused(change: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        cut(stored(100), replace(PREPARATION, **change))


def test_recordings_shorter_than_a_window_are_an_error_only_if_all_are() -> None:
    with pytest.raises(DataError, match=r"longest of 2 recordings lasts 0\.9 s"):
        cut(stored(9, 3), PREPARATION)


def test_a_file_much_larger_than_memory_opens_and_only_its_windows_are_read(tmp_path: Path) -> None:
    channels, total = 2, 40_000_000_000  # 320 GB, almost all of it a hole in a sparse file
    recording = Recording("r", np.ones((2, 50), dtype=np.float32), 10.0, CHANNELS, "s", "x")
    small = convert([recording], PREPARATION, channels=CHANNELS, classes=("x",), out=tmp_path / "c", digest="1")
    path = tmp_path / "large.npy"
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (total, channels)}
        np.lib.format.write_array_header_1_0(file, header)
        begin = file.tell()
        file.truncate(begin + 4 * channels * total)
        file.seek(begin + 4 * channels * (total - 10))
        file.write(np.arange(20, dtype=np.float32).tobytes())
    signal = np.load(path, mmap_mode="r").T
    large = replace(small, signal=signal, first=np.array([total - 1_000_002]), length=np.array([1_000_002]))
    windows = cut(large, PREPARATION)
    assert isinstance(windows.signal, np.memmap)
    assert windows.gather([-1])[0].tolist() == [list(range(0, 20, 2)), list(range(1, 20, 2))]
    assert not windows.gather([0]).any()
