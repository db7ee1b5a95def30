"""The app: its pages, and what stands around them. `python3 -m app` serves it by way of served.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `streamlit run` adds only this folder

import streamlit as st

from app import gate
from app.components import guide
from app.theme import ICON, LOGO, REDRAW, STYLE

st.set_page_config(page_title="RDPD Studio", page_icon=ICON, layout="wide")
st.logo(LOGO, size="large")
st.html(STYLE)
st.html(REDRAW, unsafe_allow_javascript=True)
gate.ask()
titles = {
    "start": "Start",
    "case": "Case study",
    "whatif": "What-if",
    "lab": "Channel lab",
    "results": "Results",
    "represent": "Representations",
    "explain": "Attributions",
    "cohort": "Cohort",
    "distill": "Distill",
    "jobs": "Jobs",
    "compare": "Compare",
    "data": "Data",
    "models": "Models",
}
pages = {
    name: st.Page(f"views/{name}.py", title=title, default=name == guide.START)  # icons would push the last out of sight
    for name, title in titles.items()
}
chosen = st.navigation(list(pages.values()), position="top")
guide.bar(next(name for name, page in pages.items() if page.url_path == chosen.url_path), pages)
chosen.run()
