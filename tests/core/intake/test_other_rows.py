"""The rows of the table that are about models, jobs, exports and errors."""

import csv
import io
import re

import pandas as pd
import pytest

from app.figures.about import About
from app.figures.tables import to_csv
from rdpd_core.__main__ import main
from rdpd_core.errors import ModelFileError
from rdpd_core.jobs import Desk
from rdpd_core.store import Store
from rdpd_core.store.exchange import take_in
from tests.core.jobs.made import toy_spec
from tests.core.store.rcnn_made import files, rcnn
from tests.core.store.test_exchange import BAD, in_process, store

__all__ = ["in_process", "store"]  # fixtures of the models' own tests


@pytest.mark.parametrize("case", BAD)
@pytest.mark.slow
def test_models_from_elsewhere(store, in_process, case, result):
    """Rows 1 to 12; that nothing is left and nothing runs is held by the models' own tests."""
    data, reason = BAD[case][0](), BAD[case][1]
    with pytest.raises(ModelFileError, match=reason) as refused:
        take_in(store, files(data))
    number, _, what = case.partition(" ")
    result.append((int(number), what, str(refused.value), 0.0, None))


def test_a_model_that_does_not_fit_and_one_with_a_flipped_bit(store, in_process, result):
    state = rcnn().state_dict()
    state["extra"] = state.pop("attend")
    with pytest.raises(ModelFileError, match="missing attend; unexpected extra") as refused:
        take_in(store, files(state=state))
    result.append((7, "keys do not fit", str(refused.value), 0.0, None))
    both = files()
    flipped = bytearray(both["model.safetensors"])
    flipped[-3] ^= 4
    with pytest.raises(ModelFileError, match=r"sha256|digest") as refused:
        take_in(store, {**both, "model.safetensors": bytes(flipped)})
    result.append((9, "one flipped bit", str(refused.value), 0.0, None))


@pytest.mark.slow
def test_a_model_of_other_data_is_refused_with_both_sides(toy, capsys, result):
    (model,) = [card.key for card in Store.default().list("simulated_ecg").cards if card.role == "teacher" and card.seed == 0]
    assert main(["evaluate", model, "--dataset", "toy", "--device", "cpu"]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1].partition(": ")[2]
    assert "these data have wrist, ankle, pulse and lack" in said
    result.append((49, "teacher of other channels", said, 0.0, None))


def test_the_same_job_twice_is_one(tmp_path, monkeypatch, result):
    monkeypatch.setattr(Desk, "tick", lambda self: None)
    from rdpd_core.datasets import DATASETS
    from tests.toys import ToyDataset

    monkeypatch.setitem(DATASETS._entries, "toy", ToyDataset)
    desk = Desk(tmp_path / "jobs")
    one, new = desk.submit(toy_spec())
    other, again = desk.submit(toy_spec())
    assert (one.id, new, again) == (other.id, True, False)
    result.append((51, "the same job twice", "one job", 0.0, None))


@pytest.mark.parametrize("job", ["../x", "..%2f..", "%", "' OR 1=1 --", "0" * 5000])
def test_an_id_that_is_none(job, toy, capsys, result):
    assert main(["jobs", "table", job]) == 1
    said = capsys.readouterr().err.strip()
    assert "unknown job" in said
    assert len(said) < 400
    result.append((52, f"job id {job[:14]!r}", said.partition(": ")[2], 0.0, None))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+2", "@x", "\t=1"])
def test_no_cell_of_an_export_is_a_formula(cell, result):
    text = to_csv(pd.DataFrame({"subject": [cell], cell: [1.0]}), About()).decode()
    rows = [row for row in csv.reader(io.StringIO(text)) if not row[0].startswith("#")]
    assert rows[1][0] == f"'{cell}"
    assert not re.match(r"[=+\-@\t]", rows[0][1])
    result.append((53, f"cell {cell!r}", f"written as {rows[1][0]!r}", 0.0, None))


def test_the_text_of_an_error_is_kept_nowhere(tmp_path, monkeypatch, capsys, result):
    """Row 54; the page's side is held by the tests of the gate."""
    from app import failures

    monkeypatch.setenv("RDPD_WORK", str(tmp_path))
    number = failures.note(ValueError("patient Jane Doe"))
    assert "Jane" not in (tmp_path / failures.FILE).read_text() + "".join(capsys.readouterr())
    result.append(
        (54, "an error that quotes a patient", f"number {len(number) * '0'} on the page, kind and place in a file", 0.0, None)
    )
