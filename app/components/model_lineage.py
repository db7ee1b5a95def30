"""Who taught a model and whom it taught, as a picture and in words."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app import cached
from app.components.charts import chart
from app.figures.about import of_cards
from app.figures.lineage import family_of, lineage_figure, lineage_table, lineage_words
from app.figures.text import in_filename, in_markdown
from rdpd_core.store import ModelCard


def show(card: ModelCard) -> None:
    """Show the family of a model."""
    family = family_of(card, cached.cards(card.dataset))
    words = lineage_words(family)
    st.markdown(in_markdown(words, 900))
    if family.teacher is None and not (card.teacher and family.students):
        return
    alt = f"{words} The chosen model, {card.name}, has a ring."
    shown = [*([] if family.teacher is None else [family.teacher]), *family.students]
    file = in_filename("lineage", card.dataset, card.name)
    chart(
        lineage_figure(family), "models.lineage", file, alt, {"Lineage": partial(lineage_table, family)}, about=of_cards(shown)
    )
