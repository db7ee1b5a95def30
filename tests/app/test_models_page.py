"""The page of models, run without a browser: choosing, lineage, cost, fit, two beside each other, in and out."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cached
from app.components import model_exchange, model_task
from app.components.model_cost import times
from app.components.model_pair import differences, scores_table
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError
from rdpd_core.experiments import Experiment, keep, run
from rdpd_core.store import Store, exchange
from rdpd_core.store.exchange import pack
from tests.toys import ToyDataset

MAIN = Path(cached.__file__).parent / "main.py"
TEACHER, STUDENT = "toy/teacher-split_fixed-seed0", "toy/rdpd-wrist-split_fixed-seed0"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a teacher, a direct and an RDPD student of two seeds."""
    work = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._entries, "toy", ToyDataset)
        patch.setenv("RDPD_CACHE", str(work / "cache"))
        patch.setenv("RDPD_WORK", str(work))
        arms = ("teacher", "direct", "rdpd")
        asked = Experiment(dataset="toy", view="wrist", arms=arms, seeds=2, recipe="paper", epochs=1)
        keep(run(asked), Store.default(), "2026-01-01T00:00:00+00:00")
    return work


@pytest.fixture
def here(made, monkeypatch, tmp_path):
    """These models, copied, in place of all others."""
    import shutil

    shutil.copytree(made / "models", tmp_path / "work" / "models")
    monkeypatch.setitem(DATASETS._entries, "toy", ToyDataset)
    monkeypatch.setenv("RDPD_CACHE", str(made / "cache"))
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    monkeypatch.setattr("rdpd_core.store.store.pretrained_root", lambda: tmp_path / "none")
    for kept in (cached.listing, model_task.cost_task, model_task.onnx_task, model_task.take_task):
        kept.clear()
    return Store.default()


def opened(**link: str) -> AppTest:
    """Run the page with a link."""
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for key, value in link.items():
        at.query_params[f"models.{key}"] = value
    return settled(at.switch_page("views/models.py").run())


