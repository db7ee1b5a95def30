"""How alike layers are: a square per pair of layers, gray and struck out where wrongly paired windows would give as much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import quiet
from app.figures.noted import LINE_PX, noted
from app.figures.subject_classes import COLORS, class_title
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.cka_align import Aligned

FAINT, STRONG = 0.03, 0.62
CELL, TOP, BOTTOM = 52, 78, 46
GRAY = "rgba(128, 140, 150, 0.28)"
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "circle-open", "square-open")
NULLS = {"recordings": "recordings exchanged", "windows": "windows shuffled"}
MEANING = "gray, struck out: no more alike than wrong pairs; ?: not surely more"
Matrix = Mapping[str, Any]
"""A matrix as the analysis keeps it: what `SimilarityMatrix.to_dict` gives."""


def matrix_figure(matrix: Matrix, arm: str) -> go.Figure:
    """Draw CKA of every layer of the first model (rows) with every layer of the second (columns).

    Args:
        matrix: As the analysis keeps it.
        arm: Whose color the squares have.
    """
    cells = matrix["cells"]
    values = [[None if c["value"] is None or c["mark"] == "inside" else c["value"] for c in row] for row in cells]
    text = [[_shown(c) for c in row] for row in cells]
    behind = [[_behind(c) for c in row] for row in cells]
    color = theme.mark_of(arm).color
    heat = {
        **_squares(matrix, values, text, behind),
        "colorscale": [[0, faded(color, FAINT)], [1, faded(color, STRONG)]],
        "zmax": 1,
    }
    struck = [(j, i) for i, row in enumerate(cells) for j, c in enumerate(row) if c["mark"] == "inside"]
    empty = [(j, i) for i, row in enumerate(cells) for j, c in enumerate(row) if c["value"] is None]
    shapes = [shape for at in struck for shape in (_gray(*at), _stroke(*at))] + [_gray(*at) for at in empty]
    # A gray square holds no value of the heat map, so its text and tip are drawn as a point.
    points = _points(matrix, [*struck, *empty], text, behind)
    return go.Figure({"data": [heat, points], "layout": _layout(matrix, shapes, [_caption(matrix, MEANING)])})


def change_figure(difference: Mapping[str, Any], matrix: Matrix, title: str) -> go.Figure:
    """Draw how much more alike the teacher an arm is than another; squares without a claim are gray and struck out.

    Args:
        difference: As the analysis keeps it: "cells" and "diagonal".
        matrix: Of the arm.
        title: Of the arm compared with.
    """
    cells = difference["cells"]
    values = [[None if c["claim"] == "none" else c["value"] for c in row] for row in cells]
    text = [["–" if c["value"] is None else f"{c['value']:+.2f}" for c in row] for row in cells]
    behind = [[f"{_ends(c)}<br>{in_plotly(c['says'])}" for c in row] for row in cells]
    reach = max((abs(v) for row in values for v in row if v is not None), default=1.0) or 1.0
    more, less = theme.mark_of("rdpd").color, theme.mark_of("teacher").color
    scale = [[0, faded(less, STRONG)], [0.5, faded(less, FAINT)], [1, faded(more, STRONG)]]
    heat = {**_squares(matrix, values, text, behind), "colorscale": scale, "zmin": -reach, "zmax": reach}
    open_ = [(j, i) for i, row in enumerate(cells) for j, c in enumerate(row) if c["claim"] == "none"]
    shapes = [shape for at in open_ for shape in (_gray(*at), _stroke(*at))]
    points = _points(matrix, open_, text, behind)
    seeds = difference["diagonal"]["n_seeds"]
    said = f"difference of CKA to {in_plotly(title)}, n = {seeds} seeds; null: 0<br>gray, struck out: no difference shown"
    return go.Figure({"data": [heat, points], "layout": _layout(matrix, shapes, [_caption(matrix, said, False)])})


def scatter_figure(found: Aligned, target: np.ndarray, classes: Sequence[str], names: tuple[str, str]) -> go.Figure:
    """Draw the first two aligned components of two layers, a point per window: across the first layer, up the second.

    Args:
        found: Aligned components.
        target: (N,), class of each window, -1 where unknown.
        classes: K names.
        names: Of both layers.
    """
    data = []
    for k in [k for k in range(-1, len(classes)) if (target == k).any()]:
        own, name = target == k, "unknown" if k < 0 else class_title(k, tuple(classes))
        color = theme.MUTED if k < 0 else COLORS[k % len(COLORS)]
        marker = {"symbol": SYMBOLS[k % len(SYMBOLS)], "color": color, "size": 7, "opacity": 0.75}
        for c in range(found.first.shape[1]):
            axes = {"xaxis": "x" if c == 0 else "x2", "yaxis": "y" if c == 0 else "y2"}
            tip = f"{in_plotly(name)}: %{{x:.2f}} and %{{y:.2f}}<extra></extra>"
            legend = {"name": in_plotly(name), "legendgroup": str(k), "showlegend": c == 0}
            points = {"x": found.first[own, c], "y": found.second[own, c], "mode": "markers", "marker": marker}
            data.append({"type": "scatter", "hovertemplate": tip, **axes, **legend, **points})
    return go.Figure({"data": data, "layout": _scatter_layout(found, names)})


def scatter_notes(found: Aligned, rows_of: str = "windows") -> list[str]:
    """Give n, interval and null of aligned components, a line each."""
    n = f"n = {found.n_windows} {rows_of} of {found.n_subjects} subject{'s' * (found.n_subjects != 1)}"
    if found.held_out is None:
        return [n, "no interval, no null: too few people to leave some out"]
    own = next((interval for interval in found.intervals if interval is not None), None)
    ends = "no interval: too few people" if own is None else f"95% intervals, {own.n} subjects left out in turn, resampled"
    return [f"{n}; {ends}", "null: windows of one side turned against the other's"]


def describe_matrix(matrix: Matrix) -> str:
    """Say in words what the squares show."""
    cells = [c for row in matrix["cells"] for c in row]
    counts = {mark: sum(c["mark"] == mark for c in cells) for mark in ("above", "unclear", "inside", "undefined")}
    sides, along = f"{matrix['first']} (rows) and {matrix['second']} (columns)", matrix["diagonal"]
    parts = [
        f"{counts['above']} more alike than wrongly paired windows",
        f"{counts['unclear']} not surely so" if counts["unclear"] else "",
        f"{counts['inside']} no more alike than wrong pairs" if counts["inside"] else "",
        f"{counts['undefined']} about which nothing can be said" if counts["undefined"] else "",
    ]
    mean = "undefined" if along["value"] is None else f"{along['value']:.2f}{_ends(along, ' ')}"
    return (
        f"CKA of the layers of {sides}: of {len(cells)} pairs of layers {listed([p for p in parts if p])}. "
        f"Mean over matching layers {mean}. {_basis(matrix)}."
    )


def describe_change(difference: Mapping[str, Any], matrix: Matrix, title: str) -> str:
    """Say in words what the difference of two arms is."""
    along = difference["diagonal"]
    mean = "undefined" if along["value"] is None else f"{along['value']:+.3f}{_ends(along, ' ')}"
    shown = sum(c["claim"] != "none" for row in difference["cells"] for c in row)
    total = sum(len(row) for row in difference["cells"])
    return (
        f"Difference of CKA with the teacher, {matrix['second']} less {title}: {mean} over matching layers; {along['says']}. "
        f"A difference is shown in {shown} of {total} pairs of layers. {_basis(matrix, False)}."
    )


def describe_scatter(found: Aligned, names: tuple[str, str]) -> str:
    """Say in words how well the components go together, and whether that holds for new people."""
    each = [_held(found, c) for c in range(len(found.held_out or ()))]
    held = f", on people left out {listed(each)}" if each else ""
    fitted = listed(["undefined" if r is None else f"{r:.2f}" for r in found.fitted])
    why = f" {found.reason[:1].upper()}{found.reason[1:]}." if found.reason else ""
    return (
        f"First aligned components of {names[0]} and {names[1]}, a point for each of {found.n_windows} windows of "
        f"{found.n_subjects} subjects, colored by class. Correlation {fitted} on the windows fitted to{held}.{why}"
    )


def matrix_table(matrix: Matrix) -> pd.DataFrame:
    """Give a row per pair of layers: CKA, interval, null, and what it is worth."""
    rows = []
    for name, row in zip(matrix["rows"], matrix["cells"], strict=True):
        for column, c in zip(matrix["columns"], row, strict=True):
            ends, null = c["interval"] or {}, c["null"] or (None, None)
            rows.append(
                {
                    f"layer of {matrix['first']}": name, f"layer of {matrix['second']}": column, "CKA": c["value"],
                    "95% low": ends.get("low"), "95% high": ends.get("high"), "null low": null[0], "null high": null[1],
                    "p (null)": c["p"], "beside null": c["mark"], "why none": c["reason"],
                    "n (windows)": matrix["n_windows"], "n (subjects)": matrix["n_subjects"], "mode": matrix["mode"],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def change_table(difference: Mapping[str, Any], matrix: Matrix) -> pd.DataFrame:
    """Give a row per pair of layers: difference, interval, corrected p, and verdict."""
    rows = [
        {"layer of the teacher": a, "layer of the student": b, "difference of CKA": c["value"],
         "95% low": (c["interval"] or {}).get("low"), "95% high": (c["interval"] or {}).get("high"),
         "p (Holm)": c["p"], "n (seeds)": c["n_seeds"], "verdict": c["says"]}
        for a, row in zip(matrix["rows"], difference["cells"], strict=True)
        for b, c in zip(matrix["columns"], row, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def scatter_table(found: Aligned, target: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Give a row per window: class and components."""
    columns = {
        f"component {c + 1}, {side}": x[:, c]
        for c in range(2)
        for side, x in (("first", found.first), ("second", found.second))
    }
    return pd.DataFrame({"class": ["unknown" if k < 0 else classes[k] for k in target], **columns})


