"""Charts as SVG: well formed, the same bytes for the same chart, with every name told and nothing from outside."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from rdpd_core.experiments.compared.chart import Axis, Chart, Series
from rdpd_core.experiments.compared.svg import ticks_of, to_svg
from rdpd_core.marks import ARM_MARKS

SPACE = "{http://www.w3.org/2000/svg}"


def chart(**changes) -> Chart:
    """Give a chart with a series of every kind."""
    ends = ((0.4, 0.6), None, (0.5, 0.9))
    series = (
        Series("Direct", "direct", (1, 2, 3), (0.5, 0.6, 0.7), ends, ("<a>", "b", "c")),
        Series("Teacher", "teacher", (1, 2, 3), (0.8, 0.8, 0.9), ends, (), "points"),
        Series("RDPD", "rdpd", (1.5, 2, 2.5), (0.1, 0.2, 0.3), ((1, 2), None, (2, 3)), (), "rows"),
        Series("Distill", "distill", (1, 3), (0.3, 0.4), (), (), "course"),
        Series("", "", (1, 3), (0.2, 0.2), (), (), "leader"),
        Series("", "", (1, 2), (0.25, 0.25), (), (), "bar"),
        Series("of its own", "somebody's", (2,), (0.5,), (), (), "points"),
    )
    made = Chart("n", "A <title> & more", Axis("x (s)"), Axis("score"), series, "Words & words.", "n = 3", ({"a": 1},))
    return replace(made, **changes)


def test_it_is_well_formed_and_says_what_it_shows():
    root = ET.fromstring(to_svg(chart()))
    assert root.find(f"{SPACE}title").text == "A <title> & more"
    assert root.find(f"{SPACE}desc").text == "Words & words. n = 3"
    told = [element.text for element in root.iter(f"{SPACE}text")]
    for text in ("Direct", "RDPD", "of its own", "x (s)", "score"):
        assert text in told
    assert "<a>" in [element.text for element in root.iter(f"{SPACE}title")]


def test_the_same_chart_gives_the_same_bytes_and_fetches_nothing():
    assert to_svg(chart()) == to_svg(chart())
    assert "href" not in to_svg(chart())


def test_a_file_that_leaves_its_page_says_what_it_is_about():
    root = ET.fromstring(to_svg(chart(), "a job & a date"))
    assert "a job & a date" in [element.text for element in root.iter(f"{SPACE}text")]
    assert int(root.get("height")) > int(ET.fromstring(to_svg(chart())).get("height"))


def test_every_arm_has_a_shape_of_its_own():
    drawn = {}
    for arm in ARM_MARKS:
        point = Series("", arm, (0.0,), (0.0,), kind="points")
        root = ET.fromstring(to_svg(chart(series=(point,))))
        shape = next(e for e in [*root.iter(f"{SPACE}circle"), *root.iter(f"{SPACE}path")])
        drawn[arm] = (shape.tag, shape.get("d"), shape.get("fill"))
    assert len(set(drawn.values())) == len(ARM_MARKS)


def test_points_lie_where_their_values_are():
    line = Series("Direct", "direct", (0, 10), (0, 1), kind="points")
    made = chart(series=(line,), x=Axis("x", (), (0, 10)), y=Axis("y", (), (0, 1)))
    root = ET.fromstring(to_svg(made))
    (left, right) = [c for c in root.iter(f"{SPACE}circle") if float(c.get("cy")) > 40]
    assert float(left.get("cx")) < float(right.get("cx"))
    assert float(left.get("cy")) > float(right.get("cy"))


def test_equal_ratios_are_equally_far_apart_on_a_logarithmic_axis():
    points = Series("", "direct", (10, 100, 1000), (1, 1, 1), kind="points")
    made = chart(series=(points,), x=Axis("x", (), (1, 10000), True))
    at = [float(c.get("cx")) for c in ET.fromstring(to_svg(made)).iter(f"{SPACE}circle")]
    assert at[1] - at[0] == pytest.approx(at[2] - at[1], abs=0.2)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.31, 0.92, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]), (-5, 5, [-4, -2, 0, 2, 4])],
)
def test_ticks_are_round(low, high, ticks):
    assert ticks_of(low, high) == pytest.approx(ticks)
