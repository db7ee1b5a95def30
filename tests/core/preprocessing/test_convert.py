"""Stored recordings: written once, whole or not at all, and refused when damaged."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rdpd_core.environment import ROOT
from rdpd_core.errors import DataError, IncompatibleError, StoppedError, UnknownNameError
from rdpd_core.files import lock
from rdpd_core.preprocessing import unfinished
from rdpd_core.preprocessing.convert import convert
from rdpd_core.preprocessing.stored import INDEX, SEAL, SIGNAL, Converted, open_converted
from rdpd_core.types import Channel, Preparation, Recording
from tests.toys import CHANNELS, CLASSES, ToyDataset, toy_recording

PLAIN = Preparation(rate_hz=20.0, window_s=4.0, stride_s=2.0, segment_s=1.0)


def run(out: Path, recordings: object = None, preparation: Preparation = PLAIN, digest: str = "1", **more: object) -> Converted:
    source = ToyDataset().recordings() if recordings is None else iter(recordings)
    return convert(source, preparation, channels=CHANNELS, classes=CLASSES, out=out, digest=digest, **more)


def broken() -> Iterator[Recording]:
    yield toy_recording("ann")
    raise DataError("the second recording cannot be read")


def test_samples_and_index_come_back_as_they_went_in(tmp_path: Path) -> None:
    done: list[int] = []
    stored = run(tmp_path / "c", on_progress=done.append)
    want = list(ToyDataset().recordings())
    assert np.array_equal(stored.signal, np.concatenate([r.signal for r in want], axis=1))
    assert isinstance(stored.signal, np.memmap)
    assert stored.signal.T.flags.c_contiguous
    assert stored.name.tolist() == [r.name for r in want]
    assert stored.subject.tolist() == [r.subject for r in want]
    assert stored.label == tuple(r.label for r in want)
    assert stored.first.tolist() == [400 * i for i in range(18)]
    assert stored.facts[0] == {"place": "lab"}
    assert (stored.channels, stored.classes, stored.sampling_rate, stored.notices) == (CHANNELS, CLASSES, 20.0, ())
    assert done == list(range(1, 19))


def test_the_second_call_reads_no_recording(tmp_path: Path) -> None:
    first = run(tmp_path / "c")
    again = run(tmp_path / "c", recordings=broken())
    assert again.digest == first.digest
    assert again.notices == ()


def test_what_was_made_of_other_files_or_otherwise_is_made_anew(tmp_path: Path) -> None:
    run(tmp_path / "c")
    other = run(tmp_path / "c", recordings=[toy_recording("zoe")], digest="2")
    assert other.name.tolist() == ["zoe-walk"]
    assert "made again" in other.notices[0]
    slower = run(tmp_path / "c", recordings=[toy_recording("zoe")], preparation=replace(PLAIN, rate_hz=10.0), digest="2")
    assert slower.signal.shape == (3, 200)


def test_the_digest_is_of_the_content_not_of_where_it_came_from(tmp_path: Path) -> None:
    here, there = run(tmp_path / "a", digest="1"), run(tmp_path / "b", digest="2")
    assert here.digest == there.digest
    assert here.digest == there.digest
    assert here.key != there.key
    other = toy_recording("ann")
    other.signal[0, 7] += 1e-3
    digests = {run(tmp_path / n, [r]).digest for n, r in (("c", toy_recording("ann")), ("d", other))}
    assert len(digests) == 2


def test_window_lengths_do_not_change_what_is_stored(tmp_path: Path) -> None:
    first = run(tmp_path / "c")
    assert run(tmp_path / "c", broken(), replace(PLAIN, window_s=2.0, stride_s=1.0, segment_s=0.5)).digest == first.digest


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="second recording"):
        run(tmp_path / "c", broken())
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []


def test_an_error_keeps_what_was_stored_before(tmp_path: Path) -> None:
    first = run(tmp_path / "c")
    with pytest.raises(DataError):
        run(tmp_path / "c", broken(), digest="2")
    assert open_converted(tmp_path / "c").digest == first.digest


@pytest.mark.parametrize("cut", [1, 4096])
def test_a_file_cut_short_is_refused_and_made_again_with_a_message(tmp_path: Path, cut: int) -> None:
    whole = run(tmp_path / "c")
    signal = np.array(whole.signal)
    path = tmp_path / "c" / SIGNAL
    os.truncate(path, path.stat().st_size - cut)
    with pytest.raises(DataError, match="cut short"):
        open_converted(tmp_path / "c")
    again = run(tmp_path / "c")
    assert np.array_equal(again.signal, signal)
    assert "damaged and were made again" in again.notices[0]


@pytest.mark.parametrize("harm", ["index", "seal", "longer", "gone", "objects"])
def test_a_changed_file_is_refused(tmp_path: Path, harm: str) -> None:
    run(tmp_path / "c")
    folder = tmp_path / "c"
    if harm == "index":
        (folder / INDEX).write_text((folder / INDEX).read_text().replace("ann", "bob", 1))
    elif harm == "seal":
        (folder / SEAL).unlink()
    elif harm == "longer":
        with (folder / SIGNAL).open("ab") as file:
            file.write(b"\0" * 4)
    elif harm == "gone":
        (folder / SIGNAL).unlink()
    else:
        np.save(folder / SIGNAL, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="delete"):
        open_converted(folder)


def test_two_at_once_do_the_work_once(tmp_path: Path) -> None:
    toys = [ToyDataset(), ToyDataset()]
    results: list[Converted] = []
    workers = [threading.Thread(target=lambda t=t: results.append(run(tmp_path / "c", t.recordings()))) for t in toys]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(t.read for t in toys) == [0, 18]
    assert results[0].digest == results[1].digest


def test_filtering_and_scaling_per_recording(tmp_path: Path) -> None:
    preparation = replace(PLAIN, rate_hz=10.0, band_hz=(0.5, 4.5), standardize="recording")
    stored = run(tmp_path / "c", [toy_recording("ann", seconds=60)], preparation)
    assert stored.signal.shape == (3, 600)
    assert np.allclose(stored.signal.mean(axis=1), 0, atol=1e-5)
    assert np.allclose(stored.signal.std(axis=1), 1, atol=1e-5)
    assert [c.unit for c in stored.channels] == ["NU"] * 3


def test_values_scaled_before_are_stored_untouched(tmp_path: Path) -> None:
    scaled = replace(toy_recording(), channels=tuple(Channel(c.name, "NU", c.group) for c in CHANNELS), normalized=True)
    preparation = replace(PLAIN, band_hz=(0.5, 4.5), standardize="recording")
    assert np.array_equal(run(tmp_path / "c", [scaled], preparation).signal, scaled.signal)
    with pytest.raises(IncompatibleError, match="lost its amplitude"):
        run(tmp_path / "d", [scaled], PLAIN)


def test_a_constant_channel_of_a_recording_is_told(tmp_path: Path) -> None:
    flat = toy_recording("ann")
    flat.signal[2] = 70.0
    stored = run(tmp_path / "c", [flat, toy_recording("bob")], replace(PLAIN, standardize="recording"))
    assert stored.notices == ("Channel pulse was constant in 1 of 2 recordings; 0 stands there.",)
    assert not stored.signal[2, :400].any()


def test_missing_values_do_not_reach_the_store(tmp_path: Path) -> None:
    holed = toy_recording()
    holed.signal[0, 5:50] = np.nan
    assert np.isfinite(run(tmp_path / "c", [holed]).signal).all()


def odd_recordings() -> dict[str, tuple[list[Recording], type[Exception], str]]:
    good = toy_recording("ann")
    silent = toy_recording("bob")
    silent.signal[2] = np.nan
    swapped = replace(toy_recording("bob"), channels=CHANNELS[::-1])
    grams = replace(toy_recording("bob"), channels=(replace(CHANNELS[0], unit="g"), *CHANNELS[1:]))
    return {
        "none": ([], DataError, "no recordings"),
        "silent": ([good, silent], DataError, "position 1: channel pulse holds no value"),
        "order": ([good, swapped], IncompatibleError, r"position 1 has channels \['pulse'.*declares \['wrist'"),
        "units": ([good, grams], IncompatibleError, r"position 1 has units \['g'.*declares \['m/s\^2'"),
        "label": ([replace(good, label="swim")], DataError, "position 0 has label 'swim'; known: rest, walk, run"),
        "name": ([good, good], DataError, "position 1 has the name of an earlier one"),
        "shape": ([replace(good, signal=good.signal[:2])], DataError, r"position 0 has a signal of shape \(2, 400\)"),
        "empty": ([replace(good, signal=good.signal[:, :0])], DataError, "position 0"),
    }


@pytest.mark.parametrize("case", odd_recordings())
def test_recordings_that_cannot_be_used_are_named_by_position(tmp_path: Path, case: str) -> None:
    recordings, kind, words = odd_recordings()[case]
    with pytest.raises(kind, match=words):
        run(tmp_path / "c", recordings)
    assert not (tmp_path / "c").exists()


def test_errors_of_a_step_say_which_recording(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="position 1: a recording of 10 samples cannot be filtered"):
        run(tmp_path / "c", [toy_recording("ann"), toy_recording("bob", seconds=0.5)], replace(PLAIN, band_hz=(0.5, 4.5)))
    with pytest.raises(UnknownNameError, match="standardize"):
        run(tmp_path / "d", preparation=replace(PLAIN, standardize="recordings"))


def stop_after(many: int):
    def stop(done: int) -> None:
        if done == many:
            raise StoppedError("enough")

    return stop


def test_a_stopped_conversion_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    with pytest.raises(StoppedError):
        run(tmp_path / "c", on_progress=stop_after(7))
    assert sorted(p.name for p in tmp_path.iterdir()) == [".c.lock", ".c.part", ".whole.lock", "whole"]
    asked: list[int] = []

    def rest(first: int) -> Iterator[Recording]:
        asked.append(first)
        return ToyDataset().recordings_from(first)

    done: list[int] = []
    again = convert(rest, PLAIN, channels=CHANNELS, classes=CLASSES, out=tmp_path / "c", digest="1", on_progress=done.append)
    assert (asked, done) == ([7], list(range(8, 19)))
    assert again.digest == whole.digest
    assert again.quality == whole.quality
    assert np.array_equal(again.signal, whole.signal)
    for name in ("index.json", "signal.npy"):
        assert (tmp_path / "c" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / ".c.part").exists()


@pytest.mark.slow
def test_a_killed_conversion_goes_on_from_what_was_noted(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom rdpd_core.preprocessing import unfinished\n"
        "from tests.core.preprocessing.test_convert import run\nunfinished.EVERY_S = 0.0\n"
        "run(Path(sys.argv[1]), on_progress=lambda done: os.kill(os.getpid(), 9) if done == 5 else None)"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path / "c")], cwd=ROOT, check=False)
    assert found.returncode == -9
    done: list[int] = []
    assert run(tmp_path / "c", on_progress=done.append).digest == whole.digest
    assert done == list(range(6, 19))


@pytest.mark.parametrize("harm", ["samples", "shorter", "note", "gone", "other source"])
def test_what_was_begun_is_made_anew_where_it_cannot_be_believed(tmp_path: Path, harm: str) -> None:
    whole = run(tmp_path / "whole", digest="2" if harm == "other source" else "1")
    with pytest.raises(StoppedError):
        run(tmp_path / "c", on_progress=stop_after(7))
    part = tmp_path / ".c.part"
    if harm == "samples":
        data = bytearray((part / SIGNAL).read_bytes())
        data[-1] ^= 1
        (part / SIGNAL).write_bytes(data)
    elif harm == "shorter":
        os.truncate(part / SIGNAL, (part / SIGNAL).stat().st_size - 4)
    elif harm == "note":
        (part / unfinished.DONE).write_text((part / unfinished.DONE).read_text().replace("ann", "bob", 1))
    elif harm == "gone":
        (part / SIGNAL).unlink()
    done: list[int] = []
    again = run(tmp_path / "c", digest="2" if harm == "other source" else "1", on_progress=done.append)
    assert done == list(range(1, 19))
    assert again.digest == whole.digest


def test_what_was_begun_for_files_that_are_others_now_is_forgotten(tmp_path: Path) -> None:
    for name in ("toy-1", "toy-2", "other-1"):
        with pytest.raises(StoppedError):
            run(tmp_path / name, on_progress=stop_after(2))
    with lock(tmp_path / ".toy-2.lock"):
        unfinished.forget_others(tmp_path / "toy-3", "toy-")
    assert sorted(p.name for p in tmp_path.glob(".*.part")) == [".other-1.part", ".toy-2.part"]
    unfinished.forget_others(tmp_path / "toy-2", "toy-")
    assert sorted(p.name for p in tmp_path.glob(".*.part")) == [".other-1.part", ".toy-2.part"]


@pytest.mark.slow
def test_who_waits_for_another_process_may_give_up(tmp_path: Path) -> None:
    told: list[int] = []

    def stop(done: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise StoppedError("enough")

    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with lock(tmp_path / ".c.lock"):
            held.set()
            free.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(60)
        with pytest.raises(StoppedError):
            run(tmp_path / "c", on_progress=stop)
    finally:
        free.set()
        other.join()
    assert told == [0, 0]
    done: list[int] = []
    run(tmp_path / "c", on_progress=done.append)
    assert done == list(range(1, 19))
