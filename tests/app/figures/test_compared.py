"""Charts of compared experiments as figures: every series is drawn as its kind, with its mark, and names are only text."""

import json

import plotly.graph_objects as go
import pytest

from app import theme
from app.figures.compared import LONGEST, chart_figure, chart_table
from rdpd_core.experiments.compared.chart import Axis
from tests.core.experiments.compared.test_svg import chart


@pytest.fixture(scope="module")
def drawn():
    """The figure, as plotly accepts it."""
    return go.Figure(json.loads(chart_figure(chart()).to_json()))


def test_every_series_is_drawn_as_its_kind(drawn):
    by_name = {trace.name: trace for trace in drawn.data if trace.name}
    assert (by_name["Direct"].mode, by_name["Distill"].mode, by_name["Teacher"].mode) == ("lines+markers", "lines", "markers")
    assert tuple(by_name["Teacher"].error_y.array) == pytest.approx((0, 0, 0))
    assert tuple(by_name["Teacher"].error_y.arrayminus) == pytest.approx((0.4, 0, 0.4))
    assert tuple(by_name["RDPD"].error_x.arrayminus) == pytest.approx((0.5, 0, 0.5))
    bands = [trace for trace in drawn.data if trace.fill == "toself"]
    assert [tuple(band.x) for band in bands] == [(1, 3, 3, 1)]  # the point without an interval is left out
    assert tuple(bands[0].y) == pytest.approx((0.6, 0.9, 0.5, 0.4))


def test_an_arm_has_its_mark_and_an_unknown_one_the_common_mark(drawn):
    by_name = {trace.name: trace for trace in drawn.data if trace.name}
    assert by_name["RDPD"].marker.symbol == theme.mark_of("rdpd").symbol
    assert by_name["of its own"].marker.color == theme.OTHER.color


def test_names_are_text_and_long_ones_are_cut(drawn):
    assert drawn.layout.title.text == "A &lt;title&gt; &amp; more"
    assert next(t for t in drawn.data if t.name == "Direct").customdata[0] == "&lt;a&gt;"
    long = chart_figure(chart(y=Axis("", ((0.5, "x" * 99),))))
    assert len(long.layout.yaxis.ticktext[0]) == LONGEST


def test_a_logarithmic_axis_spans_what_it_is_told():
    found = chart_figure(chart(x=Axis("parameters", (), (1, 1000), True)))
    assert found.layout.xaxis.type == "log"
    assert tuple(found.layout.xaxis.range) == pytest.approx((0, 3))


def test_the_table_is_what_the_chart_holds():
    assert chart_table(chart()).to_dict("records") == [{"a": 1}]
