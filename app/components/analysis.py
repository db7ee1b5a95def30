"""What an analysis found: asked for in the background, and what may be concluded, above all pictures."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

import streamlit as st

from app import cached
from app.components import frame, waiting
from app.figures.about import About
from app.figures.text import in_markdown
from rdpd_core.experiments.analyses import Result
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN, Sentence
from rdpd_core.experiments.source import Asked

SIGNS = {SHOWN: ":material/check_circle:", NOT_SHOWN: ":material/do_not_disturb_on:", UNKNOWN: ":material/help:"}
LONG = 600


def answer(page: str, name: str, asked: Asked, params: Mapping[str, object]) -> Result | None:
    """Give what an analysis finds; None as long as it works, or if it has no answer, which is then shown.

    Args:
        page: It is asked on.
        name: Of the analysis.
        asked: Which models, and which windows.
        params: Settings that are not left as they are.
    """
    key = (name, asked, tuple(sorted(params.items())), cached.data_root(), cached.store_stamp())
    return waiting.result_of(cached.analysis_task(*key), lambda: cached.analysis_task.clear(*key), f"{page}.{name}", True)


def conclude(result: Result, first: Callable[[Sentence], bool] = lambda sentence: True) -> None:
    """Show what may be concluded, with n, interval and null of every sentence, and what must be said beside every picture.

    Args:
        result: Of the analysis.
        first: Says which sentences stand open; the others are folded away.
    """
    top = [s for s in result.sentences if first(s)] or list(result.sentences[:1])
    rest = [s for s in result.sentences if s not in top]
    with st.container(border=True):
        st.markdown("**What may be concluded**")
        st.markdown(_list(top))
        if rest:
            with st.expander(f"{len(rest)} more"):
                st.markdown(_list(rest))
        signs = f"{SIGNS[SHOWN]} shown; {SIGNS[NOT_SHOWN]} not shown, no more than chance; {SIGNS[UNKNOWN]} too little to say."
        st.caption(f"{signs} {in_markdown(' '.join(result.notices), 3000)}")


def _list(sentences: list[Sentence]) -> str:
    lines = []
    for s in sentences:
        behind = s.line().removeprefix(s.text).strip()
        lines.append(f"- {SIGNS[s.claim]} **{in_markdown(s.text, LONG)}** {in_markdown(behind, LONG)}")
    return "\n".join(lines)


def told(about: About, result: Result, null: str) -> About:
    """Give what a picture is about, with n, interval and null, so that its downloads say them."""
    n = next((s.n for s in result.sentences), "")
    ends = next((s.interval for s in result.sentences if s.interval is not None), None)
    drawn = "no interval: too few people" if ends is None else f"{ends.level:.0%}, {ends.n} {ends.unit} resampled"
    return about.plus(n=n.removeprefix("n = ").partition(",")[0], interval=drawn, null=null)


def command(name: str, asked: Asked, params: Mapping[str, object]) -> None:
    """Show the command line that gives the same."""
    frame.command(command_line(name, asked, params), "Prints the same numbers and sentences; --csv FOLDER writes the tables")


def command_line(name: str, asked: Asked, params: Mapping[str, object]) -> str:
    """Give the command line that answers the same question.

    Args:
        name: Of the analysis.
        asked: Which models, and which windows.
        params: Settings that are not left as they are.
    """
    words = ["python", "-m", "rdpd_core", "analyze", name, asked.dataset]
    for option in ("view", "split", "job"):
        words += [f"--{option}", getattr(asked, option)] if getattr(asked, option) else []
    for option in ("subjects", "arms", "models"):
        words += [f"--{option}", *getattr(asked, option)] if getattr(asked, option) else []
    for option, value in params.items():
        dashed = option.replace("_", "-")
        words += [f"--{'' if value else 'no-'}{dashed}"] if isinstance(value, bool) else [f"--{dashed}", str(value)]
    return shlex.join(words)
