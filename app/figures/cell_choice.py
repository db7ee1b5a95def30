"""A table of shaded squares that can be clicked, with the chosen square framed."""

from __future__ import annotations

import plotly.graph_objects as go

from app import theme

SIZE = 44


def clickable(fig: go.Figure, chosen: tuple[str, str] | None) -> go.Figure:
    """Give the figure with an unseen point in every square, which a click chooses: squares themselves take none.

    Args:
        fig: Its first trace is a heat map.
        chosen: Names of the row and the column of the square that is framed, as the figure writes them; None frames none.
    """
    raw = fig.to_plotly_json()
    heat = raw["data"][0]
    across, down = list(heat["x"]), list(heat["y"])
    places = [(i, j) for i in range(len(down)) for j in range(len(across))]
    points = {
        "type": "scatter", "mode": "markers", "showlegend": False, "name": "choose",
        "x": [across[j] for _, j in places], "y": [down[i] for i, _ in places],
        "customdata": [[i, j, heat["customdata"][i][j]] for i, j in places],
        "marker": {"symbol": "square", "size": SIZE, "opacity": 0, "color": theme.MUTED},
        "selected": {"marker": {"opacity": 0}}, "unselected": {"marker": {"opacity": 0}},
        "hovertemplate": "%{y} and %{x}: %{customdata[2]}<extra></extra>",
    }  # fmt: skip
    layout = dict(raw["layout"])
    if chosen is not None and chosen[0] in down and chosen[1] in across:
        i, j = down.index(chosen[0]), across.index(chosen[1])
        frame = {"type": "rect", "x0": j - 0.48, "x1": j + 0.48, "y0": i - 0.48, "y1": i + 0.48}
        layout["shapes"] = [*layout.get("shapes", ()), {**frame, "line": {"color": theme.INK, "width": 2.5}}]
    return go.Figure({"data": [*raw["data"], points], "layout": layout})