def settled(at: AppTest) -> AppTest:
    """Run a page until nothing is awaited any more."""
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert not at.get("progress"), "work did not end"
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    """Give all texts of a page."""
    kinds = (at.markdown, at.caption, at.success, at.error, at.warning, at.info, at.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


@pytest.mark.slow
def test_the_list_is_narrowed_by_every_choice_and_the_link_keeps_it(here):
    at = opened(role="student", arm="rdpd")
    assert not at.warning
    assert set(at.dataframe[0].value["arm"]) == {"rdpd"}
    assert len(at.dataframe[0].value) == 2
    at.selectbox(key="models.arm").select("teacher").run()
    assert "No model is all of this" in words(at)
    at.selectbox(key="models.role").select("all").run()
    assert list(at.dataframe[0].value["role"]) == ["teacher", "teacher"]
    assert at.query_params["models.arm"] in ("teacher", ["teacher"])


@pytest.mark.slow
def test_what_a_link_asks_for_in_vain_is_said(here):
    assert "toy/none" in words(opened(model="toy/none"))


@pytest.mark.slow
def test_the_card_tells_parameters_used_and_dormant(here):
    at = opened(model=STUDENT)
    card = here.card(*STUDENT.split("/"))
    shown = at.table[0].value.to_string()
    assert f"{card.parameters['used']:,} used" in shown
    assert TEACHER.split("/")[1] in shown.replace("\\", "")


@pytest.mark.slow
def test_lineage_is_drawn_with_words(here):
    at = opened(model=TEACHER, part="lineage")
    (picture,) = at.get("plotly_chart")
    assert "taught 1 students on the view wrist: 1 RDPD." in picture.proto.alt
    alone = opened(model="toy/direct-wrist-split_fixed-seed0", part="lineage")
    assert "labels alone" in words(alone)
    assert not alone.get("plotly_chart")


def test_cost_is_counted_at_once_and_timed_only_when_asked(here, monkeypatch):
    asked = []
    answer = {"time of one window": [{"device": "cpu", "median_ms": 1.25, "low_ms": 1, "high_ms": 2, "runs": 200}]}
    monkeypatch.setattr(model_task, "told_by", lambda given: asked.append(given) or answer)
    at = opened(model=STUDENT, part="cost")
    assert not asked
    assert [m.label for m in at.metric] == [
        "Parameters used",
        "With the dormant layer",
        "On the disk",
        "Multiply-adds per window",
    ]
    total = int(at.metric[3].value.replace(",", ""))
    assert total == at.dataframe[1].value["multiply-adds"].sum()
    settled(at.button(key="models.time").click().run())
    assert asked == [["--cost", STUDENT]]
    assert "1.25 ms (5% to 95%: 1.00 to 2.00 ms)" in at.table[0].value.to_string()


def test_a_gpu_has_a_row_of_its_own():
    one = {"median_ms": 1.0, "low_ms": 1.0, "high_ms": 1.0, "runs": 5}
    table = times({"time of one window": [{"device": "cpu", **one}, {"device": "A GPU", **one}]})
    assert list(table.index) == ["CPU, one thread", "A GPU"]


def test_a_failure_of_the_command_is_told_in_its_words(here, monkeypatch):
    def fail(given):
        raise DataError("the *machine* is busy")

    monkeypatch.setattr(model_task, "told_by", fail)
    at = opened(model=STUDENT, part="cost")
    settled(at.button(key="models.time").click().run())
    assert "\\*machine\\*" in at.error[0].value


def test_data_that_do_not_fit_show_both_sides(here):
    at = opened(model=STUDENT, part="fits")
    table = at.dataframe[1].value.set_index("data set")
    assert table.loc["Toy", "fits"] == "✓ yes"
    assert table.loc[DATASETS.get("ptbxl").title, "fits"] == "✗ no"
    assert "model [wrist], data [" in words(at)


def test_two_models_stand_beside_each_other(here):
    at = opened(model=STUDENT, part="pair")
    assert at.selectbox(key="models.other").value == "toy/direct-wrist-split_fixed-seed0"
    scores = at.table[0].value
    assert scores.shape[1] == 2
    fields = list(at.dataframe[1].value["field"])
    assert "arm" in fields
    assert "dataset" not in fields


def test_differences_are_those_of_the_cards(here):
    one, other = (here.card("toy", f"rdpd-wrist-split_fixed-seed{n}") for n in (0, 1))
    table = differences(one, other).set_index("field")
    assert list(table.loc["seed"]) == ["0", "1"]
    assert "arm" not in table.index
    assert differences(one, one).empty
    assert scores_table([one, other]).loc["n"].str.contains("windows").all()


@pytest.mark.slow
def test_a_model_made_here_is_deleted_after_a_second_click(here):
    at = opened(model=TEACHER)
    at.session_state[f"models.delete.{TEACHER}"] = True
    at.run()
    assert "It taught rdpd-wrist-split_fixed-seed0; they stay" in words(at)
    at.button(key="models.gone").click().run()
    assert not at.exception
    assert TEACHER not in [card.key for card in here.list().cards]
    assert "not here" in opened(model=STUDENT).table[0].value.to_string()


def test_a_model_that_came_with_the_program_cannot_be_deleted(here, monkeypatch, tmp_path):
    monkeypatch.setattr("rdpd_core.store.store.pretrained_root", lambda: tmp_path / "work" / "models")
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "empty"))
    at = opened(model=TEACHER)
    assert not at.get("popover") or all(p.proto.popover.label != "Delete" for p in at.get("popover"))


def test_an_uploaded_model_is_checked_and_kept(here, monkeypatch):
    monkeypatch.setattr(exchange, "check_apart", lambda *_: None)
    archive = pack(here, *STUDENT.split("/"))
    here.delete(*STUDENT.split("/"))
    task = model_task.take_task({"any.zip": archive}, ("1",))
    assert task.result() == STUDENT
    assert here.verify(*STUDENT.split("/")).key == STUDENT


def test_the_difference_of_onnx_is_told_with_n():
    said = {"windows compared": 64, "largest difference of a probability": 2.4e-07, "largest difference of attention": None}
    told = model_exchange.parity_words(said, "toy")
    assert "n = 64 test windows of toy" in told
    assert "2.4e-07 (allowed: 1e-05)" in told


def test_onnx_says_what_it_needs(here, monkeypatch):
    monkeypatch.setattr(model_exchange, "missing", lambda: "ONNX needs onnx: python -m pip install it")
    at = opened(model=STUDENT, part="out")
    assert "ONNX needs onnx" in words(at)
    assert at.button(key="models.make").disabled
