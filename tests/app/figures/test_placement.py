"""Pictures of channels: everything has one mark in its place, filled where chosen, and tells what it stands for."""

import itertools
import math
import re

import pytest

from app import theme
from app.figures.placement import (
    BODY,
    KINDS,
    LEADS,
    LIST,
    describe_placement,
    members_of,
    placement_figure,
    placement_kind,
    units_of,
)
from rdpd_core.datasets import DATASETS
from rdpd_core.types import Channel

ECG, MOTION = DATASETS.get("simulated_ecg").channels, DATASETS.get("dsads").channels
VITALS = tuple(Channel(name, "1", "vitals") for name in ("HR", "SpO2", "Temp", "Resp"))
WORN = (
    *(Channel(f"{place}_{axis}", "m/s^2", place) for place in ("hand", "chest", "ankle") for axis in "xyz"),
    Channel("heart_rate", "1/min", "heart rate"),
)
SETS = {"ecg": ECG, "motion": MOTION, "vitals": VITALS, "worn": WORN}


def marks(fig):
    """Give place and fill of each mark, by what it stands for."""
    out = {}
    for trace in fig.data:
        for x, y, (what, name), color in zip(trace.x, trace.y, trace.customdata, trace.marker.color, strict=True):
            assert (what, name) not in out
            out[what, name] = (x, y, color)
    return out


def texts(fig):
    """Give all text of a figure, without tags."""
    return [" ".join(re.sub("<[^>]*>", " ", note.text).split()) for note in fig.layout.annotations]


def wedges(fig):
    """Give the shapes that fill a mark in part."""
    return [shape for shape in fig.layout.shapes if shape.xsizemode == "pixel"]


@pytest.mark.parametrize(("channels", "kind"), [(ECG, LEADS), (MOTION, BODY), (WORN, BODY), (VITALS, LIST), ((), LIST)])
def test_the_picture_follows_from_the_channels(channels, kind):
    assert placement_kind(channels) == kind


@pytest.mark.parametrize("name", ["wrist", "LeftWrist", "r_thigh", "Head", "upper-arm (left)", "hip", "heartRate"])
def test_body_places_are_known_by_names_or_groups(name):
    assert placement_kind([Channel("x", "m/s^2", name)]) == BODY
    assert placement_kind([Channel(f"{name}_accX", "m/s^2", "sensor 1")]) == BODY


@pytest.mark.parametrize("name", ["i", "Lead II", "avr", "ECG V5", "vx"])
def test_leads_are_known_however_they_are_written(name):
    assert placement_kind([Channel(name, "mV", "x")]) == LEADS


@pytest.mark.parametrize("kind", [None, *KINDS])
@pytest.mark.parametrize("channels", SETS.values(), ids=SETS)
def test_every_channel_has_exactly_one_mark(channels, kind):
    found = [name for what in marks(placement_figure(channels, (), kind)) for name in members_of(channels, what)]
    assert sorted(found) == sorted(c.name for c in channels)


def test_what_has_no_place_is_listed_below():
    channels = (*ECG, Channel("resp", "a.u.", "breathing"))
    placed, loose = units_of(channels)
    assert len(placed) == len(ECG)
    assert [unit.name for unit in loose["breathing"]] == ["resp"]
    here = marks(placement_figure(channels, ()))
    assert here["channel", "resp"][1] < min(y for what, (_, y, _) in here.items() if what[1] != "resp")


def test_a_lead_that_is_there_twice_is_drawn_once_and_listed_once():
    placed, loose = units_of([Channel(name, "mV", "limb") for name in ("I", "II", "lead_II")])
    assert [unit.name for unit in placed] == ["I", "II"]
    assert [unit.name for unit in loose["limb"]] == ["lead_II"]


def test_chosen_is_filled_partly_chosen_is_a_clock_and_the_rest_is_hollow():
    chosen = {"T_xacc", "T_yacc", "T_zacc", *(c.name for c in MOTION if c.group == "left_leg")}
    fig = placement_figure(MOTION, chosen)
    here = marks(fig)
    full = [name for (_, name), (_, _, color) in here.items() if color == theme.INK]
    assert full == ["left_leg"]
    (wedge,) = wedges(fig)
    assert (wedge.xanchor, wedge.yanchor) == here["group", "torso"][:2]
    assert "torso 3 of 9 channels" in texts(fig)
    assert "left leg 9 of 9 channels" in texts(fig)
    bold = [note.text for note in fig.layout.annotations if note.text.startswith("<b>")]
    assert len(bold) == 2
    tips = dict(zip([name for _, name in fig.data[0].customdata], fig.data[0].text, strict=True))
    assert "3 of 9 channels" in tips["torso"]
    assert "<b>T_zacc</b>" in tips["torso"]
    assert "0 of 9 channels" in tips["right_arm"]


