"""All models that are here, narrowed by data set, role, arm, view, and the job that made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.figures.about import About
from app.figures.lineage import job_title
from app.figures.tables import to_csv
from app.state import Link
from rdpd_core.evaluation import Scores
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments import ARMS
from rdpd_core.store import ModelCard

EVERY, NO_JOB = "all", "none"
TALLEST = 9
"""Rows that are seen at once; the others are scrolled to."""


def narrowed(link: Link, cards: Sequence[ModelCard]) -> tuple[list[ModelCard], dict[str, str]]:
    """Ask what models to list; give them, and the choices for the address."""
    sets = sorted({card.dataset for card in cards})
    key = link.offer("set", [EVERY, *sets], EVERY)
    chosen = {"set": st.segmented_control("Data set", [EVERY, *sets], required=True, key=key)}
    left = [card for card in cards if chosen["set"] in (EVERY, card.dataset)]
    jobs = {job_of(card): job_title(card) or "no job: shipped or saved by hand" for card in cards}
    titles = {name: arm.title for name, arm in ARMS.items()}
    asked: tuple[tuple[str, str, Callable[[ModelCard], str], Callable[[str], str]], ...] = (
        ("role", "Role", lambda c: c.role, str),
        ("arm", "Arm", lambda c: c.arm, lambda arm: titles.get(arm, arm)),
        ("view", "View", lambda c: c.view, lambda view: view.replace("_", " ")),
        ("job", "Made by", job_of, lambda job: jobs.get(job, job)),
    )
    with st.container(horizontal=True, gap="small"):
        for name, label, value, shown in asked:
            options = [EVERY, *sorted({value(card) for card in cards})]
            look = {"key": link.offer(name, options, EVERY), "width": 190 if name != "job" else 280}
            chosen[name] = st.selectbox(label, options, format_func=shown, **look)
            left = [card for card in left if chosen[name] in (EVERY, value(card))]
    return left, chosen


def job_of(card: ModelCard) -> str:
    """Give the id of the job that made a model, for the address."""
    return str(card.training.get("job") or NO_JOB)


def show(cards: Sequence[ModelCard]) -> None:
    """Show a row per model, and offer the table as a file."""
    table = pd.DataFrame([row(card) for card in cards])
    height = 36 * (min(len(cards), TALLEST) + 1) + 2
    st.dataframe(table, hide_index=True, height=height, alt=f"{len(cards)} models with their scores")
    look = {"type": "tertiary", "icon": ":material/download:"}
    st.download_button("Table (CSV)", lambda: to_csv(table, About()), "models.csv", "text/csv", on_click="ignore", **look)


def row(card: ModelCard) -> dict[str, Any]:
    """Give what the table says of a model."""
    scores = Scores.from_dict(card.scores["test"]) if "test" in card.scores else None
    return {
        "model": card.key,
        "role": card.role,
        "arm": card.arm,
        "reads": f"{card.view} ({len(card.channels)})",
        "recipe": card.recipe,
        "seed": card.seed,
        "PR-AUC, test [95%]": scores.cell("pr_auc") if scores else "",
        "ROC-AUC, test [95%]": scores.cell("roc_auc") if scores else "",
        "n": people(scores.n_windows, scores.n_subjects).removeprefix("n = ") if scores else "",
        "parameters": card.parameters["used"],
        "made by": job_title(card),
    }
