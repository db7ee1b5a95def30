"""Choosing poor channels: named views, one's own by groups, one by one or in the picture, and never none."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app.components import channel_choice, fresh_key
from app.components.channel_choice import LAST, OWN, Choice, summary, toggled, view_of
from rdpd_core.datasets import DATASETS
from rdpd_core.experiments import Experiment

ECG, MOTION = DATASETS.get("simulated_ecg"), DATASETS.get("dsads")


def page():
    """A page that asks for a data set and its poor channels."""
    import streamlit as st

    from app.components import channel_choice
    from app.state import Link
    from rdpd_core.datasets import DATASETS

    link, sets = Link("toy"), ["simulated_ecg", "dsads"]
    data = st.selectbox("data", sets, key=link.offer("data", sets, sets[0]))
    chosen = channel_choice.choose(link, DATASETS.get(data))
    link.close({"data": data, **chosen.told})
    st.text(chosen.view)
    st.text(",".join(chosen.channels))


def opened(**link: str) -> AppTest:
    """Run the page with an address."""
    at = AppTest.from_function(page, default_timeout=60)
    for key, value in link.items():
        at.query_params[f"toy.{key}"] = value
    return at.run()


def chosen(at: AppTest) -> tuple[str, str]:
    """Give the view and the channels that the page was given."""
    assert not at.exception
    return at.text[0].value, at.text[1].value


def address(at: AppTest) -> dict[str, str]:
    """Give the address; a test holds what was handed in as lists."""
    return {key: value if isinstance(value, str) else value[0] for key, value in at.query_params.items()}


def pills(at: AppTest, name: str):
    """Give the pills whose label starts with a name."""
    (found,) = [group for group in at.button_group if group.label.startswith(name)]
    return found


def alt(at: AppTest) -> str:
    """Give the text alternative of the picture."""
    (picture,) = at.get("plotly_chart")
    return picture.proto.alt


def test_a_named_view_is_given_by_its_name():
    at = opened()
    assert chosen(at) == ("lead_I", "I")
    assert address(at) == {}
    pills(at, "Students read").set_value("I+II").run()
    assert chosen(at) == ("I+II", "I,II")
    assert address(at) == {"toy.view": "I+II"}
    assert "limb: 2 of 6 (I and II)" in alt(at)
    assert "Students read 2 of 15 channels" in at.markdown[-1].value


def test_ones_own_starts_with_the_view_seen_before_and_outlives_a_look_at_another():
    at = opened(view="limb")
    pills(at, "Students read").set_value(OWN).run()
    assert chosen(at) == ("limb", "I,II,III,aVR,aVL,aVF")
    pills(at, "limb").set_value(["I", "aVF"]).run()
    assert chosen(at) == ("I,aVF", "I,aVF")
    assert address(at) == {"toy.view": OWN, "toy.simulated_ecg_channels": "I,aVF"}
    pills(at, "Students read").set_value("V5").run()
    assert chosen(at) == ("V5", "V5")
    assert address(at) == {"toy.view": "V5"}
    pills(at, "Students read").set_value(OWN).run()
    assert chosen(at)[1] == "I,aVF"


def test_groups_are_taken_and_left_as_a_whole():
    at = opened(view=OWN, simulated_ecg_channels="I,V1")
    pills(at, "Whole groups").set_value(["Frank"]).run()
    assert chosen(at)[1] == "I,V1,vx,vy,vz"
    assert pills(at, "Frank").value == ["vx", "vy", "vz"]
    pills(at, "Whole groups").set_value(["Frank", "limb"]).run()
    assert chosen(at)[1] == "I,II,III,aVR,aVL,aVF,V1,vx,vy,vz"
    pills(at, "Whole groups").set_value(["limb"]).run()
    assert chosen(at)[1] == "I,II,III,aVR,aVL,aVF,V1"


def test_groups_follow_what_is_chosen_one_by_one():
    at = opened(view=OWN, simulated_ecg_channels="vx,vy")
    assert pills(at, "Whole groups").value == []
    pills(at, "Frank: 2 of 3").set_value(["vx", "vy", "vz"]).run()
    assert pills(at, "Whole groups").value == ["Frank"]
    assert chosen(at) == ("Frank", "vx,vy,vz")
    pills(at, "Frank: 3 of 3").set_value(["vz"]).run()
    assert pills(at, "Whole groups").value == []


@pytest.mark.parametrize(("name", "before"), [("limb", "I"), ("Whole groups", "vx,vy,vz")])
def test_the_last_channel_cannot_be_taken_away(name, before):
    at = opened(view=OWN, simulated_ecg_channels=before)
    pills(at, name).set_value([]).run()
    assert chosen(at)[1] == before
    assert [w.value for w in at.warning] == [LAST]
    assert pills(at, name).value == (["I"] if name == "limb" else ["Frank"])
    at.run()
    assert not at.warning


def test_a_link_restores_ones_own_channels_in_the_order_of_the_data_set():
    at = opened(view=OWN, simulated_ecg_channels="V6, I")
    assert chosen(at) == ("I,V6", "I,V6")
    assert not at.warning
    assert pills(at, "chest").value == ["V6"]


@pytest.mark.parametrize("bad", ["I,V7", "nobody", "[x](y)"])
def test_a_link_to_channels_that_are_not_there_is_told(bad):
    at = opened(view=OWN, simulated_ecg_channels=bad)
    assert chosen(at) == ("lead_I", "I")
    (told,) = [w.value for w in at.warning]
    assert "The link asks for channels" in told
    assert "[x](y)" not in told
    pills(at, "limb").set_value(["II"]).run()
    assert not at.warning


def test_a_link_to_ones_own_that_names_none_gets_the_first_view():
    assert chosen(opened(view=OWN)) == ("lead_I", "I")
    assert chosen(opened(view=OWN, simulated_ecg_channels=" , ")) == ("lead_I", "I")


def test_going_back_undoes_a_choice(monkeypatch):
    at = opened(view=OWN, simulated_ecg_channels="I,V1")
    pills(at, "chest").set_value(["V1", "V2"]).run()
    assert chosen(at)[1] == "I,V1,V2"
    at.query_params["toy.simulated_ecg_channels"] = "I,V1"
    monkeypatch.setattr("app.state.went_back", lambda: True)
    at.run()
    assert chosen(at)[1] == "I,V1"
    assert pills(at, "chest").value == ["V1"]


def test_each_data_set_keeps_a_choice_of_its_own():
    at = opened(view=OWN, simulated_ecg_channels="I,V1")
    at.selectbox[0].select("dsads").run()
    assert not at.warning
    assert chosen(at)[0] == "right_arm"
    pills(at, "Whole groups").set_value(["torso"]).run()
    assert chosen(at)[0] == "torso"
    assert set(address(at)) == {"toy.data", "toy.view", "toy.dsads_channels"}
    at.selectbox[0].select("simulated_ecg").run()
    assert chosen(at)[1] == "I,V1"


def test_many_channels_of_a_group_are_a_list_to_search(monkeypatch):
    monkeypatch.setattr(channel_choice, "PILLS", 8)
    at = opened(data="dsads", view=OWN, dsads_channels="T_xacc,RA_xacc")
    assert [box.label for box in at.multiselect][:2] == ["torso: 1 of 9", "right arm: 1 of 9"]
    at.multiselect[0].select("T_yacc").run()
    assert chosen(at)[1] == "T_xacc,T_yacc,RA_xacc"


@pytest.mark.parametrize("dataset", list(DATASETS), ids=lambda d: d.name)
def test_the_result_is_a_view_of_an_experiment(dataset):
    assert OWN not in dataset.views
    names = [c.name for c in dataset.channels]
    for few in (names[:1], names[1:4], names):
        assert dataset.view(Experiment(dataset=dataset.name, view=view_of(dataset, few)).view) == tuple(few)
    for view in dataset.views:
        assert view_of(dataset, dataset.view(view), view) == view


def test_a_click_takes_all_that_a_mark_stands_for_or_leaves_all():
    arm = [c.name for c in MOTION.channels if c.group == "right_arm"]
    assert toggled(MOTION.channels, arm[:3], arm) == tuple(arm)
    assert toggled(MOTION.channels, arm, arm) == ()
    assert toggled(ECG.channels, ("V1",), ("I",)) == ("I", "V1")


@pytest.fixture
def session(monkeypatch):
    """A session in which lead I is read, and a picture was drawn; gives it, and a function that clicks into a picture."""
    state = {"mode": "lead_I", "own": "", "own.turn": 0}
    monkeypatch.setattr(channel_choice.st, "session_state", state)
    choice = Choice(ECG, "mode", "own")

    def click(turn: int, *leads: str) -> str:
        points = [{"customdata": ["channel", lead]} for lead in leads]
        state[f"own.picture.{turn}"] = {"selection": {"points": points}}
        channel_choice._take_click(choice, f"own.picture.{turn}")
        return ",".join(choice.names())

    return SimpleNamespace(state=state, click=click)


def test_a_click_into_the_picture_begins_ones_own_choice(session):
    assert session.click(0, "V2") == "I,V2"
    assert (session.state["mode"], session.state["own.turn"]) == (OWN, 1)
    assert session.click(1, "I") == "V2"


def test_a_click_that_is_told_again_is_not_heard_again(session):
    session.click(0, "V2")
    assert session.click(0, "V2") == "I,V2"
    assert session.click(0, "V3") == "I,V2,V3"  # a quick second click into the picture that is being replaced
    assert session.click(2, "V4") == "I,V2,V3,V4"
    assert session.click(0, "V2") == "I,V2,V3,V4"
    assert session.click(2) == "I,V2,V3,V4"


def test_a_click_cannot_take_the_last_channel(session):
    assert session.click(0, "I") == "I"
    assert session.state["mode"] == "lead_I"
    assert session.state["own.last"]
    assert session.state["own.turn"] == 1  # another picture, in which nothing is marked as clicked


def test_what_a_browser_tells_of_an_earlier_widget_is_no_news(monkeypatch):
    state = {"mode": OWN, "own": "I,V1", "own.in.limb.turn": 0}
    monkeypatch.setattr(channel_choice.st, "session_state", state)
    assert fresh_key.fresh_key("own.in.limb", ["I"]) == "own.in.limb.1"
    state["own.in.limb.0"] = []
    choice = Choice(ECG, "mode", "own")
    channel_choice._take_channels(choice, ["I", "II"], "own.in.limb.0")
    assert state["own"] == "I,V1"
    state["own.in.limb.1"] = ["I", "II"]
    channel_choice._take_channels(choice, ["I", "II"], "own.in.limb.1")
    assert state["own"] == "I,II,V1"
    assert fresh_key.fresh_key("own.in.limb", ["II", "I"]) == "own.in.limb.1"


def test_long_lists_are_cut_but_counted():
    names = [c.name for c in MOTION.channels]
    told = summary(MOTION.channels, names[:20])
    assert "20 of 45" in told
    assert told.endswith("and 5 more. The teacher reads all 45.")
    assert "Students read 1 of 15 channels: I." in summary(ECG.channels, ["I"])
