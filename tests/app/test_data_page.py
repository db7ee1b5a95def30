"""The page of data: three steps from a file to a data set, run without a browser; then its card, verifying and deleting it."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cached
from app.components import own_tasks
from rdpd_core.datasets import DATASETS, own
from tests.core.intake.bad_inputs import own_csv

MAIN = Path(cached.__file__).parent / "main.py"
WITHIN_S = 90.0


@pytest.fixture
def page(monkeypatch, tmp_path):
    """The page, in a workspace of the test's own."""
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    for kept in (cached.listing, own_tasks.look_task, own_tasks.take_task):
        kept.clear()
    at = AppTest.from_file(str(MAIN), default_timeout=WITHIN_S)
    at.query_params["data.part"] = "add"
    return at.switch_page("views/data.py").run()


def until(at: AppTest, words: str) -> AppTest:
    """Run the page again until it says something, as the browser would while work goes on."""
    last = time.monotonic() + WITHIN_S
    while words not in said(at):
        assert time.monotonic() < last, said(at)
        assert not at.exception
        time.sleep(0.2)
        at.run()
    return at


def said(at: AppTest) -> str:
    """Give all sentences of the page."""
    parts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.info]
    return " ".join(part.value for part in parts) + " ".join(button.label for button in at.button)


@pytest.mark.slow
def box(at: AppTest, label: str):
    """Give a choice by its label."""
    return next(b for b in at.selectbox if b.label == label)


@pytest.mark.slow
def test_from_a_file_to_a_data_set_and_away_again(page):
    at = until(page.file_uploader[0].set_value([("ward.csv", own_csv(), "text/csv")]).run(), "2 · Map")
    assert "1,200 rows, 4 columns" in said(at)
    box(at, "Analyze it with").select("").run()
    assert box(at, "Column of time").value == "t"
    assert box(at, "Its unit").value == "ms"
    assert box(at, "Column of the class").value == "label"  # by its name
    box(at, "Column of the person").select("who").run()
    next(t for t in at.text_input if t.label == "Short name").input("ward").run()
    next(b for b in at.button if b.label == "Check").click()
    at = until(at.run(), "Keep")
    assert "6 recordings of 3 people" in said(at)
    next(b for b in at.button if b.label == "Keep").click()
    at.run()
    assert not at.exception
    kind = DATASETS.get("ward")
    assert (kind.classes, kind.trains, len(kind.record.recordings)) == (("rest", "walk"), True, 6)
    assert box(at, "Data set").value == "ward"
    assert not list(own.own_root().glob(".given-*"))  # nothing of the upload stays behind
    next(b for b in at.button if b.label == "Verify").click()
    at.run()
    assert [toast.value for toast in at.toast] == ["All samples are as they were written\\."]


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_told_and_nothing_stays(page):
    at = until(page.file_uploader[0].set_value([("x.csv", b"t,x\n1,2\n3,4,5\n", "text/csv")]).run(), "Try again")
    assert "line 3: 3 fields, the first line has 2" in said(at).replace("\\", "")
    assert not at.exception
    assert [p for p in own.own_root().iterdir() if not p.name.startswith(".lock")] == []


@pytest.mark.slow
def test_missing_channels_stop_the_way_until_somebody_masks_them(page):
    head = b"timestamp_ms,acc_x,acc_y,acc_z\n"
    rows = b"".join(b"%d,0.1,9.8,0.%d\n" % (20 * n, n % 7) for n in range(600))
    at = until(page.file_uploader[0].set_value([("walk.csv", head + rows, "text/csv")]).run(), "2 · Map")
    assert box(at, "Analyze it with").value.startswith("dsads/")
    assert "nothing was given for" in said(at)
    assert "Check" not in [b.label for b in at.button]
    next(c for c in at.checkbox if "were not measured" in c.label).check()
    at.run()
    assert "Check" in [b.label for b in at.button]