def _shown(cell: Mapping[str, Any]) -> str:
    if cell["value"] is None:
        return "–"
    return f"{cell['value']:.2f}{' ?' if cell['mark'] in ('unclear', 'undefined') else ''}"


def _behind(cell: Mapping[str, Any]) -> str:
    if cell["value"] is None:
        return in_plotly(cell["reason"])
    null = "no null" if cell["null"] is None else f"null {cell['null'][0]:.3f} to {cell['null'][1]:.3f}, p = {cell['p']:.3f}"
    return f"CKA {cell['value']:.3f}{_ends(cell, ' ')}<br>{null}"


def _ends(cell: Mapping[str, Any], before: str = "") -> str:
    ends = cell["interval"]
    return f"{before}(no interval)" if ends is None else f"{before}[{ends['low']:.3f}, {ends['high']:.3f}]"


def _squares(matrix: Matrix, values: list, text: list, behind: list) -> dict[str, Any]:
    across, down = ([in_plotly(name) for name in matrix[side]] for side in ("columns", "rows"))
    tip = "%{y} and %{x}: %{customdata}<extra></extra>"
    texts = [["" if v is None else t for v, t in zip(*pair, strict=True)] for pair in zip(values, text, strict=True)]
    return {
        "type": "heatmap", "z": values, "x": across, "y": down, "zmin": 0, "xgap": 2, "ygap": 2, "showscale": False,
        "hoverongaps": False, "text": texts, "texttemplate": "%{text}", "textfont": {"size": 12, "color": theme.INK},
        "customdata": behind, "hovertemplate": tip,
    }  # fmt: skip


