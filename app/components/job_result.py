"""What a job gave: tables with intervals, models, the settings that were chosen, and what belongs beside the numbers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd
import streamlit as st

from app import cached
from app.components import frame, job_follow
from app.figures import job_words
from app.figures.about import of_job
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.experiments.cases import job_of
from rdpd_core.jobs import Job
from rdpd_core.jobs.filing import is_awaited

MODELS, CASE, COMPARE = "views/models.py", "views/case.py", "views/compare.py"
TALLEST, EVERY_S = 9, 1.5


def show(job: Job, link: Link, told: dict[str, Any]) -> None:
    """Show the result of a job that has one; one sentence in its place if it cannot be read.

    Args:
        job: The job.
        link: Of the page; the choices are called "table" and "score" in it.
        told: Takes these choices.
    """
    try:
        result = job.folder.record("result")
        if result is None:
            return
        if result["tables"]:
            frame.section("Comparison")
            _tables(job, result["tables"], link, told)
        if result["models"]:
            frame.section("Models")
            _models(job, list(dict.fromkeys(result["models"])))
    except (*job_follow.TROUBLE, KeyError, TypeError) as error:
        st.error(f"The result cannot be shown: {in_markdown(str(error), 600)}", icon=":material/error:")


def _tables(job: Job, tables: list[dict[str, Any]], link: Link, told: dict[str, Any]) -> None:
    from rdpd_core.evaluation.judging import stored

    numbers = range(1, len(tables) + 1)
    key = link.offer("table", numbers, 1)
    if len(tables) > 1:
        names = job_words.told_apart([table["experiment"] for table in tables])
        st.selectbox("Experiment", numbers, format_func=lambda at: names[at - 1], key=key, width=560)
    told["table"] = st.session_state[key]
    table = tables[told["table"] - 1]
    _comparison(job, stored(table["comparison"]), link, told)
    for notice in table["notices"]:
        st.caption(in_markdown(notice, 600))
    if chosen := _chosen(table["chosen"]):
        with st.expander("Settings that were chosen on the validation subjects"):
            st.dataframe(pd.DataFrame(chosen), hide_index=True, alt="Settings of every arm, and how they were chosen")
    beside = {"compare.jobs": job.id}
    st.page_link(COMPARE, label="Beside other experiments", icon=":material/leaderboard:", query_params=beside)
    if table["command"].startswith("python"):
        frame.command(table["command"], "Trains and compares again")


def _comparison(job: Job, comparison: Any, link: Link, told: dict[str, Any]) -> None:
    """Show all arms under one score, with n, intervals and tests; the table of all scores can be taken away."""
    from rdpd_core.evaluation import METRICS
    from rdpd_core.evaluation.tables import basis, difference_cell, score_cell, to_csv

    names = [name for name in METRICS if name in comparison.rows]
    key = link.offer("score", names, names[0])
    asked = st.segmented_control("Score", names, format_func=lambda n: METRICS[n].title, key=key, required=True)
    told["score"] = asked
    rows = comparison.rows[asked]
    reference = next(row.title for row in rows if row.arm == comparison.reference)
    shown = []
    for row in rows:
        p = None if row.difference is None else row.difference.p_holm
        scores = {"mean [95%] ± SD (n seeds)": score_cell(row), f"difference to {reference} [95%]": difference_cell(row)}
        words = "" if row.difference is None else row.difference.verdict
        shown.append({"arm": row.title, **scores, "p (Holm)": "" if p is None else f"{p:.2g}", "verdict": words})
    metric = METRICS[asked]
    alt = f"{metric.title} of every arm with intervals: " + "; ".join(f"{row.title} {score_cell(row)}" for row in rows)
    st.table(pd.DataFrame(shown), border="horizontal", hide_index=True, alt=alt)
    direction = "higher is better" if metric.higher_is_better else "lower is better"
    st.caption(in_markdown(f"{metric.title}, {direction}: {metric.help} {basis(comparison)}", 1200))
    name, look = (
        f"{in_filename('job', job.id[:6], 'comparison', told['table'])}.csv",
        {"type": "tertiary", "icon": ":material/download:"},
    )
    st.download_button(
        "All scores (CSV)",
        lambda: of_job(job).head() + to_csv(comparison),
        name,
        "text/csv",
        on_click="ignore",
        key=f"{key}.csv",
        **look,
    )


def _chosen(chosen: dict[str, dict[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give a row for every split and arm for which there was something to choose."""
    rows = []
    for split, arms in chosen.items():
        for arm, choice in arms.items():
            if choice["candidates"] > 1 or choice["source"]:
                how = f"taken from {choice['source']}" if choice["source"] else f"best of {choice['candidates']}"
                rows.append({"split": split, "arm": arm, "how": how, "validation score": choice["score"], **choice["settings"]})
    return rows


def _await_models(job_id: str, number: int, missing: int) -> None:
    """Say how many models are there; once that changes, the whole page is made anew."""
    try:
        job = job_follow.find(job_id)
        result = None if job is None else job.folder.record("result")
        there = {card.key for card in cached.cards()}
        if job is None or result is None or not is_awaited(job.folder) or len({*result["models"]} - there) != missing:
            st.rerun()
    except job_follow.TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
        return
    told = f"{number - missing} of {number} models are in the store; the others are being carried there and checked on the way."
    st.info(told, icon=":material/move_to_inbox:")
    if trouble := job_follow.trouble(job_id):
        st.error(f"That does not go on: {in_markdown(trouble, 600)}", icon=":material/error:")


def _models(job: Job, keys: list[str]) -> None:
    """Show the models a job made, each with a link to its card."""
    from rdpd_core.evaluation import Scores

    awaited = is_awaited(job.folder)  # before the look into the store: what arrives in between would not be waited for
    cards = {card.key: card for card in cached.cards(job.entry.dataset)}
    rows = []
    for key in keys:
        card = cards.get(key)
        scores = Scores.from_dict(card.scores["test"]) if card is not None and "test" in card.scores else None
        row = {"model": key, "arm": "" if card is None else card.arm, "seed": "" if card is None else str(card.seed)}
        row["PR-AUC, test [95%]"] = scores.cell("pr_auc") if scores and "pr_auc" in scores.values else ""
        rows.append({**row, "card": f"models?models.model={quote(key, safe='')}" if card is not None else None})
    missing = [key for key in keys if key not in cards]
    awaited = awaited and bool(missing)
    if awaited:
        st.fragment(_await_models, run_every=EVERY_S)(job.id, len(keys), len(missing))
    height = 36 * (min(len(rows), TALLEST) + 1) + 2
    config = {"card": st.column_config.LinkColumn("card", display_text="open", width="small")}
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height=height, column_config=config, alt=f"{len(rows)} models of this job"
    )
    if gone := job.folder.lacks(missing):
        told = f"{len(gone)} of them are neither in the store nor in the job's folder: they were deleted."
        st.warning(told, icon=":material/folder_off:")
    if (there := len(missing) - len(gone)) and not awaited:
        st.caption(f"{there} of them are not in the store; they lie in the job's folder, and Export carries them along.")
    with st.container(horizontal=True):
        here = [key for key in keys if key in cards]
        if here:
            st.page_link(
                MODELS, label="On the page Models", icon=":material/neurology:", query_params={"models.model": here[0]}
            )
        students = [cards[key] for key in here if cards[key].role == "student"]
        if students and not awaited:  # some of them would look like all of them
            first = students[0]
            told = {"case.set": first.dataset, "case.models": job_of(first), "case.view": first.view}
            st.page_link(CASE, label="In the case study", icon=":material/clinical_notes:", query_params=told)
