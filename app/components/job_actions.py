"""What can be done with a job: stop it, let it go on, take it away, carry it elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import cached, watch
from app.components import job_follow, leaving
from app.figures import job_words
from app.figures.text import in_filename, in_markdown
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Job, JobFolder, State, states

if TYPE_CHECKING:
    from rdpd_core.store import ModelCard

TOLD = "jobs.told"
STOP, FORCE, RESUME, EXPORT, DELETE = "stop", "force", "resume", "export", "delete"
BEGUN = (states.QUEUED, states.STARTING, states.RUNNING, states.LOST)


def offered(state: State) -> tuple[str, ...]:
    """Give what can be done in a state, in the order of the buttons."""
    if state.name in BEGUN:
        return (STOP,)
    if state.name == states.STOPPING:
        return (FORCE,)
    if state.name == states.BROKEN:
        return (DELETE,)
    return (EXPORT, DELETE) if state.name == states.DONE else (RESUME, EXPORT, DELETE)


def show(job: Job) -> None:
    """Show the buttons of a job."""
    desk = job_follow.desk()
    if desk is None:
        return
    can = offered(job.state)
    with st.container(horizontal=True, gap="small"):
        if STOP in can:
            told = "It ends after this step; the best model so far of everything that was trained is kept"
            _button("Stop", "stop", told, partial(desk.stop, job.id), f"“{job.title}” was asked to stop.")
        if FORCE in can:
            told = "Kills its processes at once; the last checkpoint stays, and Resume goes on from there"
            _button("Stop now", "dangerous", told, partial(desk.force, job.id), f"“{job.title}” was ended.")
        if RESUME in can:
            told = "Goes on from the last checkpoint; without one it begins anew"
            _button("Resume", "resume", told, partial(desk.resume, job.id), f"“{job.title}” goes on.")
        if EXPORT in can:
            told = "One file with all of the job, its models too; it can be imported on another machine"
            name = f"{in_filename('job', job.title, job.id[:6])}.zip"
            look = {"icon": ":material/archive:", "key": f"jobs.export.{job.id}", "help": told}
            leaving.file(job.entry.dataset, "Export", partial(pack, job.folder), name, "application/zip", **look)
        if DELETE in can:
            _delete(job)


def _button(label: str, icon: str, told: str, do: Callable[[], object], done: str) -> None:
    st.button(label, icon=f":material/{icon}:", help=told, key=f"jobs.{icon}", on_click=_try, args=(do, done))


def _try(do: Callable[[], object], done: str) -> None:
    try:
        do()
        st.session_state[TOLD] = ("done", done)
    except job_follow.TROUBLE as error:
        st.session_state[TOLD] = ("error", str(error))


def pack(folder: JobFolder) -> io.BytesIO:
    """Give an ended job as a zip file."""
    from rdpd_core.jobs.transfer import write_job

    stream = io.BytesIO()
    write_job(folder, stream)
    stream.seek(0)
    return stream


def _delete(job: Job) -> None:
    """Offer to delete a job after saying how much that frees, and its models if that is wanted."""
    asked = st.popover("Delete", icon=":material/delete:", key=f"jobs.delete.{job.id}", on_change="rerun")
    if not asked.open:
        return
    with asked:
        freed = job.folder.size_bytes() if job.folder.path.is_dir() else 0
        st.markdown(f"Delete “{in_markdown(job.title)}”, its log, checkpoints and tables? This frees {job_words.size(freed)}.")
        with_models = False
        if mine := models_of(job):
            taught = _taught_elsewhere(mine)
            more = f" {len(taught)} models of other jobs were taught by them." if taught else ""
            label = f"Delete its {len(mine)} models from the store too ({job_words.size(_weight(mine))})"
            with_models = st.checkbox(label, key=f"jobs.models.{job.id}", help=f"Otherwise they stay.{more}")
        keys = tuple(card.key for card in mine) if with_models else ()
        look = {"type": "primary", "icon": ":material/delete_forever:"}
        st.button("Delete for good", key="jobs.gone", on_click=_try_delete, args=(job, keys), **look)


def models_of(job: Job) -> list[ModelCard]:
    """Give the models in the store that a job made, and that may be deleted."""
    from rdpd_core.store import Store

    store = Store.default()
    mine = [card for card in cached.cards(job.entry.dataset) if card.training.get("job") == job.id]
    return [card for card in mine if store.writable(card.dataset, card.name)]


def _taught_elsewhere(mine: list[ModelCard]) -> list[ModelCard]:
    digests, keys = {card.weights_sha256 for card in mine}, {card.key for card in mine}
    return [card for card in cached.cards() if card.teacher in digests and card.key not in keys]


def _weight(cards: list[ModelCard]) -> int:
    from rdpd_core.store import Store

    store = Store.default()
    return sum(file.stat().st_size for card in cards for file in store.folder(card.dataset, card.name).iterdir())


def _try_delete(job: Job, models: tuple[str, ...]) -> None:
    office = watch.watch().desk
    try:
        freed = office.delete(job.id)
    except job_follow.TROUBLE as error:
        st.session_state[TOLD] = ("error", str(error))
        return
    job_follow.followed.clear(str(job.folder.events))
    problems = [why for key in models if (why := _try_model(key))]
    told = f"“{job.title}” was deleted; {job_words.size(freed)} are free again."
    if models:
        told += f" {len(models) - len(problems)} of its {len(models)} models were deleted."
    st.session_state[TOLD] = ("error" if problems else "done", " ".join([told, *problems]))


def _try_model(key: str) -> str:
    """Delete a model from the store; give why not, or nothing."""
    from rdpd_core.store import Store

    try:
        Store.default().delete(*key.split("/", 1))
    except (RdpdError, OSError) as error:
        return f"{error}."
    return ""
