"""Choosing results of a study, among those that come with the program and those that were made here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from app import kept
from app.components.frame import command
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import HEADLINE
from rdpd_core.experiments.evidence.book import Book, Entry, entries
from rdpd_core.experiments.evidence.shelf import read_sealed
from rdpd_core.experiments.studies import STUDIES

RUN = "python -m rdpd_core study table2 --dataset dsads"
USUAL, ALL = "pr_auc", "all"
POINT = re.compile(r"\.(?!\d)")
"""A point that is not within a number."""


@kept.resource(max_entries=16, show_spinner=False)
def _read(path: str, changed: float) -> Book:
    return Book.from_dict(read_sealed(Path(path)))


class Chosen(NamedTuple):
    """What was chosen.

    Attributes:
        book: The results; None is all of them at a glance.
        entries: All results that there are.
        metric: Name of the score.
        told: The choices for `Link.close`.
    """

    book: Book | None
    entries: list[Entry]
    metric: str
    told: dict[str, Any]


def choose(link: Link) -> Chosen | None:
    """Ask for results and a score; None if there are none, or they cannot be read, which is said."""
    found = {entry.name: entry for entry in sorted(entries(), key=_first)}
    if not found:
        st.info("No study has been run yet. This one compares every arm on every body unit, and shows its results here:")
        command(RUN, "Runs in the background and can be stopped at any time")
        return None
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    names = {ALL: "All results at a glance"} if len(found) > 1 else {}
    names |= {name: _title(entry) for name, entry in found.items()}
    key = link.offer("name", list(names), next(iter(names)))
    name = left.selectbox("Results", list(names), format_func=names.get, key=key)
    key = link.offer("score", HEADLINE, USUAL)
    scores = {m: METRICS[m].title for m in HEADLINE}
    how = {"format_func": scores.get, "required": True, "help": METRICS[USUAL].help}
    metric = right.segmented_control("Score", HEADLINE, key=key, **how)
    told = {"name": name, "score": metric}
    if name == ALL:
        return Chosen(None, list(found.values()), metric, told)
    entry = found[name]
    try:
        book = _read(str(entry.path), entry.path.stat().st_mtime)
    except (DataError, OSError) as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
        link.close(told)
        st.stop()
    if not book.cells:
        st.info("None of its experiments is done yet.")
        command(book.command, "Goes on with it")
        return None
    whence = "Comes with the program." if entry.shipped else "Made here."
    st.caption(in_markdown(f"{_asked(entry)}. {whence}", 300))  # whole, where the box cuts it off
    return Chosen(book, list(found.values()), metric, told)


def _first(entry: Entry) -> tuple[bool, bool, str]:
    """Give the order: measured data before simulated ones, the table of all arms before the others."""
    dataset, study, *_ = entry.name.split(".")
    simulated = dataset in DATASETS and DATASETS.get(dataset).simulated
    return simulated, study != "table2", entry.name


def _title(entry: Entry) -> str:
    dataset, study, *_ = entry.name.split(".")
    title = STUDIES.get(study).title if study in STUDIES else study
    kind = DATASETS.get(dataset).title if dataset in DATASETS else dataset
    return f"{kind}: {title} ({_asked(entry)})"


def _asked(entry: Entry) -> str:
    """Give study, recipe and what was asked besides, in words."""
    return POINT.sub(", ", entry.name.partition(".")[2]).replace("_", " ")
