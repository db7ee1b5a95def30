"""What every data set owes the rest of the house, whatever it holds."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rdpd_core.datasets import DATASETS, Dataset, check_assignment
from rdpd_core.datasets.base import with_simulator, write_simulated
from rdpd_core.errors import MissingDataError, ParameterError, UnknownNameError
from rdpd_core.models import MODELS
from rdpd_core.preprocessing.windows import check_lengths
from rdpd_core.types import Channel, Preparation, Recording
from tests.toys import ToyDataset

EVERY = [*DATASETS, ToyDataset, DATASETS.get("challenge2021_atrial_fibrillation")]
FROM_FILES = [d for d in EVERY if d.files]
SIMULATED = [d for d in EVERY if not d.files]


@pytest.fixture(params=EVERY, ids=lambda d: d.name)
def dataset(request: pytest.FixtureRequest) -> type[Dataset]:
    return request.param


def test_it_describes_itself(dataset: type[Dataset]) -> None:
    for field in ("name", "title", "summary", "reference", "licence", "obtain"):
        value = getattr(dataset, field)
        assert isinstance(value, str), field
        assert value.strip(), field
    assert dataset.name == dataset.name.lower()
    assert dataset.name.replace("_", "").isalnum()
    assert isinstance(dataset.files, tuple)
    assert dataset.simulated == (not dataset.files)
    assert not dataset.simulated or "imulated" in dataset.summary or dataset is ToyDataset


def test_channels_and_classes_are_named_once(dataset: type[Dataset]) -> None:
    assert all(isinstance(c, Channel) and c.name and c.unit and c.group for c in dataset.channels)
    names = [c.name for c in dataset.channels]
    assert len(set(names)) == len(names)
    assert not any("," in name for name in names)
    assert len(set(dataset.classes)) == len(dataset.classes) >= 2
    assert dataset.sampling_rate > 0
    assert dataset.minimum_subjects >= 0


def test_views_hold_some_channels_in_order(dataset: type[Dataset]) -> None:
    names = [c.name for c in dataset.channels]
    assert dataset.views
    for view, members in dataset.views.items():
        rows = [names.index(name) for name in members]
        assert rows == sorted(set(rows)), view
        assert 0 < len(rows) < len(names), f"{view} is no poor view"
        assert dataset.view(view) == tuple(members)
    assert dataset.view(", ".join(reversed(names[:2]))) == tuple(names[:2])


def test_unknown_views_and_channels_name_the_nearest(dataset: type[Dataset]) -> None:
    view = next(iter(dataset.views))
    with pytest.raises(UnknownNameError, match=re.escape(f"did you mean '{view}'")):
        dataset.view(view + "x")
    with pytest.raises(UnknownNameError, match="known:"):
        dataset.view(f"{dataset.channels[0].name},nonsense")
    with pytest.raises(UnknownNameError, match="known:"):
        dataset.check_split("nonsense")


def test_windows_divide_into_segments(dataset: type[Dataset]) -> None:
    preparation = dataset.preparation
    assert isinstance(preparation, Preparation)
    samples, stride = check_lengths(preparation)
    assert samples % preparation.segments == 0
    assert 0 < stride <= samples
    if preparation.band_hz is not None:
        low, high = preparation.band_hz
        assert 0 < low < high < preparation.rate_hz / 2


def test_default_models_can_be_built(dataset: type[Dataset]) -> None:
    model = MODELS.get("rcnn")
    assert set(dataset.architecture) == {"teacher", "student"}
    for role, settings in dataset.architecture.items():
        channels = dataset.channels if role == "teacher" else dataset.view(next(iter(dataset.views)))
        params = model.Params(**settings)
        built = model(len(channels), len(dataset.classes), dataset.preparation.window_samples, params)
        assert sum(p.numel() for p in built.parameters()) > 0
        assert settings["segments"] == dataset.preparation.segments


@pytest.mark.parametrize("dataset", FROM_FILES, ids=lambda d: d.name)
def test_missing_files_are_told_with_all_that_helps(dataset: type[Dataset], tmp_path: Path) -> None:
    lost = dataset(tmp_path)
    assert not lost.present()
    with pytest.raises(MissingDataError) as caught:
        next(iter(lost.recordings()))
    message = str(caught.value)
    for part in (str(lost.folder), *dataset.files, dataset.obtain, dataset.licence):
        assert part in message
    assert "https://" in dataset.obtain
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dataset", SIMULATED, ids=lambda d: d.name)
def test_recordings_are_what_was_declared(dataset: type[Dataset]) -> None:
    made = dataset()
    found = made.recordings()
    assert isinstance(found, Iterator)
    first = next(found)
    assert isinstance(first, Recording)
    assert first.channels == dataset.channels
    assert first.signal.shape[0] == len(dataset.channels)
    assert first.signal.dtype == np.float32
    assert first.sampling_rate == dataset.sampling_rate
    assert first.label in dataset.classes
    assert isinstance(first.subject, str)
    assert np.array_equal(next(dataset().recordings()).signal, first.signal)
    assert made.source_digest() == dataset().source_digest()


@pytest.mark.parametrize("dataset", SIMULATED, ids=lambda d: d.name)
def test_every_split_assigns_every_subject_once(dataset: type[Dataset]) -> None:
    made = dataset()
    subjects = sorted(getattr(made, "_people", None) or made.subjects)
    for split in dataset.splits:
        assigned = made.assign(subjects, split)
        assert set(assigned) == set(subjects)
        check_assignment(assigned, subjects)
        assert assigned == made.assign(list(reversed(subjects)), split)


@pytest.mark.slow
@pytest.mark.parametrize("name", with_simulator())
def test_simulated_files_are_read_as_the_originals_would_be(name: str, tmp_path: Path) -> None:
    kind = DATASETS.get(name)
    folder = write_simulated(kind, tmp_path, 0.0, seed=1)
    made = kind(tmp_path)
    assert made.present()
    assert made.simulated
    assert not kind.simulated
    assert made.folder == folder
    digest, subjects, names = made.source_digest(), set(), []
    for recording in made.recordings():
        assert recording.channels == kind.channels
        assert recording.signal.shape[0] == len(kind.channels)
        assert recording.signal.dtype == np.float32
        assert recording.label in kind.classes
        subjects.add(recording.subject)
        names.append(recording.name)
    assert len(set(names)) == len(names) == (made.count() or len(names))
    for first in (1, len(names)):  # as a conversion that was broken off goes on
        assert [recording.name for recording in made.recordings_from(first)] == names[first:]
    assert made.source_digest() == kind(tmp_path).source_digest() == digest
    for split in kind.splits:
        assigned = made.assign(sorted(subjects), split)
        check_assignment(assigned, sorted(subjects))
        assert assigned == made.assign(sorted(subjects, reverse=True), split)
    with pytest.raises(ParameterError, match="is there already"):
        write_simulated(kind, tmp_path)
    assert set(made.figures()) - {"subjects", "samples", "records"} == set()


def test_without_a_simulator_those_that_have_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"dsads has no simulator; there is one for .*pamap2.*ptbdb"):
        write_simulated(DATASETS.get("dsads"), tmp_path)
    with pytest.raises(ParameterError, match=r"scale 2: choose a share of the true set from 0 to 1"):
        write_simulated(DATASETS.get("pamap2"), tmp_path, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_nothing_is_read_when_the_room_is_imported(tmp_path: Path) -> None:
    code = (
        "import builtins, os, sys\n"
        "import numpy, torch, pandas.core.api, platformdirs, filelock\n"
        "seen = []\n"
        "def watch(event, args):\n"
        "    if event == 'open' and not str(args[0]).endswith(('.py', '.pyc', '.so', '.pyd', '.dll', '.dylib')):\n"
        "        seen.append(str(args[0]))\n"
        "    if event.startswith('socket.'):\n"
        "        seen.append(event)\n"
        "sys.addaudithook(watch)\n"
        "from rdpd_core.datasets import DATASETS\n"
        "for d in DATASETS:\n"
        "    d()\n"
        "bad = [s for s in seen if os.environ['RDPD_DATA'] in s or s.startswith('socket.')]\n"
        "assert not bad, bad\n"
        "assert 'wfdb' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "RDPD_DATA": str(tmp_path)},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
