"""Representations: whether students look where their teacher looks, and whether their layers say the same."""

from __future__ import annotations

import streamlit as st

from app.components import frame
from app.state import Link

PAGE = "represent"
WHAT = (
    "Do student and teacher look at the same moments, and do their layers say the same? And is it **more than chance**: every "
    "picture stands beside what wrongly paired windows would give."
)

frame.heading("Representations", WHAT)

from app.components import case_choice, case_data, represent_layers, represent_look  # noqa: E402  (the heading does not wait)
from rdpd_core.experiments.source import Asked  # noqa: E402

LOOK, LAYERS = "look", "layers"
PARTS = {LOOK: "Where they look (attention overlap)", LAYERS: "What their layers say (CKA)"}


def show(link: Link, opened: case_data.Opened) -> None:
    """Ask what is looked at, and show the part that is asked for; the other is not computed."""
    book = opened.book
    how = {"format_func": PARTS.get, "required": True, "label_visibility": "collapsed"}
    part = st.segmented_control("Look at", list(PARTS), key=link.offer("part", list(PARTS), LOOK), **how)
    look, looked = represent_look.choose(link, book, part == LOOK)
    layers, layered = represent_layers.choose(link, book, part == LAYERS)
    link.close({**opened.told, "part": part, **look, **layers})
    job = "" if opened.models == case_choice.KEPT else opened.models
    asked = Asked(book.loaded.dataset.name, book.view, job=job)
    if part == LOOK:
        represent_look.show(PAGE, book, asked, {**looked, "models": job})
    else:
        represent_layers.show(PAGE, book, asked, layered)


link = Link(PAGE)
opened = case_data.choose_book(link)
if opened is not None:
    show(link, opened)
