"""Confidence against accuracy of one arm, and accuracy against the share of windows that arms decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.scores import people

HEIGHT, TOP, BOTTOM = 360, 66, 76
Values = Mapping[str, Any]
"""What the analysis of calibration found, as its result keeps it."""


def reliability_figure(found: Values, arm: str, bins: str = "mass") -> go.Figure:
    """Draw a point per bin of confidence, its area by its windows, beside the diagonal of a calibrated model.

    Args:
        found: `Result.values` of the analysis.
        arm: Identifier.
        bins: "mass" or "width".
    """
    own, mark, parts = found["arms"][arm], theme.mark_of(arm), Parts([], [], [])
    line = {"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 1, "xref": "x", "yref": "y", "layer": "below"}
    parts.shapes.append({**line, "line": {"color": theme.MUTED, "width": 1, "dash": "dot"}})
    for state, symbol, name in (("raw", mark.symbol, "as it is"), ("scaled", "cross-thin-open", "temperature fitted")):
        if own[state] is None:
            continue
        rows = own[state][bins]
        if state == "raw":
            parts.shapes.extend(_chance(row) for row in rows)
        most = max(row["windows"] for row in rows)
        size = [6 + 12 * (row["windows"] / most) ** 0.5 for row in rows]
        parts.traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name, "showlegend": True,
                "x": [row["confidence"] for row in rows], "y": [row["accuracy"] for row in rows],
                "customdata": [row["windows"] for row in rows],
                "line": {"color": mark.color, "width": 1.5, "dash": "solid" if state == "raw" else "dot"},
                "marker": {"symbol": symbol, "color": mark.color, "size": size, "line": {"color": mark.color, "width": 1.5}},
                "hovertemplate": "confidence %{x:.2f}, accuracy %{y:.2f}, n = %{customdata} windows<extra></extra>",
            }
        )  # fmt: skip
    error = own["raw"]["errors"]["ece" if bins == "width" else "ece_mass"]
    said = f"{_people(found)}; ECE {error['value']:.3f}{_ends(error)}<br>a calibrated model: {error['null']:.3f}, 95% below "
    band = f"{error['band'][0]:.3f} to {error['band'][1]:.3f}"
    _head(parts, f"{said}{band}<br>null (gray): 95% of its points, if windows were independent")
    share = {"range": [0, 1.02], "zeroline": False}
    return _framed(parts, {**share, **_titled("confidence")}, {**share, **_titled("accuracy")})


def _chance(row: Values) -> dict[str, Any]:
    """Give an upright bar where the point of a bin would lie by chance if confidence meant accuracy."""
    place = {"x0": row["confidence"], "x1": row["confidence"], "y0": row["by chance, low"], "y1": row["by chance, high"]}
    look = {"color": "rgba(128, 140, 150, 0.4)", "width": 8}
    return {"type": "line", "xref": "x", "yref": "y", "layer": "below", **place, "line": look}


def describe_reliability(found: Values, arm: str, bins: str = "mass") -> str:
    """Say in words what the bins show."""
    own, title = found["arms"][arm]["raw"], found["titles"][arm]
    error = own["errors"]["ece" if bins == "width" else "ece_mass"]
    claim = {1: "more than calibration explains", -1: "no more than that of a calibrated model", 0: "open"}[error["claim"]]
    out = sum(not row["by chance, low"] <= row["accuracy"] <= row["by chance, high"] for row in own[bins])
    return (
        f"Confidence against accuracy of {title} in {len(own[bins])} bins of equal {bins}: ECE {error['value']:.3f}"
        f"{_ends(error)}, {claim} ({error['null']:.3f} on average). {_people(found)}. {out} of {len(own[bins])} points lie "
        "where fewer than 5% would if confidence meant accuracy and windows were independent."
    )


def reliability_table(found: Values) -> pd.DataFrame:
    """Give a row per arm, kind of bin, and bin."""
    rows = [
        {"arm": found["titles"][arm], "probabilities": state, "bins": f"equal {kind}", **row}
        for arm, own in found["arms"].items()
        for state in ("raw", "scaled")
        for kind in ("width", "mass")
        for row in (own[state][kind] if own[state] else ())
    ]
    return pd.DataFrame(rows)


def abstain_figure(found: Values, banded: str | None = None) -> go.Figure:
    """Draw accuracy over the share of windows decided, a line with a band per arm, and where it would stay by chance.

    Args:
        found: `Result.values` of the analysis.
        banded: The only arm whose interval is drawn; None draws all.
    """
    parts = Parts([], [], [])
    for arm, own in found["arms"].items():
        mark, rows = theme.mark_of(arm), own["abstain"]["curve"]
        known = [row for row in rows if row["accuracy"]["interval"] and banded in (None, arm)]
        band = [*known, *reversed(known)]
        ends = [row["accuracy"]["interval"]["low" if at < len(known) else "high"] for at, row in enumerate(band)]
        area = {"x": [row["share"] for row in band], "y": ends, "fill": "toself", "fillcolor": faded(mark.color, 0.1)}
        title = in_plotly(found["titles"][arm])
        parts.traces.append({"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
                             "legendgroup": arm, **area})  # fmt: skip
        parts.traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": title, "legendgroup": arm, "showlegend": True,
                "x": [row["share"] for row in rows], "y": [row["accuracy"]["value"] for row in rows],
                "customdata": [[row["threshold"], row["accuracy"]["n"], row["accuracy"]["units"]] for row in rows],
                "line": {"color": mark.color, "dash": mark.dash},
                "marker": {"symbol": mark.symbol, "color": mark.color, "size": 6},
                "hovertemplate": f"{title}: %{{y:.1%}} right in %{{x:.0%}} decided (confidence from %{{customdata[0]:.2f}}, "
                "n = %{customdata[1]} windows of %{customdata[2]} people)<extra></extra>",
            }
        )  # fmt: skip
    bands = "bands: 95%" if banded is None else f"band: 95%, {in_plotly(found['titles'][banded])}"
    _head(parts, f"{_people(found)}; {bands}, people resampled<br>by chance each line would stay where it begins, at 100%")
    share = {"tickformat": ".0%", "zeroline": False}
    return _framed(
        parts, {**share, "range": [1.02, 0], **_titled("windows decided")}, {**share, **_titled("accuracy of these")}
    )


def describe_abstain(found: Values) -> str:
    """Say in words what is gained by deciding less."""
    keep = found["settings"]["keep"]
    told = []
    for arm, own in found["arms"].items():
        row = min(own["abstain"]["curve"], key=lambda row: abs(row["share"] - keep))
        told.append(
            f"{found['titles'][arm]} {row['accuracy']['value']:.0%} instead of {own['abstain']['accuracy']['value']:.0%}"
        )
    return f"Accuracy if only the surest {keep:.0%} of windows are decided: {listed(told)}. {_people(found)}."


def abstain_table(found: Values) -> pd.DataFrame:
    """Give a row per arm and share decided."""
    rows = []
    for arm, own in found["arms"].items():
        for row in own["abstain"]["curve"]:
            cell = row["accuracy"]
            ends = cell["interval"] or {}
            rows.append(
                {"arm": found["titles"][arm], "share decided": row["share"], "least confidence": row["threshold"],
                 "accuracy": cell["value"], "95% low": ends.get("low"), "95% high": ends.get("high"),
                 "at random": own["abstain"]["accuracy"]["value"], "n (windows)": cell["n"], "n (people)": cell["units"]}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _people(found: Values) -> str:
    return people(found["n_windows"], found["n_subjects"])


def _ends(cell: Values) -> str:
    ends = cell["interval"]
    return "" if ends is None else f" [{ends['low']:.3f}, {ends['high']:.3f}]"


def _titled(text: str) -> dict[str, Any]:
    return {"title": {"text": text, "standoff": 4}}


def _head(parts: Parts, text: str) -> None:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 6}
    parts.texts.append({"text": text, "align": "left", "showarrow": False, "font": {"size": 11}, **place})


def _framed(parts: Parts, across: Mapping[str, Any], up: Mapping[str, Any]) -> go.Figure:
    legend = {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top", "font": {"color": theme.INK}}
    margin = {"l": 4, "r": 12, "t": TOP, "b": BOTTOM}
    return parts.figure(height=HEIGHT, margin=margin, dragmode=False, legend=legend, xaxis=dict(across), yaxis=dict(up))
