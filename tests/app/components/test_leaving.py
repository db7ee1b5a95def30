"""What was made from credentialed data is offered as a file only after it was asked for twice."""

import pytest
from streamlit.testing.v1 import AppTest

LICENCE = "not to be shared"


def page() -> None:
    """A picture, a table and a file of a data set."""
    import pandas as pd
    import plotly.graph_objects as go
    import streamlit as st

    from app.components import leaving
    from app.components.charts import chart
    from app.figures.about import About

    about = About((("data set", st.session_state.dataset),))
    tables = {"Values": lambda: pd.DataFrame({"x": [1]})}
    chart(go.Figure(go.Scatter(x=[0, 1], y=[1, 2])), "one", "file", "A line.", tables, about=about)
    leaving.file(about.dataset, "Decisions (CSV)", b"x", "x.csv", "text/csv", key="two")


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_DATA", str(tmp_path))
    return AppTest.from_function(page, default_timeout=30)


def files(at):
    return [element.proto.label for element in at.get("download_button")]


def camera(at):
    import json

    return "toImage" not in json.loads(at.get("plotly_chart")[0].proto.config)["modeBarButtonsToRemove"]


def test_open_data_are_saved_at_once(at):
    at.session_state.dataset = "dsads"
    at.run()
    assert files(at) == ["Values (CSV)", "Picture (HTML)", "Decisions (CSV)"]
    assert camera(at)


def test_credentialed_data_are_saved_after_a_second_question(at):
    at.session_state.dataset = "mimic3"
    at.run()
    assert not at.exception
    assert files(at) == []
    assert not camera(at)
    assert [LICENCE in told.value for told in at.markdown] == [True, True]
    at.button(key="two.allowed").click().run()
    assert files(at) == ["Values (CSV)", "Picture (HTML)", "Decisions (CSV)"]
    assert camera(at)


def test_simulated_files_of_the_same_form_are_free(at, tmp_path):
    from rdpd_core.datasets.base import MARK

    (tmp_path / "mimic3").mkdir()
    (tmp_path / "mimic3" / MARK).touch()
    at.session_state.dataset = "mimic3"
    at.run()
    assert "Decisions (CSV)" in files(at)
