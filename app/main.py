"""Entry point: `streamlit run app/main.py`, which `python3 -m app` calls."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `streamlit run` adds only this folder

import streamlit as st

from app.theme import ICON, LOGO

st.set_page_config(page_title="RDPD Studio", page_icon=ICON, layout="wide")
st.logo(LOGO, size="large")
pages = [
    st.Page("views/start.py", title="Start", icon=":material/ecg_heart:", default=True),
    st.Page("views/case.py", title="Case study", icon=":material/clinical_notes:"),
    st.Page("views/whatif.py", title="What-if", icon=":material/tune:"),
    st.Page("views/distill.py", title="Distill", icon=":material/model_training:"),
    st.Page("views/jobs.py", title="Jobs", icon=":material/progress_activity:"),
    st.Page("views/data.py", title="Data", icon=":material/database:"),
    st.Page("views/models.py", title="Models", icon=":material/neurology:"),
]
st.navigation(pages, position="top").run()
