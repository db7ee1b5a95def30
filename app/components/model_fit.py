"""Which of the data sets a model can read, with both sides where it cannot."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.components.here import is_here
from rdpd_core.datasets import DATASETS
from rdpd_core.experiments.fitting import fits
from rdpd_core.store import ModelCard


def show(card: ModelCard) -> None:
    """Show a row per data set."""
    table = fit_table(card)
    told = f"Whether {card.key} can read each data set"
    st.dataframe(table, hide_index=True, width=640, alt=told)
    st.caption("Told from what each data set declares: channels, units, classes, sampling rate and window.")
    for name, why in fits(card).items():
        if why:
            with st.expander(f"Why it does not fit {name}"):
                st.text(why)


def fit_table(card: ModelCard) -> pd.DataFrame:
    """Give a row per data set: whether its recordings are here, and whether the model fits."""
    rows = []
    for name, why in fits(card).items():
        kind = DATASETS.get(name)
        place = "made here" if kind.simulated else "yes" if is_here(kind) else "no"
        rows.append({"data set": kind.title, "recordings here": place, "fits": "✗ no" if why else "✓ yes"})
    return pd.DataFrame(rows)
