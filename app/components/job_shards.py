"""The shards of a study: what each does, what tells it from the others, and the choice of one to look into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import kept
from app.components import job_follow
from app.figures import job_words
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Job, JobFolder, Progress, states

TALLEST, NONE = 9, ""
SHARE = st.column_config.ProgressColumn(format="%d%%", min_value=0, max_value=100)


def show(job_id: str, every_s: float | None) -> None:
    """Show a row for each shard; they are looked at again and again while the study is alive.

    Args:
        job_id: Whole id of the study.
        every_s: Seconds between two looks; None looks once.
    """
    st.fragment(_table, run_every=every_s)(job_id)


def choose(job_id: str, link: Link, told: dict[str, Any]) -> str | None:
    """Give the shard whose pictures are asked for, or None.

    Args:
        job_id: Whole id of the study.
        link: Of the page; the choice is called "shard" in it.
        told: Takes the choice.
    """
    try:
        shards = _shards(job_id)
    except job_follow.TROUBLE:  # the table says it
        return None
    names = {shard.id: f"{at}: {what}" for at, (shard, what) in enumerate(zip(shards, _whats(shards), strict=True), 1)}
    key = link.offer("shard", [NONE, *names], NONE)
    if names:
        how = {"format_func": lambda shard: names.get(shard, "none"), "key": key, "width": 560}
        told["shard"] = st.selectbox("Look into a shard", [NONE, *names], **how)
    return told.get("shard") or None


def _shards(job_id: str) -> list[Job]:
    desk = job_follow.desk()
    return [] if desk is None else desk.shards(job_id)


def _table(job_id: str) -> None:
    try:
        shards = _shards(job_id)
        rows = [_row(at, *pair) for at, pair in enumerate(zip(shards, _whats(shards), strict=True), 1)]
    except job_follow.TROUBLE as error:
        st.error(f"The shards cannot be shown: {in_markdown(str(error), 600)}", icon=":material/error:")
        return
    if rows:
        height = 36 * (min(len(rows), TALLEST) + 1) + 2
        told = f"{len(rows)} shards with state and stage"
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, column_config={"share": SHARE}, alt=told)


def _row(at: int, shard: Job, what: str) -> dict[str, object]:
    look = job_words.LOOKS[shard.state.name]
    words, share = job_follow.follow(shard).look(_now)
    if shard.state.ended:
        words, share = shard.state.reason, 1.0 if shard.state.name == states.DONE else 0.0
    return {"shard": at, "what": what, "state": f"{look.sign} {look.word}", "now": words, "share": 100 * share}


def _now(progress: Progress) -> tuple[str, float]:
    return job_words.doing(progress), job_words.share(progress) or 0.0


def _whats(shards: list[Job]) -> list[str]:
    return _asked(tuple(str(shard.folder.path) for shard in shards))


@kept.data(max_entries=64, show_spinner=False)
def _asked(folders: tuple[str, ...]) -> list[str]:
    """Give what tells each shard from the others; a spec never changes, so it is read once."""
    try:
        specs = [JobFolder(Path(folder)).spec() for folder in folders]
    except RdpdError:  # its row says that it cannot be read
        return [""] * len(folders)
    return job_words.told_apart([dict(spec.experiments[0]) for spec in specs])
