"""Before a job is started: how long, how much memory, what to be warned of, and the button."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from app import cached
from app.cached import Task
from app.components import frame, job_follow
from app.components.job_follow import TROUBLE
from app.components.job_form import LONGEST_TITLE, Asked
from app.figures.text import in_markdown
from rdpd_core.errors import RdpdError
from rdpd_core.experiments import Experiment, command_of
from rdpd_core.experiments.concerns import STOP, Concern, concerns
from rdpd_core.experiments.forecast import (
    Facts,
    Forecast,
    Setup,
    forecast,
    forecast_study,
    known_pace,
    needed,
    room_of,
    setup_of,
)
from rdpd_core.experiments.study import needs_cutting
from rdpd_core.files import work_root
from rdpd_core.jobs.asking import spec_of, title_of
from rdpd_core.jobs.engines.local import Local
from rdpd_core.jobs.spec import Spec

EVERY_S = 0.7
POLL_S = 0.2
ELSEWHERE = "how long it takes on a cluster depends on its machines, which cannot be timed from here; for comparison"


def show(page: str, asked: Asked) -> None:
    """Show what to expect of a job, and start it when that is wanted.

    Args:
        page: Prefix of the page's keys.
        asked: The form.
    """
    experiment = asked.experiment
    facts, place = facts_of(experiment), here_of(asked.place)
    setup = setup_of(place["device"], Local().threads(place["device"]))
    found = forecast_of([experiment], facts, setup) if facts else None
    if found is None:
        show_reading(experiment)
    else:
        show_forecast([experiment], lambda: spec_of([experiment], **place), found, facts, asked.place["engine"])
    own = found if asked.place["engine"] == "local" else None  # a cluster has other memory and other processors
    said = concerns(experiment, facts, own, room_of(work_root() / "jobs", setup.device), data_root=cached.data_root())
    show_concerns(said)
    refused = any(concern.level == STOP for concern in said)
    title = st.text_input("Title", key=asked.title_key, placeholder=title_of([experiment]), max_chars=LONGEST_TITLE, width=560)
    line = command(asked, title)
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=refused, key=f"{page}.start"):
        forget_refusal(page)
        _start(page, asked, title, line)
    show_refusal(page, line)
    frame.command(line, "Starts the same job")


def note_refusal(page: str, line: str, error: Exception) -> None:
    """Remember why something was not started: the page may be made anew before anybody has read it.

    Args:
        page: Prefix of the page's keys.
        line: What was asked for, as a command.
        error: Why not.
    """
    st.session_state[f"{page}.refusal"] = (line, str(error))


def forget_refusal(page: str) -> None:
    """Forget it, since it is tried again."""
    st.session_state.pop(f"{page}.refusal", None)


def show_refusal(page: str, line: str) -> None:
    """Say why this was not started; nothing if something else was asked for then."""
    asked, why = st.session_state.get(f"{page}.refusal", ("", ""))
    if why and asked == line:
        st.error(in_markdown(why, 600), icon=":material/error:")


def command(asked: Asked, title: str = "") -> str:
    """Give the command line that starts the same job."""
    defaults = {"engine": "local", "device": "auto", "gpus": 0.0, "watch": "", "title": ""}
    given = {**asked.place, "title": title.strip()}
    words = [f"--{name} {shlex.quote(str(value))}" for name, value in given.items() if value != defaults[name]]
    return " ".join([command_of(asked.experiment).replace("rdpd_core compare", "rdpd_core jobs start", 1), *words])


def _start(page: str, asked: Asked, title: str, line: str) -> None:
    """Hand the job in and turn to it."""
    desk = job_follow.desk()
    if desk is None:
        return
    try:
        job, new = desk.submit(spec_of([asked.experiment], title=title, **asked.place))
    except TROUBLE as error:
        note_refusal(page, line, error)
        return
    if not new:
        st.toast(f"This work is under way already, as “{in_markdown(job.title)}”.", icon=":material/content_copy:")
    st.switch_page("views/jobs.py", query_params={"jobs.job": job.id})


def here_of(place: dict[str, Any]) -> dict[str, Any]:
    """Give the words for a spec of the same work on this machine: its CPU stands in for a cluster that cannot be timed."""
    return place if place["engine"] == "local" else {"engine": "local", "device": "cpu"}


def facts_of(experiment: Experiment) -> dict[tuple[str, str], Facts]:
    """Give the facts of the data if they are known; what is not is asked for in the background."""
    task = cached.facts_task(experiment.dataset, experiment.splits, cached.data_root())
    return task.result() if task.wait(POLL_S) else {}


def show_reading(experiment: Experiment) -> None:
    """Show how far the reading of the data is."""
    tasks = [
        cached.data_task(experiment.dataset, cached.data_root()),
        cached.facts_task(experiment.dataset, experiment.splits, cached.data_root()),
    ]
    st.fragment(_wait, run_every=EVERY_S)(tasks)


def _wait(tasks: list[Task]) -> None:
    if all(task.wait(0) for task in tasks):
        try:
            tasks[-1].result()
        except TROUBLE as error:
            st.error(in_markdown(str(error), 600), icon=":material/error:")
            return
        st.rerun()
    busy = next(task for task in tasks if not task.wait(0))
    st.progress(0.0 if busy.share is None else min(busy.share, 1.0), text=f"{busy.text or 'Reading'} …")


def forecast_of(experiments: Sequence[Experiment], facts: dict[tuple[str, str], Facts], setup: Setup) -> Forecast:
    """Give what to expect of experiments that run one after another."""
    pace = known_pace(experiments, facts, setup)
    if len(experiments) > 1 or needs_cutting(experiments[0]):
        return forecast_study(experiments, facts, pace, setup)
    return forecast(experiments[0], facts, pace, setup)


def show_forecast(
    experiments: Sequence[Experiment],
    spec: Callable[[], Spec],
    found: Forecast,
    facts: dict[tuple[str, str], Facts],
    engine: str,
) -> None:
    """Show what to expect; where the pace of a shape is not known, a few steps are timed.

    Args:
        experiments: What is asked.
        spec: Gives the job that is asked for, on this machine.
        found: What is known of its time so far.
        facts: Of the data.
        engine: What is to run it.
    """
    if found.seconds is None:
        shapes = tuple(sorted(shape.digest for *_, shape, _ in needed(experiments, facts)))
        task = cached.timing_task(shapes, _Work(spec()))
        if not task.wait(0):
            st.info("Timing a few steps of this shape on this machine; Start need not wait for it.", icon=":material/timer:")
            st.fragment(_wait_quietly, run_every=EVERY_S)(task)
            return
        try:
            task.result()
        except RdpdError as error:
            st.warning(in_markdown(str(error), 600), icon=":material/timer_off:")
            return
        found = forecast_of(experiments, facts, found.setup)
    told = found.sentence() if engine == "local" else f"{ELSEWHERE}: {found.sentence()}"
    st.info(in_markdown(told[0].upper() + told[1:], 900), icon=":material/schedule:")
    st.caption(in_markdown(found.basis(), 900))


def _wait_quietly(task: Task) -> None:
    if task.wait(0):
        st.rerun()


class _Work:
    """What to time; all works of the same shapes are one to the cache."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def __call__(self) -> None:
        """Time it, in a process of its own."""
        from rdpd_core.jobs.estimate import Timing

        timing = Timing(self.spec)
        while not timing.done():
            time.sleep(POLL_S)


def show_concerns(said: list[Concern]) -> None:
    """Show what a job is to be warned of, and what forbids it."""
    stops = [concern for concern in said if concern.level == STOP]
    warns = [concern for concern in said if concern.level != STOP]
    for concern in stops:
        st.error(_sentence(concern), icon=":material/block:")
    if warns:
        st.warning("\n".join(f"- {_sentence(concern)}" for concern in warns), icon=":material/warning:")


def _sentence(concern: Concern) -> str:
    return in_markdown(f"{concern.sentence[0].upper()}{concern.sentence[1:].rstrip('.')}.", 600)
