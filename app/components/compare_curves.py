"""Curves over a setting in which experiments of a grid differ: noise, temperature, amount of data, labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.components import compare_chart, frame
from app.components.compare_choice import Looked
from app.components.compare_table import says
from app.state import Link
from rdpd_core.experiments.compared.curves import AXES, axes_of, courses, curve_chart, curve_sentences
from rdpd_core.experiments.compared.entry import Found
from rdpd_core.experiments.compared.selection import BANDS
from rdpd_core.experiments.compared.table import corrected

SNR = {False: "amplitude", True: "signal-to-noise ratio"}
GRID = "python -m rdpd_core jobs start simulated_ecg --view lead_I --seeds 5 --grid noise=0,0.5,1,2"
MOST = 12


def ask(link: Link, told: dict[str, Any], found: Found) -> Mapping[str, Any]:
    """Ask along which setting, with which bands; gives parts of the selection."""
    axes = axes_of(found.entries)
    if not axes:
        return {}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        key = link.offer("against", axes, axes[0])
        titles = {axis: AXES[axis].partition(" (")[0] for axis in axes}
        against = st.segmented_control("Against", axes, format_func=titles.get, key=key, required=True)
        key = link.offer("band", list(BANDS), "interval")
        band = st.selectbox("Bands", list(BANDS), format_func=BANDS.get, key=key, width=340)
        told |= {"against": against, "band": band}
        chosen = {"against": against, "band": band}
        if against == "noise":
            key = link.offer("snr", list(SNR), False)
            told["snr"] = st.segmented_control("Noise as", list(SNR), format_func=SNR.get, key=key, required=True)
            chosen["snr"] = told["snr"]
    return chosen


def show(page: str, looked: Looked) -> None:
    """Show a curve for every course, or say what it takes."""
    selection = looked.selection
    shown = selection.of(looked.found.entries)
    drawn = [c for c in courses(shown, selection.against) if len(c.values) > 1] if selection.against else []
    if not drawn:
        st.info(
            "No two of these experiments differ in one number only (noise, temperature, share of data, labels), so there is no "
            "curve to draw. A grid makes one.",
            icon=":material/show_chart:",
        )
        frame.command(GRID, "Trains such a grid in the background")
        return
    rows, _ = corrected(looked.found.entries, selection.score)
    for at, course in enumerate(drawn[:MOST]):
        compare_chart.show(page, curve_chart(course, selection), course.entries, str(at))
        says(curve_sentences(course, selection, rows))
    if len(drawn) > MOST:
        st.caption(f"{len(drawn) - MOST} more curves are not drawn; choose fewer experiments to see them.")
