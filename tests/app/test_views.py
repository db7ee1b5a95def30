"""The pages, run without a browser on a small data set that stands in for the simulated one."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cached
from rdpd_core.datasets import DATASETS
from rdpd_core.types import Channel, Recording
from tests.toys import ToyDataset

MAIN = Path(cached.__file__).parent / "main.py"
CHANNELS = (Channel("I", "mV", "limb"), Channel("II", "mV", "limb"), Channel("V5", "mV", "chest"))
NOTE = "Research software, not for clinical use"


class ToyECG(ToyDataset):
    """The toy data set under the name of the simulated one, in mV."""

    name = "simulated_ecg"
    title = "Simulated *toy*"
    channels = CHANNELS
    views = {"lead_I": ("I",), "limb": ("I", "II")}

    def recordings(self) -> Iterator[Recording]:
        """Yield the toy recordings with other channels."""
        for recording in super().recordings():
            yield replace(recording, channels=CHANNELS)


@pytest.fixture(scope="module")
def models(ecg_models) -> Path:
    """A folder with the models of two views, two seeds."""
    return ecg_models


@pytest.fixture
def here(models, monkeypatch, tmp_path):
    """The small data set and its models, in place of all others."""
    monkeypatch.setitem(DATASETS._entries, "simulated_ecg", ToyECG)
    monkeypatch.setenv("RDPD_CACHE", str(models / "cache"))
    monkeypatch.setenv("RDPD_WORK", str(models))
    monkeypatch.setenv("RDPD_DATA", str(models / "data"))  # the same for all: what one test has read is there for the next
    monkeypatch.setattr("rdpd_core.store.store.pretrained_root", lambda: tmp_path / "none")
    cached.listing.clear()
    cached.analysis_task.clear()  # what is computed may be changed by a test; what was found before lies in its folder
    return models


@pytest.fixture
def own_store(here, monkeypatch, tmp_path):
    """The models in a folder of the test, for those that add some."""
    shutil.copytree(here / "models", tmp_path / "own" / "models")
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "own"))
    cached.listing.clear()


def opened(page: str = "", **link: str) -> AppTest:
    """Run a page until nothing is awaited any more."""
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for key, value in link.items():
        at.query_params[key.replace("__", ".")] = value
    if page:
        at.switch_page(f"views/{page}.py")
    at.run()
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert not at.get("progress"), "work did not end"
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    """Give all Markdown and captions of a page."""
    return "\n".join(element.value for kind in (at.markdown, at.caption) for element in kind).replace("\\", "")


def alts(at: AppTest) -> list[str]:
    """Give the text alternatives of the charts."""
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def test_start_shows_a_case_with_words_for_every_picture(here):
    at = opened()
    told = words(at)
    assert "RDPD Studio" in at.title[0].value
    assert NOTE in told
    assert "Subject fay" in told
    assert "· simulated" in told
    assert "The truth is" in told
    assert "The teacher looks most at" in told
    both = alts(at)
    assert len(both) == 2
    assert all("fay" in alt and "simulated" in alt for alt in both)
    assert "mV" in both[0]
    assert "Teacher (n = 2)" in both[1]


@pytest.mark.slow
def test_start_shows_the_command_that_trains_these_models_again(here):
    (line,) = [code.value for code in opened().code]
    assert line.startswith("python -m rdpd_core compare simulated_ecg")
    assert "--view lead_I" in line
    assert "--seeds 2" in line


@pytest.mark.slow
def test_changing_view_and_window_changes_the_picture(here):
    at = opened()
    before = alts(at)
    at.slider[0].set_value(3).run()
    assert "window 3 of" in words(at)
    assert alts(at) != before
    at.button_group[0].set_value("limb").run()
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert "students read I and II" in alts(at)[0]


def test_a_link_restores_its_view_and_window(here):
    at = opened(start__view="limb", start__window="4")
    assert "students read I and II" in alts(at)[0]
    assert "window 4 of" in words(at)
    assert not at.warning


def test_a_link_that_cannot_be_had_is_reported(here):
    at = opened(start__subject="nobody", start__window="9999", start__veiw="limb")
    told = " ".join(w.value for w in at.warning).replace("\\", "")
    for part in ("nobody", "9999", "start.veiw"):
        assert part in told
    assert "Subject fay" in words(at)


def test_without_models_the_page_says_how_to_make_them(here, monkeypatch, tmp_path):
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "empty"))
    at = opened()
    assert "No trained model" in at.info[0].value
    assert at.code[0].value == "python -m rdpd_core pretrain"


def test_a_broken_data_set_is_told_in_words_and_can_be_tried_again(here, monkeypatch, tmp_path):
    from rdpd_core.errors import DataError

    def fail(self):
        raise DataError("disk full: nothing *was* stored")

    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "fresh"))
    monkeypatch.setenv("RDPD_DATA", str(tmp_path))
    monkeypatch.setattr(ToyECG, "recordings", fail)
    at = opened()
    assert "disk full" in at.error[0].value
    assert "\\*was\\*" in at.error[0].value
    monkeypatch.undo()


def test_data_page_shows_a_card_with_source_licence_and_counts(here):
    at = opened("data")
    told = words(at) + " ".join(s.value for s in at.subheader)
    assert NOTE in told
    assert "no person was measured" in told
    assert any("reference" in frame.value.to_string().lower() for frame in at.table)
    assert any("windows" in frame.value.columns for frame in at.dataframe)


@pytest.mark.parametrize("name", ["dsads", "ptbxl"])
def test_data_page_says_how_to_get_what_is_not_here(here, name):
    at = opened("data", data__set=name)
    at.selectbox[0].select(name).run()
    assert not at.exception
    assert "How to get it" in words(at)
    assert at.text[0].value == DATASETS.get(name).obtain


def test_models_page_lists_cards_and_verifies_one(here):
    at = opened("models")
    assert NOTE in words(at)
    table = at.dataframe[0].value
    assert len(table) == 2 + 4 + 4  # teachers are shared by both views
    assert table["PR-AUC, test [95%]"].str.match(r"0\.\d{3}").all()
    assert table["n"].str.contains("windows").all()
    at.button[0].click().run()
    assert not at.exception
    assert "Whole" in at.success[0].value


def test_models_page_reports_damaged_weights(here, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(here / "models", copy / "models")
    for path in (copy / "models").rglob("model.safetensors"):
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    monkeypatch.setenv("RDPD_WORK", str(copy))
    at = opened("models")
    at.button[0].click().run()
    assert "sha256" in at.error[0].value


def test_no_page_shows_html_or_markdown_of_names(here):
    for page in ("", "data", "models"):
        at = opened(page)
        raw = "\n".join(e.value for kind in (at.markdown, at.subheader, at.caption) for e in kind)
        assert not re.search(r"(?<!\\)\*toy(?<!\\)\*", raw)
        assert not [m for m in at.markdown if m.allow_html]


def test_every_picture_can_be_taken_away(here):
    at = opened()
    labels = [button.proto.label for button in at.get("download_button")]
    assert labels == ["Signal (CSV)", "Attention (CSV)", "Picture (HTML)", "Distributions (CSV)", "Picture (HTML)"]


def test_blank_paper_stands_where_the_picture_will_be():
    from app.figures.blank import blank_paper

    fig = blank_paper()
    assert (fig.layout.xaxis.minor.dtick, fig.layout.yaxis.minor.dtick) == (0.04, 0.1)
