"""Members of a stage by arm, and one number of each over the epochs, as arrays."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from app import theme
from app.figures.canvas import Parts
from app.figures.reduce import reduce
from app.figures.text import in_plotly
from rdpd_core.experiments.arms import ARMS
from rdpd_core.jobs.progress import Stage

WIDE, HALF, THIN, PER_PIXEL = 450, 225, 100, 2
"""Pixels of a line in a wide picture, in a panel, and in a cloud, and points for each; more would only be sent in vain."""
PALE, BAND = 0.4, 0.13
FEW = 8
TOP, BOTTOM = 34, 84
"""Pixels for the title, and for the axis and a legend of two lines."""
TITLE_SIGNS, TITLE_LINE = 46, 17
"""What a line of the title holds in a narrow window, and its height in pixels."""
_ARM_OF = {arm.title.casefold(): arm.name for arm in ARMS.values()}


class Group(NamedTuple):
    """The members of one arm.

    Attributes:
        arm: Name of the arm; text that is no arm of ours stands for itself.
        title: For people.
        members: Names, in order.
    """

    arm: str
    title: str
    members: tuple[str, ...]


class Course(NamedTuple):
    """One number of an arm's members over the epochs.

    Attributes:
        group: The arm.
        epoch: (E,), ascending.
        value: (m, E); NaN where a member has no number, as after it stopped.
    """

    group: Group
    epoch: np.ndarray
    value: np.ndarray

    @property
    def count(self) -> np.ndarray:
        """Give how many members have a number, (E,)."""
        return np.isfinite(self.value).sum(axis=0)

    @property
    def mean(self) -> np.ndarray:
        """Give the mean over members, (E,)."""
        return np.nansum(self.value, axis=0) / self.count

    @property
    def low(self) -> np.ndarray:
        """Give the lowest of the members, (E,)."""
        return np.nanmin(self.value, axis=0)

    @property
    def high(self) -> np.ndarray:
        """Give the highest of the members, (E,)."""
        return np.nanmax(self.value, axis=0)

    @property
    def whole(self) -> int:
        """Give the position of the last epoch that all members have."""
        full = np.flatnonzero(self.count == len(self.value))
        return int(full[-1]) if len(full) else 0


def is_search(stage: Stage) -> bool:
    """Say whether the members of a stage are candidates of a search."""
    return stage.key.rpartition("/")[2].startswith("search")


def seed_of(member: str) -> int | None:
    """Give the seed in a member's name, or None."""
    text = member.rpartition(", seed ")[2]
    return int(text) if text.isdecimal() and text != member else None


def groups(stage: Stage) -> list[Group]:
    """Give the members that have told anything, by arm, in the order of the arms."""
    found: dict[str, list[str]] = {}
    for name in stage.scores:
        text = name.rpartition(" ")[0] if is_search(stage) else name.rpartition(", seed ")[0] or name
        found.setdefault(_ARM_OF.get(text.casefold(), text), []).append(name)
    order = {name: place for place, name in enumerate(ARMS)}
    arms = sorted(found, key=lambda arm: order.get(arm, len(order)))
    return [Group(arm, ARMS[arm].title if arm in ARMS else arm, tuple(found[arm])) for arm in arms]


def course(stage: Stage, group: Group, term: str | None = None) -> Course:
    """Give the validation scores of an arm's members, or one of their loss terms.

    Args:
        stage: Where they learn.
        group: Who.
        term: Name of a loss term; None takes the score.
    """
    last = max(stage.scores[name][-1][0] for name in group.members)
    value = np.full((len(group.members), last + 1), np.nan)
    for line, name in zip(value, group.members, strict=True):
        pairs = stage.scores[name]
        given = [score for _, score in pairs] if term is None else stage.losses[name].get(term, [])
        if len(given) == len(pairs):
            line[_epochs(pairs)] = given
    there = np.flatnonzero(np.isfinite(value).any(axis=0))
    return Course(group, there, value[:, there])


def _epochs(pairs: list[tuple[int, float]]) -> slice | list[int]:
    """Give the epochs of the rows; without gaps, as they are unless a line of the file was damaged, a slice."""
    first, last = pairs[0][0], pairs[-1][0]
    return slice(first, last + 1) if last - first + 1 == len(pairs) else [epoch for epoch, _ in pairs]


