"""Several subjects below each other: windows that each arm gives to each class, and what it decides for the whole subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures.canvas import Parts
from app.figures.subject_classes import class_keys, class_look, class_title, keys_height, legend
from app.figures.subject_shares import TRUTH, rows_of, used_classes
from app.figures.text import in_plotly
from rdpd_core.experiments.subjects import Summary, Verdict

ROW_PIXELS, TOP, BOTTOM = 60, 40, 30
COLUMN = 1.12
NUMBERED = 0.2
MARKS = {True: "✓", False: "✗", None: "?"}


class Member(NamedTuple):
    """One subject of a group.

    Attributes:
        subject: The person.
        truth: Class, or None if it is unknown or has several.
        summary: Of all of its windows.
        verdicts: What each arm decides for the subject; empty if its windows are of several true classes.
    """

    subject: str
    truth: str | None
    summary: Summary
    verdicts: tuple[Verdict, ...]


def group_figure(members: Sequence[Member]) -> go.Figure:
    """Draw a row per subject and a column per arm; all bars run from 0 to all windows of the subject.

    Args:
        members: With the same arms.
    """
    first = members[0].summary
    columns = ["truth", *(arm.arm for arm in first.arms)]
    used = sorted({place for member in members for place in used_classes(member.summary)})
    parts = Parts([], [], [])
    for place in used:
        parts.traces.append(_stretches(members, columns, place))
    parts.traces.extend(class_keys(used, first.classes))
    parts.texts.extend(_heading(title, at) for at, title in enumerate([TRUTH, *(arm.title for arm in first.arms)]))
    for row, member in enumerate(members):
        parts.texts.append(_name(member, row))
        parts.texts.extend(_mark(verdict, columns.index(verdict.arm), row) for verdict in member.verdicts)
    height = ROW_PIXELS * len(members)
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "showticklabels": False}
    return parts.figure(
        height=TOP + BOTTOM + height + keys_height(used),
        margin={"l": 4, "r": 4, "t": TOP, "b": BOTTOM + keys_height(used)},
        barmode="overlay",
        dragmode=False,
        legend=legend(height) | {"y": -8 / height},
        xaxis={**still, "range": [0, COLUMN * len(columns)]},
        yaxis={**still, "range": [len(members) - 0.5, -0.5]},
    )


def _stretches(members: Sequence[Member], columns: list[str], place: int) -> dict[str, Any]:
    title = class_title(place, members[0].summary.classes)
    base, length, y, text, behind = [], [], [], [], []
    for row, member in enumerate(members):
        bars = rows_of(member.summary)
        skipped = len(columns) - len(bars)  # the column of the truth stays empty where no window has a label
        for at, (name, counts, _) in enumerate(bars, start=skipped):
            share = counts[place] / member.summary.windows
            if not share:
                continue
            base.append(at * COLUMN + counts[:place].sum() / member.summary.windows)
            length.append(share)
            y.append(row + 0.24)
            text.append(str(place + 1) if share >= NUMBERED else "")
            behind.append([in_plotly(member.subject), in_plotly(name), int(counts[place]), member.summary.windows])
    told = f"%{{customdata[0]}}, %{{customdata[1]}}: {title}, %{{customdata[2]}} of %{{customdata[3]}} windows<extra></extra>"
    return {
        "type": "bar",
        "orientation": "h",
        "x": length,
        "base": base,
        "y": y,
        "width": 0.38,
        "text": text,
        **class_look(place),
        "customdata": behind,
        "hovertemplate": told,
        "showlegend": False,
    }


def _heading(title: str, at: int) -> dict[str, Any]:
    place = {"x": at * COLUMN, "xref": "x", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 4}
    return {**place, "text": f"<b>{in_plotly(title)}</b>", "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def _name(member: Member, row: int) -> dict[str, Any]:
    truth = f" · {in_plotly(member.truth)}" if member.truth else ""
    text = f"<b>{in_plotly(member.subject)}</b>{truth} · {_windows(member.summary.windows)}"
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": row - 0.38, "yref": "y", "yanchor": "middle"}
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def _mark(verdict: Verdict, column: int, row: int) -> dict[str, Any]:
    place = {"x": column * COLUMN + 1, "xref": "x", "xanchor": "right", "y": row - 0.1, "yref": "y", "yanchor": "middle"}
    return {**place, "text": f"<b>{MARKS[verdict.right]}</b>", "showarrow": False, "borderpad": 0, "font": {"size": 13}}


def _windows(n: int) -> str:
    return "1 window" if n == 1 else f"{n} windows"


def group_table(members: Sequence[Member]) -> pd.DataFrame:
    """Give a row per subject and arm: windows, windows right, and the decision for the subject with its probability."""
    return pd.DataFrame([_row(member, at) for member in members for at in range(len(member.summary.arms))])


def _row(member: Member, at: int) -> dict[str, object]:
    arm, told = member.summary.arms[at], member.verdicts[at] if member.verdicts else None
    return {
        "subject": member.subject,
        "truth": member.truth or ("several" if member.summary.labeled else "unknown"),
        "n (windows)": member.summary.windows,
        "arm": arm.title,
        "decision": told.decision if told else "",
        "right": MARKS[told.right] if told else "",
        "mean probability": told.probability if told else np.nan,
        "windows that agree": told.windows_agree if told else np.nan,
        "seeds that agree": told.models_agree if told else np.nan,
        "n (seeds)": arm.models,
        "windows right": arm.right if member.summary.labeled else np.nan,
    }
