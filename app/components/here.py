"""What is here: data sets and models, and how to get what is not."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from app import cached
from app.figures.text import in_markdown
from rdpd_core.datasets import Dataset, listed


def is_here(kind: type[Dataset]) -> bool:
    """Say whether a data set's files are here; a simulated one always is."""
    return kind.simulated or kind(cached.data_root()).present()


def summary() -> None:
    """Show a compact table of data sets and models, and what to do for those that are missing."""
    models = Counter(card.dataset for card in cached.cards())
    there = {kind: is_here(kind) for kind in listed()}
    rows = [{"Data": in_markdown(k.title), "Recordings": _place(k, there[k]), "Models": models[k.name]} for k in there]
    told = "Data sets, and whether their recordings and models are here"
    st.table(pd.DataFrame(rows).set_index("Data"), border="horizontal", alt=told)
    missing = [kind for kind, here in there.items() if not here]
    if missing:
        with st.popover(f"How to get the other {len(missing)}", icon=":material/download:", type="tertiary"):
            for kind in missing:
                how_to_get(kind)


def how_to_get(kind: type[Dataset]) -> None:
    """Say where recordings come from, under which licence, and where they are looked for."""
    st.markdown(f"**{in_markdown(kind.title)}**, licence: {in_markdown(kind.licence, 300)}")
    st.text(kind.obtain)
    st.caption(f"Expected in {in_markdown(kind(cached.data_root()).folder, 300)}: {in_markdown(', '.join(kind.files), 300)}")


def _place(kind: type[Dataset], here: bool) -> str:
    return "made here" if kind.simulated else "here" if here else "not here"


def models_missing(dataset: str, command: str) -> None:
    """Say that no model is here, and how to make one."""
    st.info(f"No trained model of {in_markdown(dataset)} is here yet. This makes the models that belong to the program:")
    st.code(command, language=None)
