"""Pictures of a job while it learns and afterwards: scores, loss terms, and where everybody looks."""

from __future__ import annotations

from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from app.components import job_follow
from app.components.charts import chart
from app.figures import learning, looking
from app.figures.about import About, of_job
from app.figures.learning import Learning
from app.figures.looking import Looking
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.errors import RdpdError
from rdpd_core.jobs import Job, Progress, Spec

LATEST = "latest"
HOLD_S = 6.0
"""Seconds for which a picture stays although there is a newer epoch: the browser builds it anew, which is seen."""
FEW = 4
"""Stages up to which all names are shown at once."""


class Pictures(NamedTuple):
    """The pictures of one stage.

    Attributes:
        title: Of job and stage.
        score: Name of the validation score.
        learning: What was told.
        looking: Where everybody looks; None if nobody told.
        figures: By name: "scores", "losses", and where there is something to see "attention" and "overlap".
        words: The text alternative of each.
        about: The job and its data set.
    """

    title: str
    score: str
    learning: Learning
    looking: Looking | None
    figures: dict[str, go.Figure]
    words: dict[str, str]
    about: About


def choose(job: Job, link: Link, told: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Ask for the stage to show where there are several; give it, and the stages of which an epoch was told.

    Args:
        job: The job.
        link: Of the page; the choice is called "stage" in it.
        told: Takes the choice.
    """
    titles = job_follow.follow(job).look(_told)
    keys = [LATEST, *titles]
    at = link.offer("stage", keys, LATEST)
    names = {LATEST: "latest", **titles}
    if 1 < len(titles) <= FEW:  # these are Markdown, those of a box are not
        shown = {key: in_markdown(name) for key, name in names.items()}
        st.segmented_control("Stage", keys, format_func=shown.get, key=at, required=True)
    elif len(titles) > FEW:
        st.selectbox("Stage", keys, format_func=names.get, key=at, width=420)
    told["stage"] = st.session_state[at]
    return told["stage"], tuple(titles)


def show(job: Job, stage: str, known: tuple[str, ...]) -> bool:
    """Show the pictures of a stage, nothing before the first epoch; give whether its stages are those that are known.

    Args:
        job: The job.
        stage: One of the known ones, or `LATEST`.
        known: The stages there were to choose from.
    """
    followed = job_follow.follow(job)
    titles = followed.look(_told)
    if tuple(titles) != known:
        return False
    if titles:
        key = stage if stage in titles else list(titles)[-1]
        stamp = followed.look(lambda progress: _stamp(progress, key))
        hold_s = 0.0 if job.state.ended else HOLD_S
        _draw(job, key, followed.made(key, stamp, lambda: _pictures(job, key, titles[key]), hold_s))
    return True


def _told(progress: Progress) -> dict[str, str]:
    """Give the titles of the stages of which an epoch was told, by key, in order."""
    return {key: stage.title for key, stage in progress.stages.items() if stage.scores}


def _stamp(progress: Progress, key: str) -> tuple:
    stage = progress.stages[key]
    return stage.epoch, stage.ended is None, stage.watched is None


def score_of(job: Job) -> str:
    """Give the name of the validation score that chooses epochs in a job."""
    from rdpd_core.experiments.build import recipe_of, training_params

    try:
        first = Spec.read(job.folder.spec_path).asked()[0]
        return learning.score_title(training_params(first, recipe_of(first)).selection)
    except RdpdError:  # told elsewhere on the page; without it the score has no name
        return learning.score_title("")


def _pictures(job: Job, key: str, stage: str) -> Pictures:
    title, score = f"{job.title}: {stage}", score_of(job)

    def take(progress: Progress) -> tuple[Learning, Looking | None]:
        return learning.learning_of(progress.stages[key]), looking.looking_of(progress.stages[key])

    seen, looks = job_follow.follow(job).look(take)
    figures = {"scores": learning.score_figure(seen, title, score), "losses": learning.loss_figure(seen, title)}
    words = {"scores": learning.describe_scores(seen, title, score), "losses": learning.describe_losses(seen, title)}
    if looks is not None:
        figures["attention"] = looking.attention_figure(looks, title)
        words["attention"] = looking.describe_attention(looks, title)
    if looks is not None and looks.overlaps:
        figures["overlap"] = looking.overlap_figure(looks, title)
        words["overlap"] = looking.describe_overlap(looks, title)
    return Pictures(title, score, seen, looks, figures, words, of_job(job).plus(stage=stage))


def _draw(job: Job, stage: str, drawn: Pictures) -> None:
    seen, looks = drawn.learning, drawn.looking
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Validation {in_markdown(drawn.score)}**")
        behind = {
            "Scores": lambda: learning.score_table(seen),
            "Best epochs": lambda: learning.best_table(seen, drawn.score),
        }
        _chart(job, stage, drawn, "scores", behind)
        st.caption(learning.SEARCH_NOTE if seen.search else learning.NOTE)
    with right:
        st.markdown("**Loss terms**, weighted")
        _chart(job, stage, drawn, "losses", {"Losses": lambda: learning.loss_table(seen)})
        members = "candidates" if seen.search else "seeds"
        st.caption(f"Mean over the training windows of an epoch; lines and bands as for the scores, over {members}.")
    if looks is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Where they look** {'at their best epochs' if looks.ended else 'now'}")
        _chart(job, stage, drawn, "attention", {"Attention": lambda: looking.attention_table(looks)})
        st.caption(f"{in_markdown(looks.window, 300)}. Shades: attention, mean over seeds; all strips have one scale.")
    if looks.overlaps:
        with right:
            st.markdown("**Towards the teacher**")
            _chart(job, stage, drawn, "overlap", {"Overlap": lambda: looking.overlap_table(looks)})
            st.caption(looking.NOTE)


def _chart(job: Job, stage: str, drawn: Pictures, name: str, behind: dict) -> None:
    file = in_filename("job", job.id[:6], stage, name)
    chart(drawn.figures[name], f"jobs.{job.id}.{stage}.{name}", file, drawn.words[name], behind, about=drawn.about)
