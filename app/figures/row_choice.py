"""A table of shaded squares of which some rows are drawn, and of which every square can be clicked to choose its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from app import theme
from app.figures.drawing import Drawing
from app.figures.text import in_plotly

SIZE = 30


def cut(found: Mapping[str, Any], rows: Sequence[int]) -> dict[str, Any]:
    """Give what an analysis found with only some of its subjects.

    Args:
        found: `Result.values`; lists as long as "subjects" are those of the subjects, also below "arms" and "accuracy".
        rows: Places of subjects.
    """
    count = len(found["subjects"])
    if list(rows) == list(range(count)):
        return dict(found)

    def of(values: Any) -> Any:
        return [values[at] for at in rows] if isinstance(values, list) and len(values) == count else values

    whole = {name: of(values) for name, values in found.items() if name != "classes"}
    arms = {arm: {name: of(values) for name, values in own.items()} for arm, own in found["arms"].items()}
    shares = {"accuracy": {arm: of(own) for arm, own in found["accuracy"].items()}} if "accuracy" in found else {}
    return {**found, **whole, "arms": arms, **shares}


def choosable(fig: go.Figure, names: Sequence[object]) -> go.Figure:
    """Give the figure with an unseen point in every square, behind which the name of its row stands.

    Args:
        fig: Its first trace is a heat map with as many rows.
        names: Of the rows.
    """
    raw = fig.to_plotly_json()
    heat = raw["data"][0]
    across, down = list(heat["x"]), list(heat["y"])
    places = [(i, j) for i in range(len(down)) for j in range(len(across))]
    tip = str(heat["hovertemplate"]).replace("%{z", "%{customdata[1]").replace("%{y}", "%{customdata[2]}")
    unseen = {"marker": {"opacity": 0}}
    points = {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [across[j] for _, j in places],
        "y": [down[i] for i, _ in places],
        "customdata": [[str(names[i]), heat["z"][i][j], in_plotly(names[i])] for i, j in places],
        "marker": {"symbol": "square", "size": SIZE, "opacity": 0, "color": theme.MUTED},
        "selected": unseen,
        "unselected": unseen,
        "hovertemplate": tip,
    }
    layout = dict(raw["layout"])
    ends = {"xaxis": [-0.5, len(across) - 0.5], "yaxis": [len(down) - 0.5, -0.5]}  # points alone would leave a margin
    axes = {
        name: {k: v for k, v in layout.get(name, {}).items() if k != "autorange"} | {"range": span}
        for name, span in ends.items()
    }
    return Drawing({"data": [*raw["data"], points], "layout": layout | axes})
