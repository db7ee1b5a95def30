"""Analyses: what they are handed, how results are kept, and the command."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from rdpd_core.__main__ import main
from rdpd_core.errors import DataError, ParameterError, UnknownNameError
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments import Experiment, keep, load, run
from rdpd_core.experiments.analyses import ANALYSES, Analysis, Result, Sentence
from rdpd_core.experiments.analyses.base import plain
from rdpd_core.experiments.analyze import analyze, kept_path
from rdpd_core.experiments.analyze_commands import as_csv
from rdpd_core.experiments.source import Asked, open_source
from rdpd_core.params import Params, choice, flag, number
from rdpd_core.store import Store

pytestmark = pytest.mark.slow


class Count(Analysis):
    """Counts windows."""

    name = "count_windows"
    title = "How many windows"
    help = "Counts."
    runs = 0

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        least: int = number(1, 0, 100, "least number", unit="windows")
        how: str = choice("all", ("all", "some"), "which")
        loud: bool = flag(False, "say so")

    def run(self, source, on_progress):
        type(self).runs += 1
        n = len(source.book().windows)
        on_progress("counting", n, n)
        said = Sentence(
            "there are windows", "shown", f"n = {n} windows", "none is 0", n, Interval(0, 2 * n, "subjects", 5, 100)
        )
        row = {"windows": n, "text": "=1+1", "share": float("nan")}
        return Result({"z": 0, "n": np.int64(n), "row": np.arange(2.0)}, {"Windows": [row]}, (said,))


@pytest.fixture
def counting(toy, monkeypatch):
    """Models of the toy data in the store, and an analysis of them."""
    monkeypatch.setitem(ANALYSES._entries, Count.name, Count)
    monkeypatch.setattr(Count, "runs", 0)
    arms = ("teacher", "direct", "rdpd")
    result = run(Experiment(dataset="toy", view="wrist", arms=arms, seeds=2, recipe="paper", epochs=1), store=Store.default())
    keep(result, Store.default(), "2026-01-01T00:00:00+00:00")


def test_a_result_is_kept_by_what_went_into_it(counting):
    found = analyze("count_windows", Asked("toy"))
    again = analyze("count_windows", Asked("toy"))
    assert again == found
    assert list(again.values) == ["z", "n", "row"]  # in the order in which they were found
    assert Count.runs == 1
    analyze("count_windows", Asked("toy"), {"least": 2})
    assert Count.runs == 2
    analyze("count_windows", Asked("toy"), fresh=True)
    assert Count.runs == 3
    one = str(load("toy").splits.test.subject[0])
    fewer = analyze("count_windows", Asked("toy", subjects=(one,)))
    assert fewer.values["n"] == int((load("toy").splits.test.subject == one).sum()) <= found.values["n"]


@pytest.mark.parametrize("change", [lambda text: text[:40], lambda text: text.replace('n\\": ', 'n\\": 1'), lambda text: "[]"])
def test_a_damaged_result_is_said_and_made_again(counting, change):
    found = analyze("count_windows", Asked("toy"))
    path = kept_path(Count(), open_source(Asked("toy"), load("toy")))
    path.write_text(change(path.read_text()))
    told = []
    assert analyze("count_windows", Asked("toy"), on_progress=lambda *what: told.append(what[0])) == found
    assert any("damaged" in what for what in told)
    assert Count.runs == 2


def test_a_source_gives_the_chosen_windows_arms_and_models(counting):
    loaded = load("toy")
    one = str(loaded.splits.test.subject[0])
    source = open_source(Asked("toy", subjects=(one,), arms=("rdpd",)), loaded)
    book = source.book()
    assert set(book.windows.subject.tolist()) == {one}
    assert [arm.arm for arm in book.arms] == ["teacher", "rdpd"]
    assert all(arm.probability.shape[1] == len(book.windows) for arm in book.arms)
    assert book.arms[1].overlap.shape == (2, len(book.windows))
    assert len(source.book("valid").windows) == len(loaded.splits.valid)
    card = source.cards()[-1]
    assert source.card(card.name) == card
    x = np.zeros((1, len(card.channels), book.windows.samples), dtype=np.float32)
    assert source.model(card)(__import__("torch").from_numpy(x)).logits.shape == (1, len(book.windows.classes))
    with pytest.raises(UnknownNameError, match="part"):
        source.book("tests")
    with pytest.raises(UnknownNameError, match="arm"):
        open_source(Asked("toy", arms=("rdpdd",)), loaded).book()
    with pytest.raises(UnknownNameError, match="test subject"):
        open_source(Asked("toy", subjects=("nobody",)), loaded).book()
    with pytest.raises(UnknownNameError, match="view"):
        open_source(Asked("toy", "elbow"), loaded)


def test_the_command_prints_and_writes(counting, capsys, tmp_path):
    assert main(["analyze", "count_windows", "toy", "--least", "3", "--loud", "--csv", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "How many windows" in text
    assert "- there are windows (n = " in text
    csv = (tmp_path / "out" / "windows.csv").read_text()
    assert csv.splitlines()[0] == "windows,text,share"
    assert csv.splitlines()[1].endswith(",'=1+1,")
    assert "there are windows" in (tmp_path / "out" / "conclusions.csv").read_text()
    assert main(["analyze", "count_windows", "toy", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["tables"]["Windows"][0]["share"] is None
    assert said["settings"] == {}
    assert main(["analyze", "count_windows", "toy", "--least", "101"]) == 1
    assert "least=101" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["analyze", "count", "toy"])


def test_records_are_plain_and_complete():
    assert plain({"a": np.array([1.0, np.nan]), 2: (np.float32(0.5),)}) == {"a": [1.0, None], "2": [0.5]}
    with pytest.raises(DataError, match="what may be concluded"):
        Result({}, {}, ())
    with pytest.raises(DataError, match="no result"):
        Result.from_dict({"values": {}})
    assert as_csv([]) == "\r\n"
    bare = Sentence("nothing may be said", "unknown", "n = 2 windows", "", 0.5)
    assert bare.line() == "nothing may be said (n = 2 windows; 0.500, no interval)"
    with pytest.raises(ParameterError, match="how"):
        Count.Params(how="none")
