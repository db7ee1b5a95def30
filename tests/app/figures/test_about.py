"""What a file that left the app is about: record, models, software and date, in its name, in it, and in the picture."""

import ast
import re
from pathlib import Path

import plotly.graph_objects as go

import app
from app.figures.about import About, of_cards, stamped, today
from app.figures.case import case_figure
from rdpd_core import __version__
from tests.app.made import case

TWO = (("teacher", "b" * 64), ("student", "a" * 64))
ABOUT = About((("data set", "toy"), ("subject", "s1"), ("window", "3")), TWO)


def test_a_file_name_adds_models_and_date():
    assert re.fullmatch(rf"toy_s1_models-[0-9a-f]{{8}}_{today()}", ABOUT.filename("toy_s1"))
    assert About().filename("table") == f"table_{today()}"


def test_the_digest_tells_models_apart_whatever_their_order():
    assert ABOUT.digest == ABOUT._replace(models=TWO[::-1]).digest
    assert ABOUT.digest != ABOUT._replace(models=(("teacher", "c" * 64), TWO[1])).digest
    assert About((), TWO[:1]).digest == "b" * 8
    assert About().digest == ""


def test_every_model_stands_in_a_file_with_its_whole_digest():
    lines = dict(ABOUT.lines())
    assert (lines["subject"], lines["date"]) == ("s1", today())
    assert __version__ in lines["software"]
    assert [value for name, value in ABOUT.lines() if name == "model"] == [f"{name}, sha256 {sha}" for name, sha in TWO]
    assert all(line.startswith("# ") for line in ABOUT.head().splitlines())


def test_a_name_cannot_bring_a_line_of_its_own():
    about = About((("subject", "s1\n1,2,3"),))
    assert not [line for line in about.head().splitlines() if not line.startswith("# ")]


def test_a_picture_has_a_footer_below_all_else_and_the_figure_is_left_alone():
    fig = case_figure(case(), ("I",))
    before = fig.to_json()
    out = stamped(fig, ABOUT)
    assert fig.to_json() == before
    (note,) = [one for one in out.layout.annotations if one.name == "about"]
    more = out.layout.height - fig.layout.height
    assert more == out.layout.margin.b - fig.layout.margin.b > 0
    assert note.yshift == 2 - out.layout.margin.b
    assert "toy · s1 · window 3" in note.text
    assert ABOUT.digest in note.text
    assert today() in note.text
    assert len(stamped(out, ABOUT).layout.annotations) == len(out.layout.annotations) + 1


def test_names_in_the_footer_are_literal_and_short():
    out = stamped(go.Figure(), About((("subject", "<a href=x>" + "y" * 90),)))
    (note,) = out.layout.annotations
    assert "<a" not in note.text
    assert len(note.text) < 120


def test_no_models_are_no_error():
    assert of_cards([]) == About()


def test_every_chart_of_every_page_says_what_it_is_about():
    found, silent = 0, []
    for path in sorted(Path(app.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "chart":
                found += 1
                if "about" not in {word.arg for word in node.keywords}:
                    silent.append(f"{path.name}:{node.lineno}")
    assert found > 10
    assert not silent


def test_a_legend_at_the_bottom_stands_above_the_footer():
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"}
    out = stamped(go.Figure(layout={"height": 300, "margin": {"b": 84}, "legend": legend}), ABOUT)
    more = out.layout.height - 300
    assert more > 0
    assert round(out.layout.legend.y * out.layout.height, 6) == more
    assert out.layout.margin.b == 84 + more
