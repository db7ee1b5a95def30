"""What a lab gives: live scores while it trains, then which set is enough, and what each channel is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import kept
from app.components import job_follow
from app.components.charts import chart
from app.components.frame import section, wide_and_narrow
from app.components.job_follow import TROUBLE
from app.figures import job_words, lab
from app.figures.about import of_job
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.evaluation import METRICS
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.lab import Answers, Lab, Point
from rdpd_core.experiments.lab.printed import cell, pair_rows, point_rows, sentences
from rdpd_core.jobs import Job
from rdpd_core.jobs.folder import JobFolder
from rdpd_core.jobs.lab_work import ANSWERS, read_answers

EVERY_S = 2.0
WITHIN = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


@kept.resource(max_entries=8, show_spinner=False)
def _read(path: str, changed: float) -> tuple[Lab, Answers]:
    return read_answers(JobFolder(Path(path)))


def show_running(job: Job) -> None:
    """Show how far a lab is, and the validation scores of the students that are trained."""
    every = None if job.state.ended else EVERY_S
    st.fragment(_now, run_every=every)(job.id, job.state.ended)


def _now(job_id: str, ended: bool) -> None:
    try:
        job = job_follow.find(job_id)
        if job is None or job.state.ended != ended:
            st.rerun()
        points, done = (
            job_follow.follow(job).look(lambda p: (list(p.points), job_words.share(p)))
            if job.folder.events.exists()
            else ([], 0)
        )
        st.progress(min(done or 0.0, 1.0), text=in_markdown(job_words.sentence(job.state, job.position), 300))
        if points:
            fig = lab.live_figure(points, "score")
            alt = f"Validation scores of {len(points)} students that are trained so far, against the number of units they read."
            chart(
                fig,
                "lab.live",
                in_filename("lab", job_id[:8], "live"),
                alt,
                {"Students": lambda: lab.live_table(points)},
                about=of_job(job),
            )
    except TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")


def has_answers(job: Job) -> bool:
    """Say whether a lab has found something."""
    return (job.folder.outcomes / ANSWERS).is_file()


def show(page: str, link: Link, told: dict[str, Any], job: Job) -> None:
    """Show what a lab found; choices go into `told`, for `Link.close`."""
    try:
        _, found = _read(str(job.folder.path), (job.folder.outcomes / ANSWERS).stat().st_mtime)
    except TROUBLE as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
        return
    arms = [arm for arm in found.worth if ARMS[arm].imitates] or list(found.worth)
    left, right = wide_and_narrow()
    with right:
        key = link.offer("within", WITHIN, 0.05)
        score = METRICS[found.metric].title
        help = "Judged on the validation subjects; the numbers shown are those of the test subjects."
        told["within"] = st.select_slider(f"Enough: so far below the teacher's {score}", WITHIN, key=key, help=help)
        costs, cost = _ask_costs(page, found)
    best = found.cheapest(arms[0], costs, told["within"])
    with left:
        section("Which set is enough?")
        name = in_filename(found.dataset, "lab", job.id[:8])
        fig = lab.scores_figure(found, costs, cost, best)
        tables = {"Scores": lambda: lab.scores_table(found, costs)}
        chart(fig, f"{page}.scores", name, lab.describe_scores(found, costs), tables, on_click=_nothing, about=of_job(job))
        st.caption("Lines join the sets that no other of the same arm beats at their cost, by validation. A click opens a set.")
    with right:
        for sentence in sentences(found, costs, told["within"], arms[0]):
            st.markdown(in_markdown(sentence, 900))
        _open(page, found, job, best)
    _table(found, costs)
    _worth(page, found, job, name, arms[0])


def _nothing() -> None:
    """Take a click; the run that follows reads it."""


def _ask_costs(page: str, found: Answers) -> tuple[tuple[float, ...], str]:
    """Ask for the cost of each unit: burden, price or power."""
    key = f"{page}.costs.{'+'.join(found.units)}"
    with st.popover("Costs", icon=":material/payments:"):
        st.caption("What each costs: burden, price, power. Left at 1, the cost of a set is how many it holds.")
        start = pd.DataFrame({"channel": found.units, "cost": [1.0] * len(found.units)})
        number = st.column_config.NumberColumn("cost", min_value=0.0, required=True)
        edited = st.data_editor(start, hide_index=True, disabled=["channel"], column_config={"cost": number}, key=key)
    costs = tuple(float(value) for value in edited["cost"].fillna(1.0))
    return costs, "cost" if set(costs) != {1.0} else "number of channels or groups"


def _open(page: str, found: Answers, job: Job, best: Point | None) -> None:
    """Offer the case study of the chosen set: the one that was clicked, else the cheapest that is enough."""
    clicked = (st.session_state.get(f"{page}.scores") or {}).get("selection", {}).get("points", [])
    views = {p.view: p for p in found.of(next(iter(found.worth)))}
    view = next((p["customdata"][0] for p in clicked if p.get("customdata") and p["customdata"][0] in views), None)
    view = view or (best.view if best is not None else None)
    if view is not None:
        query = {"case.set": found.dataset, "case.models": job.id, "case.view": view}
        label = f"Open {found.names(views[view].subset)} in the case study"
        st.page_link("views/case.py", label=in_markdown(label), icon=":material/clinical_notes:", query_params=query)


def _table(found: Answers, costs: tuple[float, ...]) -> None:
    fronts = [point for arm in found.worth for point in found.front(arm, costs)]
    rows = pd.DataFrame(point_rows(found, fronts, costs))
    st.dataframe(rows, hide_index=True, alt="The sets that no other beats at their cost, as a table")


def _worth(page: str, found: Answers, job: Job, name: str, arm: str) -> None:
    section("What is each channel worth?")
    left, right = st.columns([1.4, 1], gap="large")
    with left:
        tables = {"Worth": lambda: lab.worth_table(found)}
        chart(lab.worth_figure(found), f"{page}.worth", f"{name}_worth", lab.describe_worth(found), tables, about=of_job(job))
        exact = "Shapley value: " if found.whole else ""
        st.caption(f"{exact}mean gain when it joins a set, over all sets without it; 95% intervals. 0: it adds nothing.")
    with right:
        st.markdown(f"**Pairs that say the same, or more together** ({ARMS[arm].title})")
        if rows := pair_rows(found, arm):
            st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Pairs of channels whose worth together differs from apart")
        else:
            st.caption("No pair whose interval lies off 0: no redundancy and no teamwork is shown.")
        st.caption(in_markdown(f"Without any channel the score is {found.chance:.3f}; the teacher {cell(found.teacher)}.", 300))
