"""Signals to look at closely: choices in the address, steps by buttons, calipers."""

import pytest
from streamlit.testing.v1 import AppTest


def page():
    """A page that shows 20 s of beats on the limb leads, and 48 hours of a pulse if asked for."""
    import numpy as np
    import streamlit as st

    from app.components import viewer
    from app.components.viewer_source import Source
    from app.state import Link
    from rdpd_core.types import Channel
    from tests.app.made import LEADS, beat

    link = Link("toy")
    if st.query_params.get("what") == "vitals":
        source = Source((Channel("pulse", "1/min", "heart"),), np.arange(48.0)[None] + 60, 1 / 3600, 0.0, "Stay", "stay")
    else:
        signal = np.tile(beat(np.arange(4000) / 200), (12, 1)).astype(np.float32)
        channels = tuple(Channel(name, "mV", "limb" if at < 6 else "chest") for at, name in enumerate(LEADS))
        source = Source(channels, signal, 200.0, 5.0, "s1", "s1", ("II",), 2.5)

    def moved(by):
        st.session_state["moved"] = st.session_state.get("moved", 0) + by

    walk = viewer.Walk(moved, True, st.session_state.get("moved", 0) < 2) if st.query_params.get("windows") else None
    link.close(viewer.show(link, source, walk=walk))
    st.text(st.session_state.get("moved", 0))


def opened(**link: str) -> AppTest:
    """Run the page with an address."""
    at = AppTest.from_function(page, default_timeout=60)
    for key, value in link.items():
        at.query_params[key if key in ("what", "windows") else f"toy.{key}"] = value
    return ran(at)


def ran(at: AppTest) -> AppTest:
    """Run it again, and see that nothing went wrong."""
    at.run()
    assert not at.exception
    return at


def number(at: AppTest, label: str):
    """Give a number's widget."""
    (found,) = [one for one in at.number_input if one.label.startswith(label)]
    return found


def button(at: AppTest, label: str):
    """Give a button."""
    (found,) = [one for one in at.button if one.label == label]
    return found


def press(at: AppTest, label: str) -> None:
    """Click a button."""
    button(at, label).click()
    ran(at)


def chosen(at: AppTest) -> dict[str, str]:
    """Give the address."""
    return {key.removeprefix("toy."): value[0] if isinstance(value, list) else value for key, value in at.query_params.items()}


def test_a_page_starts_with_the_usual_paper_and_a_clean_address():
    at = opened()
    assert chosen(at) == {}
    assert not at.warning
    assert number(at, "From").value == 5.0
    assert number(at, "Length").value == 20.0
    assert button(at, "Previous").proto.shortcut == "p"
    assert button(at, "Next").proto.shortcut == "n"


def test_the_address_is_restored():
    link = {"speed": "50.0", "gain": "20.0", "layout": "3x4 + rhythm", "from": "7.5", "length": "10.0", "on": "II", "t0": "8.0"}
    at = opened(**link, t1="8.8", a0="-0.5", a1="0.5", step="beat")
    assert not at.warning
    assert number(at, "From").value == 7.5
    assert number(at, "Second time").value == 8.8
    assert "800 ms · 75 bpm; 1\\.00 mV between the chosen levels" in at.markdown[0].value
    at = ran(at)
    assert chosen(at)["from"] == "7.5"


@pytest.mark.parametrize(
    ("name", "bad"),
    [("from", "soon"), ("t0", "nan"), ("speed", "30"), ("on", "XII"), ("length", ""), ("from", "900"), ("t1", "4")],
)
def test_what_a_link_asks_for_in_vain_is_said(name, bad):
    at = opened(**{name: bad})
    assert len(at.warning) == 1
    assert name in at.warning[0].value


def test_a_longer_stretch_begins_earlier():
    at = opened(**{"from": "19", "length": "5"})
    number(at, "Length").set_value(15.0)
    ran(at)
    assert number(at, "From").value == 10.0


def test_steps_go_through_the_recording_and_end_at_its_end():
    at = opened(length="8")
    press(at, "Next")
    assert number(at, "From").value == 13.0
    press(at, "Next")
    assert number(at, "From").value == 17.0
    assert button(at, "Next").disabled
    press(at, "Previous")
    assert chosen(at) == {"from": "9.0", "length": "8.0"}
    press(at, "Show all")
    assert number(at, "Length").value == 20.0


def test_steps_by_beat_put_the_calipers_around_it_and_bring_it_into_view():
    at = opened(length="3", step="beat")
    seen = []
    for _ in range(4):
        press(at, "Next")
        seen.append((number(at, "First time").value, number(at, "Second time").value))
        begin = number(at, "From").value
        assert begin <= seen[-1][0] < seen[-1][1] <= begin + 3.0
    assert [t1 - t0 for t0, t1 in seen] == pytest.approx([1.0] * 4, abs=0.03)
    assert [one[0] for one in seen[1:]] == [one[1] for one in seen[:-1]]
    assert chosen(at)["on"] == "II"
    assert "60 bpm" in at.markdown[0].value
    press(at, "Previous")
    assert number(at, "First time").value == seen[2][0]


def test_steps_by_segment_go_from_edge_to_edge():
    at = opened(step="segment")
    press(at, "Next")
    press(at, "Next")
    assert (number(at, "First time").value, number(at, "Second time").value) == (7.5, 10.0)


def test_steps_by_window_are_the_pages():
    at = opened(windows="1")
    press(at, "Next")
    press(at, "Next")
    press(at, "Previous")
    assert at.text[0].value == "1"


def test_a_number_that_is_typed_goes_into_the_address():
    at = opened(on="I")
    number(at, "First time").set_value(9.0)
    ran(at)
    assert chosen(at)["t0"] == "9.0"
    number(at, "First level").set_value(0.25)
    ran(at)
    assert chosen(at)["a0"] == "0.25"
    number(at, "First level").set_value(None)
    ran(at)
    assert "a0" not in chosen(at)


def test_hours_are_asked_for_in_hours():
    at = opened(what="vitals", on="pulse", t0="7200", t1="18000")
    assert number(at, "Length (h)").value == 48.0
    assert number(at, "First time (h)").value == 2.0
    assert "3 1/min" in at.markdown[0].value.replace("\\", "")
    number(at, "Second time").set_value(6.0)
    ran(at)
    assert chosen(at)["t1"] == "21600.0"


def test_a_case_is_looked_at_with_its_segments():
    from app.components.viewer_source import source_of
    from tests.app.made import arm, case

    made = case()
    source = source_of(made)
    assert (source.start_s, source.end_s, source.segment_s) == (5.0, 15.0, 2.5)
    assert source.signal is made.signal
    assert source.poor == ("I",)
    assert "simulated" in source.title
    assert "s012" in source.filename
    assert source_of(case(arms=(arm("direct", [1.0, 0.0, 0.0], None),))).segment_s is None