def _points(matrix: Matrix, places: list[tuple[int, int]], text: list, behind: list) -> dict[str, Any]:
    across, down = ([in_plotly(name) for name in matrix[side]] for side in ("columns", "rows"))
    return {
        "type": "scatter", "mode": "text", "x": [across[x] for x, _ in places], "y": [down[y] for _, y in places],
        "text": [text[y][x] for x, y in places], "customdata": [behind[y][x] for x, y in places], "showlegend": False,
        "textfont": {"size": 11, "color": theme.INK}, "hovertemplate": "%{y} and %{x}: %{customdata}<extra></extra>",
    }  # fmt: skip


def _gray(x: int, y: int) -> dict[str, Any]:
    place = {"type": "rect", "x0": x - 0.47, "x1": x + 0.47, "y0": y - 0.47, "y1": y + 0.47, "layer": "below"}
    return {**place, "fillcolor": GRAY, "line": {"width": 0}}


def _stroke(x: int, y: int) -> dict[str, Any]:
    place = {"type": "line", "x0": x - 0.44, "x1": x + 0.44, "y0": y + 0.44, "y1": y - 0.44, "layer": "below"}
    return {**place, "line": {"color": theme.MUTED, "width": 1, "dash": "dot"}}


def _layout(matrix: Matrix, shapes: list[dict[str, Any]], texts: list[dict[str, Any]]) -> dict[str, Any]:
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "type": "category", "automargin": True}
    across, down = ([in_plotly(name) for name in matrix[side]] for side in ("columns", "rows"))
    return {
        "font": {"color": theme.INK}, "height": TOP + BOTTOM + CELL * len(down), "dragmode": False,
        "margin": {"l": 8, "r": 8, "t": TOP, "b": BOTTOM}, "shapes": shapes, "annotations": texts,
        "xaxis": quiet({**still, "tickangle": 0, "title": {"text": in_plotly(matrix["second"]), "standoff": 4},
                        "categoryorder": "array", "categoryarray": across}),
        "yaxis": quiet({**still, "title": {"text": in_plotly(matrix["first"]), "standoff": 4},
                        "range": [len(down) - 0.5, -0.5], "categoryorder": "array", "categoryarray": down}),
    }  # fmt: skip


