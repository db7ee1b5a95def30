"""Entry point: `streamlit run app/main.py`, which `python3 -m app` calls."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `streamlit run` adds only this folder

import streamlit as st

from app.components import guide
from app.theme import ICON, LOGO, REDRAW, STYLE

st.set_page_config(page_title="RDPD Studio", page_icon=ICON, layout="wide")
st.logo(LOGO, size="large")
st.html(STYLE)
st.html(REDRAW, unsafe_allow_javascript=True)
titles = {
    "start": ("Start", ":material/ecg_heart:"),
    "case": ("Case study", ":material/clinical_notes:"),
    "whatif": ("What-if", ":material/tune:"),
    "lab": ("Channel lab", ":material/hub:"),
    "represent": ("Representations", ":material/compare:"),
    "explain": ("Attributions", ":material/manage_search:"),
    "cohort": ("Cohort", ":material/groups:"),
    "distill": ("Distill", ":material/model_training:"),
    "jobs": ("Jobs", ":material/progress_activity:"),
    "data": ("Data", ":material/database:"),
    "models": ("Models", ":material/neurology:"),
}
pages = {
    name: st.Page(f"views/{name}.py", title=title, icon=icon, default=name == guide.START)
    for name, (title, icon) in titles.items()
}
chosen = st.navigation(list(pages.values()), position="top")
guide.bar(next(name for name, page in pages.items() if page.url_path == chosen.url_path), pages)
chosen.run()
