"""What is compared: finished jobs, which of their experiments and arms, under which score, in which order, by which names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import streamlit as st

from app import kept
from app.components import frame, free_choice, job_follow
from app.figures import job_words
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.errors import UnknownNameError
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import COMPARED
from rdpd_core.experiments.compared import Selection, labels
from rdpd_core.experiments.compared.entry import Found, title_of
from rdpd_core.experiments.compared.selection import SORTS
from rdpd_core.jobs import Desk, Job, states
from rdpd_core.jobs.finished import comparable, find

START = "python -m rdpd_core jobs start simulated_ecg --view lead_I --seeds 5"
MOST_NAMED = 40


class Looked(NamedTuple):
    """What is looked at.

    Attributes:
        desk: Where the jobs are.
        found: All experiments of the chosen jobs.
        selection: What is shown of them.
    """

    desk: Desk
    found: Found
    selection: Selection


@kept.resource(max_entries=64, show_spinner=False)
def _found(job_id: str, changed: float, _desk: Desk) -> Found:
    return find(_desk, [job_id])


def choose(link: Link, told: dict[str, Any], more: Callable[[Link, dict[str, Any], Found], Mapping[str, Any]]) -> Looked | None:
    """Ask for everything; None if there is nothing to compare, which is then said.

    Args:
        link: Of the page.
        told: Takes the choices, for `Link.close`.
        more: Asks for what only one part of the page needs, and gives it as parts of the selection.
    """
    desk = job_follow.desk()
    if desk is None:
        return None
    jobs = {job.id: job for job in comparable(desk)}
    if not jobs:
        _nothing()
        return None
    chosen = _ask_jobs(link, told, jobs)
    parts = [_found(job, _changed(jobs[job]), desk) for job in chosen]
    found = Found(tuple(e for p in parts for e in p.entries), tuple(said for p in parts for said in p.problems))
    for problem in found.problems:
        st.warning(in_markdown(problem, 600), icon=":material/broken_image:")
    if not found.entries:
        if not found.problems:
            st.info("Choose at least one finished job.", icon=":material/checklist:")
        return None
    return Looked(desk, found, _ask_selection(link, told, found, tuple(chosen), more))


def _changed(job: Job) -> float:
    path = job.folder.path / "result.json"
    return path.stat().st_mtime if path.is_file() else 0.0


def _nothing() -> None:
    st.info(
        "There is no finished experiment yet. Train one on the page Distill, with five seeds or more so that differences can "
        "be tested; it appears here when it is done.",
        icon=":material/science:",
    )
    st.page_link("views/distill.py", label="Set up an experiment", icon=":material/model_training:")
    frame.command(START, "Trains teacher and students in the background")


def _ask_jobs(link: Link, told: dict[str, Any], jobs: Mapping[str, Job]) -> list[str]:
    newest = next((job.id for job in jobs.values() if job.state.name != states.BROKEN), next(iter(jobs)))
    missing: list[str] = []
    read, first = _known(jobs, missing, "finished job"), free_choice.Listed([newest])
    offered = free_choice.offer(link, "jobs", read, first, pinned=True)
    _only_known(offered.key, jobs)
    words = {i: f"{job.title} ({i[:6]}{_state(job)})" for i, job in jobs.items()}
    help = "Experiments of these jobs stand in one table; of a study all of its grid."
    chosen = st.multiselect("Finished jobs", list(jobs), format_func=words.get, key=offered.key, help=help)
    told["jobs"] = free_choice.Listed(chosen)
    _refused(offered, missing)
    return chosen


def _state(job: Job) -> str:
    return "" if job.state.name == states.DONE else f", {job_words.LOOKS[job.state.name].word}"


def _known(known: Collection[str], missing: list[str], kind: str) -> Callable[[str], list[str]]:
    """Give what reads names that are separated by commas, and notes those that are not there."""

    def read(text: str) -> list[str]:
        names = [part for part in text.split(",") if part]
        there = [name for name in names if name in known]
        if names and not there:
            raise UnknownNameError(kind, names[0], known)
        missing[:] = [name for name in names if name not in known]
        return there

    return read


def _only_known(key: str, known: Collection[str]) -> None:
    """Forget what was chosen and is not there any more, as an experiment of a job that was taken out."""
    there = [name for name in st.session_state[key] if name in known]
    if len(there) < len(st.session_state[key]):
        st.session_state[key] = there


def _refused(offered: free_choice.Offered, missing: list[str]) -> None:
    if offered.refused is not None:
        st.warning(f"The link asks for {in_markdown(offered.refused[1], 400)}", icon=":material/link_off:")
    elif missing:
        gone = in_markdown(", ".join(missing), 300)
        st.warning(f"The link asks for “{gone}”, which is not here; the rest is shown.", icon=":material/link_off:")


def ask_some(
    link: Link, told: dict[str, Any], name: str, label: str, titles: Mapping[str, str], empty: str, place: Any = st
) -> tuple[str, ...]:
    """Ask for some of several; none means what `empty` says.

    Args:
        link: Of the page.
        told: Takes the choice.
        name: Of the choice.
        label: Of the widget.
        titles: What can be chosen, by its name in the address.
        empty: Said while nothing is chosen.
        place: Where the widget stands.
    """
    missing: list[str] = []
    offered = free_choice.offer(link, name, _known(titles, missing, label.lower()), free_choice.Listed())
    _only_known(offered.key, titles)
    shown = {key: in_markdown(title, 60) for key, title in titles.items()}
    chosen = place.multiselect(label, list(titles), format_func=shown.get, key=offered.key, placeholder=empty)
    told[name] = free_choice.Listed(chosen)
    _refused(offered, missing)
    return tuple(chosen)


def _ask_selection(
    link: Link,
    told: dict[str, Any],
    found: Found,
    jobs: tuple[str, ...],
    more: Callable[[Link, dict[str, Any], Found], Mapping[str, Any]],
) -> Selection:
    arms = list(dict.fromkeys(arm for entry in found.entries for arm in entry.arms))
    scores = [name for name in COMPARED if all(name in entry.comparison.rows for entry in found.entries)]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        key = link.offer("score", scores, "pr_auc" if "pr_auc" in scores else scores[0])
        told["score"] = st.segmented_control("Score", scores, format_func=lambda n: METRICS[n].title, key=key, required=True)
        names = _ask_names(link, told, found)
    titles = labels(found.entries, names)
    grid = st.grid(4, min_column_width=230, gap="medium", vertical_alignment="bottom")
    some = ask_some(link, told, "experiments", "Experiments", titles, "all of them", grid.cell())
    shown = ask_some(link, told, "arms", "Arms", {arm: title_of(arm) for arm in arms}, "all of them", grid.cell())
    rows = {
        f"{e.key}/{arm}": f"{titles[e.key]} · {title_of(arm)}"
        for e in found.entries
        for arm in e.arms
        if (not some or e.key in some) and (not shown or arm in shown)
    }
    pinned = ask_some(link, told, "pinned", "Pinned rows", rows, "none", grid.cell())
    key = link.offer("sort", list(SORTS), "asked")
    told["sort"] = grid.cell().selectbox("Order", list(SORTS), format_func=SORTS.get, key=key)
    chosen = {"score": told["score"], "sort": told["sort"]}
    return Selection(jobs, some, shown, pinned=pinned, names=names, **chosen, **more(link, told, found))


def _ask_names(link: Link, told: dict[str, Any], found: Found) -> dict[str, str]:
    """Ask what experiments are to be called; a name stands in the address, in files and in the command."""
    usual = labels(found.entries)
    with st.popover("Names", icon=":material/edit:"):
        st.caption("What an experiment is called here, in files and in the report; empty gives the name made of its settings.")
        for entry in found.entries[:MOST_NAMED]:
            name = f"name_{entry.key}"
            offered = free_choice.offer(link, name, lambda text: text[:60], "")
            told[name] = st.text_input(entry.key, key=offered.key, placeholder=usual[entry.key], max_chars=60)
    return {e.key: told[f"name_{e.key}"].strip() for e in found.entries[:MOST_NAMED] if told[f"name_{e.key}"].strip()}