def _caption(matrix: Matrix, said: str, null: bool = True) -> dict[str, Any]:
    lines = f"{_basis(matrix, null).replace('; ', '<br>')}<br>{said.replace('; ', '<br>')}"
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 6}
    return {**place, "text": lines, "showarrow": False, "align": "left", "borderpad": 0, "font": {"size": 11}}


def _basis(matrix: Matrix, null: bool = True) -> str:
    """Say what stands behind the squares."""
    people, models = matrix["n_subjects"], matrix["models"]
    text = f"n = {matrix['n_windows']} windows of {people} subject{'s' * (people != 1)}"
    text += f", {models} pair{'s' * (models != 1)} of models; mode {matrix['mode']}"
    if not null:
        return text
    band = matrix["diagonal"]["null"]
    wrong = "too few windows" if band is None else f"mean {band[0]:.2f} to {band[1]:.2f}"
    return f"{text}, null ({NULLS.get(matrix['null'], matrix['null'])}): {wrong}"


def _held(found: Aligned, c: int, between: str = ", ") -> str:
    """Give the correlation of a component on people left out, with its interval and its null."""
    own, (low, high) = found.intervals[c], found.nulls[c]
    ends = "no interval" if own is None else f"[{own.low:.2f}, {own.high:.2f}]"
    return between.join([f"{found.held_out[c]:.2f}", ends, f"null {low:.2f} to {high:.2f}"])


def _scatter_layout(found: Aligned, names: tuple[str, str]) -> dict[str, Any]:
    calm = {"zeroline": False, "ticks": "", "showgrid": True, "gridcolor": theme.BAND, "title": {"standoff": 4}}
    heading = LINE_PX * (3 if found.held_out is None else 5) + 6
    note, top = noted(scatter_notes(found), heading)
    layout: dict[str, Any] = {
        "font": {"color": theme.INK}, "height": 316 + top + 40, "margin": {"l": 8, "r": 8, "t": top, "b": 40},
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top"},
    }  # fmt: skip
    texts = []
    for c, domain in enumerate(([0, 0.46], [0.54, 1])):
        end = "" if c == 0 else "2"
        across = {"text": in_plotly(names[0]), "standoff": 4}
        up = {"text": in_plotly(names[1]) if c == 0 else "", "standoff": 4}
        layout[f"xaxis{end}"] = quiet({**calm, "domain": domain, "anchor": f"y{end}", "title": across})
        layout[f"yaxis{end}"] = quiet({**calm, "anchor": f"x{end}", "title": up, "automargin": True})
        fitted = "undefined" if found.fitted[c] is None else f"r = {found.fitted[c]:.2f}"
        held = "not known for others" if found.held_out is None else f"left out: r = {_held(found, c, '<br>')}"
        place = {"x": domain[0], "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 4}
        text = f"component {c + 1}<br>{fitted}<br>{held}"
        texts.append({**place, "text": text, "showarrow": False, "align": "left", "font": {"size": 11}})
    return {**layout, "annotations": [*texts, note]}
