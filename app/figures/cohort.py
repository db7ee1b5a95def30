"""All subjects of a cohort at once: how often each arm is right, and what one arm says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.scores import people

ROW, TOP, BOTTOM = 22, 68, 70
FAINT, STRONG = 0.03, 0.62
MOST_SIGNS = 44
"""Names of columns that are longer together would not fit beside each other; numbers stand there."""
Values = Mapping[str, Any]
"""What an analysis found, as its result keeps it."""


def accuracy_figure(found: Values) -> go.Figure:
    """Draw a square per subject and arm, the subjects that most arms misjudge on top.

    Args:
        found: `Result.values` of the analysis `dashboard`.
    """
    arms = list(found["accuracy"])
    rows = [[found["accuracy"][arm][at] for arm in arms] for at in range(len(found["subjects"]))]
    constant = f"null: always naming the commonest class is right in {found['constant']:.0%}"
    said = f"{people(found['n_windows'], found['n_subjects'])}; windows right (%)<br>hardest first; one person has no interval"
    said += f"<br>{constant}"
    titles = [found["titles"][arm] for arm in arms]
    return _heat(rows, _names(found), titles, "rdpd", said, "right in %{z:.0%}")


def describe_accuracy(found: Values) -> str:
    """Say in words who is misjudged, and by whom."""
    hard = found["all_wrong"]
    ranked = sorted(found["arms"].items(), key=lambda row: -row[1]["accuracy"]["value"])
    told = listed([f"{found['titles'][arm]} {own['accuracy']['value']:.0%}{_ends(own['accuracy'])}" for arm, own in ranked])
    return (
        f"Share of windows right, by subject and arm, hardest subjects first. Over all: {told}. {hard['count']} of "
        f"{found['n_subjects']} subjects are misjudged by every arm in most windows ({hard['by_chance']:.1f} by chance)."
    )


def accuracy_table(found: Values) -> pd.DataFrame:
    """Give a row per subject and arm."""
    return pd.DataFrame(
        [
            {"subject": subject, "class": found["truth"][at], "arm": found["titles"][arm], "right (share)": own[at],
             "n (windows)": found["windows"][at]}
            for at, subject in enumerate(found["subjects"])
            for arm, own in found["accuracy"].items()
        ]
    )  # fmt: skip


def classes_figure(found: Values, arm: str) -> go.Figure:
    """Draw a square per subject and class: the mean probability an arm gives, subjects by the disagreement of arms.

    Args:
        found: `Result.values` of the analysis `classes`.
        arm: Identifier.
    """
    own = found["arms"][arm]
    n, models = people(sum(found["windows"]), len(found["subjects"])), own["models"]
    seeds = f"{models} seed{'' if models == 1 else 's'}"
    apart = own["seeds_apart"]
    null = "null: none, one seed" if apart is None else f"null: seeds of one arm are {sum(apart) / len(apart):.3f} nat apart"
    said = f"{n}, {seeds}; mean probability (%)<br>arms disagree most first; one person has no interval<br>{null}"
    return _heat(own["mean"], _names(found), found["classes"], arm, said, "probability %{z:.2f}")


def describe_classes(found: Values, arm: str) -> str:
    """Say in words what one arm says of the cohort."""
    own, title = found["arms"][arm], found["titles"][arm]
    top = [max(range(len(row)), key=row.__getitem__) for row in own["mean"]]
    counts = [f"{found['classes'][k]} {top.count(k)}" for k in sorted(set(top), key=lambda k: -top.count(k))]
    seeds = own["seeds_apart"]
    apart = "" if seeds is None else f"; its seeds are {sum(seeds) / len(seeds):.3f} nat apart"
    first = found["subjects"][0]
    return (
        f"Most probable class of each subject by {title}: {listed(counts)}. Arms disagree most on {first} "
        f"({found['disagreement'][0]:.3f} nat{apart}). {people(sum(found['windows']), len(found['subjects']))}."
    )


def classes_table(found: Values) -> pd.DataFrame:
    """Give a row per subject, arm and class."""
    rows = []
    for at, subject in enumerate(found["subjects"]):
        for arm, own in found["arms"].items():
            for k, name in enumerate(found["classes"]):
                spread = None if own["sd_over_seeds"] is None else own["sd_over_seeds"][at][k]
                rows.append(
                    {"subject": subject, "true class": found["truth"][at], "arm": found["titles"][arm], "class": name,
                     "probability": own["mean"][at][k], "SD over seeds": spread,
                     "windows decided (share)": own["decided"][at][k], "n (windows)": found["windows"][at],
                     "n (seeds)": own["models"]}
                )  # fmt: skip
    return pd.DataFrame(rows)


def _names(found: Values) -> list[str]:
    truth = found["truth"]
    return [f"{s} · {truth[at]}" if truth[at] else str(s) for at, s in enumerate(found["subjects"])]


def _ends(cell: Values) -> str:
    ends = cell["interval"]
    return "" if ends is None else f" [{ends['low']:.0%}, {ends['high']:.0%}]"


def _heat(
    rows: Sequence[Sequence[float]], names: Sequence[str], columns: Sequence[str], arm: str, said: str, tip: str
) -> go.Figure:
    color = theme.mark_of(arm).color
    heat = {
        "type": "heatmap", "z": [list(row) for row in rows],
        "x": [in_plotly(c) for c in columns], "y": [in_plotly(n) for n in names],
        "zmin": 0, "zmax": 1, "colorscale": [[0, faded(color, FAINT)], [1, faded(color, STRONG)]], "showscale": False,
        "xgap": 2, "ygap": 2, "text": [[f"{100 * v:.0f}" for v in row] for row in rows], "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": theme.INK}, "hovertemplate": f"%{{y}}, %{{x}}: {tip}<extra></extra>",
    }  # fmt: skip
    # A title begins at the left edge of the picture; an annotation would begin behind the names and be cut on a phone.
    place = {
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "pad": {"t": 16, "l": 4},
    }
    title = {"text": said, "font": {"size": 11, "weight": "normal", "color": theme.INK}, **place}
    parts = Parts([heat], [], [])
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "automargin": True}
    return parts.figure(
        height=TOP + BOTTOM + ROW * len(rows),
        margin={"l": 4, "r": 12, "t": TOP, "b": BOTTOM},
        dragmode=False,
        title=title,
        xaxis={**still, "type": "category", **_ticks(columns)},
        yaxis={**still, "autorange": "reversed", "type": "category"},
    )


def _ticks(columns: Sequence[str]) -> dict[str, Any]:
    """Give the numbers of columns in place of their names where these are too long to stand beside each other."""
    if sum(map(len, columns)) <= MOST_SIGNS:
        return {}
    return {"tickmode": "array", "tickvals": list(range(len(columns))), "ticktext": [str(k + 1) for k in range(len(columns))]}