def add_course(parts: Parts, given: Course, axes: dict[str, str], tip: str, pixels: int = WIDE) -> None:
    """Draw the mean of an arm with a band from its lowest to its highest member; paler once some members have stopped.

    Args:
        parts: Of the figure.
        given: What to draw.
        axes: "xaxis" and "yaxis".
        tip: How the number is called.
        pixels: Width of the drawing.
    """
    arm, title = given.group.arm, in_plotly(given.group.title)
    mark, same = theme.mark_of(arm), {**axes, "legendgroup": arm, "showlegend": False, "type": "scatter", "mode": "lines"}
    mean, low, high = (line.astype(np.float32) for line in (given.mean, given.low, given.high))
    if len(given.value) > 1:
        down, up = _kept(low, pixels), _kept(high, pixels)[::-1]
        border = {"x": given.epoch[np.concatenate([down, up])].astype(np.int32), "y": np.concatenate([low[down], high[up]])}
        look = {"fill": "toself", "fillcolor": faded(mark.color, BAND), "line": {"width": 0}, "hoverinfo": "skip"}
        parts.traces.append({**same, **border, **look})
    cut = given.whole
    for part, opacity in ((slice(0, cut + 1), 1.0), (slice(cut, None), PALE)):
        at = np.arange(len(mean))[part]
        if not len(at) or (opacity == PALE and len(at) == 1):
            continue
        at = at[_kept(mean[at], pixels)]
        told = f"{title}, epoch %{{x}}: {tip} %{{y:.3f}}, %{{customdata[0]:.3f}} to %{{customdata[1]:.3f}}"
        line = {"color": mark.color, "dash": mark.dash, "width": 2}
        parts.traces.append(
            {
                **same, "x": given.epoch[at].astype(np.int32), "y": mean[at], "opacity": opacity, "line": line, "name": title,
                "customdata": np.stack([low[at], high[at], given.count[at].astype(np.float32)], axis=1),
                "hovertemplate": f"{told} (n = %{{customdata[2]:d}})<extra></extra>",
            }
        )  # fmt: skip


def _kept(line: np.ndarray, pixels: int) -> np.ndarray:
    return reduce(line, pixels, PER_PIXEL).index


def thinned(given: Course) -> tuple[np.ndarray, np.ndarray]:
    """Give epochs and values of all members as one line with gaps, each member with few points."""
    epochs, values = [], []
    for line in given.value:
        there = np.flatnonzero(np.isfinite(line))
        at = there[_kept(line[there], THIN)]
        epochs += [given.epoch[at].astype(float), [np.nan]]
        values += [line[at], [np.nan]]
    return np.concatenate(epochs).astype(np.float32), np.concatenate(values).astype(np.float32)


def table(found: Sequence[Course]) -> pd.DataFrame:
    """Give a row per arm and epoch: mean, lowest and highest of its members, and n."""
    parts = [
        pd.DataFrame({"arm": c.group.title, "epoch": c.epoch, "mean": c.mean, "lowest": c.low, "highest": c.high, "n": c.count})
        for c in found
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def add_legend(parts: Parts, found: Sequence[Group], axes: dict[str, str]) -> None:
    """Draw an entry in the legend for every arm, with its dash and its symbol."""
    for group in found:
        mark = theme.mark_of(group.arm)
        line = {"color": mark.color, "dash": mark.dash, "width": 2}
        look = {"mode": "lines+markers", "line": line, "marker": {"symbol": mark.symbol, "color": mark.color, "size": 8}}
        name = in_plotly(group.title)
        parts.traces.append(
            {"type": "scatter", "x": [None], "y": [None], "name": name, "legendgroup": group.arm, **look, **axes}
        )


def faded(color: str, opacity: float) -> str:
    """Give a color of which the background shines through."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def epochs_axis(found: Sequence[Course], **more: Any) -> dict[str, Any]:
    """Give an axis of epochs; where there are few, every one has its number, and none has two."""
    last = max((int(given.epoch[-1]) for given in found), default=0)
    few = {"dtick": 1} if last <= FEW else {}
    return {"zeroline": False, "ticks": "", "tickformat": "d", "rangemode": "tozero", **few, **more}


def frame(height: int, title: str, **more: Any) -> dict[str, Any]:
    """Give the layout that figures of learning share; a long title has two lines, and the room for them."""
    lines = textwrap.wrap(title, TITLE_SIGNS, max_lines=2, placeholder=" …") or [title]
    more_px = TITLE_LINE * (len(lines) - 1)
    top = {"x": 0, "y": 1, "xref": "container", "yanchor": "top", "pad": {"t": 8, "l": 2}}
    below = {"yref": "container", "y": 0, "yanchor": "bottom", "font": {"size": 12}, "title": {"text": ""}}
    return {
        "height": height + more_px,
        "margin": {"l": 8, "r": 8, "t": TOP + more_px, "b": BOTTOM},
        "title": {"text": "<br>".join(map(in_plotly, lines)), "font": {"size": 13}, **top},
        "legend": {"orientation": "h", "x": 0, "xref": "container", **below},
        "hovermode": "closest",
        "dragmode": False,
        **more,
    }