def test_the_wedge_grows_with_the_share():
    def area(count):
        (wedge,) = wedges(placement_figure(MOTION, [c.name for c in MOTION[:count]]))
        corners = [tuple(map(float, point.split(","))) for point in re.findall(r"-?[\d.]+,-?[\d.]+", wedge.path)]
        return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise([*corners, corners[0]]))) / 2

    assert area(6) == pytest.approx(2 * area(3), rel=0.02)
    assert area(8) == pytest.approx(8 / 9 * math.pi * 10**2, rel=0.03)


def test_a_person_and_a_chest_are_seen_from_the_front():
    body = marks(placement_figure(MOTION, ()))
    assert body["group", "right_arm"][0] == -body["group", "left_arm"][0] < 0
    assert body["group", "torso"][1] > body["group", "left_arm"][1] > body["group", "left_leg"][1]
    chest = marks(placement_figure(ECG, ()))
    across = [chest["channel", f"V{n}"][0] for n in range(1, 7)]
    assert across == sorted(across)
    assert across[0] == -across[1] < 0  # on both sides of the breastbone
    assert chest["channel", "V4"][1] == chest["channel", "V6"][1] < chest["channel", "V1"][1]
    assert {"right", "left"} <= set(texts(placement_figure(MOTION, ())))


def test_limb_leads_point_where_they_point():
    here = {name: place[:2] for (_, name), place in marks(placement_figure(ECG[:6], ())).items()}
    x0, y0 = here["aVF"][0], here["I"][1]
    for name, angle in {"I": 0, "II": 60, "III": 120, "aVR": -150, "aVL": -30, "aVF": 90}.items():
        x, y = here[name]
        assert math.degrees(math.atan2(y0 - y, x - x0)) == pytest.approx(angle), name
    assert "aVL −30°" in texts(placement_figure(ECG[:6], ()))


def test_parts_of_the_picture_that_have_no_lead_are_left_out():
    assert not [text for text in texts(placement_figure(ECG[:6], ())) if "Chest" in text or "Frank" in text]
    assert not [text for text in texts(placement_figure(ECG[6:12], ())) if "Limb" in text]
    assert "Frank axes" in texts(placement_figure(ECG, ()))
    assert placement_figure(ECG[:6], ()).layout.height < placement_figure(ECG, ()).layout.height


@pytest.mark.parametrize("channels", SETS.values(), ids=SETS)
def test_marks_stay_apart_inside_a_picture_of_fixed_proportions(channels):
    fig = placement_figure(channels, ())
    low, high = fig.layout.yaxis.range
    width = fig.layout.xaxis.range[1] - fig.layout.xaxis.range[0]
    assert (fig.layout.yaxis.scaleanchor, fig.layout.yaxis.scaleratio) == ("x", 1)
    assert fig.layout.height == pytest.approx(360 * (high - low) / width, abs=1)
    places = [place[:2] for place in marks(fig).values()]
    assert all(abs(x) < width / 2 - 3 and low + 3 < y < high - 3 for x, y in places)
    assert min(math.dist(a, b) for a, b in itertools.combinations(places, 2)) > 5.5  # 16 pixels at a width of 300


def test_units_without_a_side_or_in_one_place_do_not_cover_each_other():
    channels = [
        Channel(f"{name} {axis}", "g", name) for name in ("hand", "palm", "right hand", "chest", "torso") for axis in "xy"
    ]
    fig = placement_figure(channels, ())
    places = [place[:2] for place in marks(fig).values()]
    assert min(math.dist(a, b) for a, b in itertools.combinations(places, 2)) >= 5.5
    written = [(note.x, note.y) for note in fig.layout.annotations]
    assert len(set(written)) == len(written)


def test_colors_are_those_of_the_theme_on_a_transparent_ground():
    for channels in SETS.values():
        fig = placement_figure(channels, {channels[0].name})
        drawn = fig.update_layout(template="none").to_json()
        assert fig.layout.paper_bgcolor == fig.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
        assert set(re.findall(r"#[0-9A-Fa-f]{6}", drawn)) <= {theme.INK, theme.QUIET, theme.MUTED}


def test_a_click_leaves_the_picture_as_it_is():
    for trace in placement_figure(ECG, ()).data:
        assert trace.unselected.marker.opacity == trace.selected.marker.opacity == 1


def test_names_from_files_cannot_bring_tags():
    odd = '<a href="x">wrist</a>'
    for kind in KINDS:
        fig = placement_figure([Channel(f"{odd}{n}", "1", odd) for n in range(2)], (), kind)
        for text in [*(note.text for note in fig.layout.annotations), *(text for trace in fig.data for text in trace.text)]:
            assert "<a" not in text


def test_words_tell_what_the_picture_shows():
    told = describe_placement(MOTION, {"T_xacc", "T_yacc", *(c.name for c in MOTION if c.group == "right_arm")})
    assert "11 of 45 channels are chosen" in told
    assert "torso: 2 of 9 (T_xacc and T_yacc)" in told
    assert "right arm: all 9" in told
    assert "left leg: none" in told
    assert "limb: 1 of 6 (I)" in describe_placement(ECG, {"I"})
    assert describe_placement(VITALS, {"HR"}).startswith("Channels by group")
