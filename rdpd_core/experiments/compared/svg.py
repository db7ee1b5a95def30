"""A chart as an SVG picture: one file that any browser, word processor or printer shows, the same bytes for the same chart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from rdpd_core.experiments.compared.chart import Axis, Chart, Series, reach
from rdpd_core.marks import mark_of

WIDTH, LEFT, RIGHT, TOP, BOTTOM, LINE, FOOT = 760, 64, 16, 34, 48, 18, 16
LETTER = 6.6
"""Width of a letter, roughly: nothing measures text here."""
INK, QUIET, GRID, MUTED = "#121A20", "#4A545C", "#E3E7EA", "#86929B"
DASHES = {"dot": "2 4", "dash": "8 5", "longdash": "13 5", "dashdot": "9 4 2 4", "longdashdot": "13 4 2 4"}


@dataclass(frozen=True)
class _Frame:
    """Where the axes lie, in pixels, and what turns values into places."""

    left: float
    top: float
    right: float
    bottom: float
    x: Callable[[float], float]
    y: Callable[[float], float]


def to_svg(chart: Chart, foot: str = "") -> str:
    """Give the picture, with its title, its text alternative and what stands behind it inside.

    Args:
        chart: What is drawn.
        foot: A line below the picture that says what it is about, for a file that leaves its page.
    """
    legend, rows = _legend([s for s in chart.series if s.name])
    top = TOP + LINE * rows
    drawn = chart.height + LINE * rows
    frame, height = _framed(chart, top, drawn), drawn + (FOOT if foot else 0)
    body = [*_axis_x(chart.x, frame), *_axis_y(chart.y, frame)]
    for series in sorted(chart.series, key=lambda s: s.kind not in ("leader", "bar")):
        body += _draw(series, frame)
    head = f'<text x="{LEFT}" y="16" font-size="14" font-weight="600">{escape(chart.title)}</text>'
    small = f'<text x="{WIDTH - RIGHT}" y="{drawn + 8}" text-anchor="end" font-size="9" fill="{QUIET}">{escape(foot)}</text>'
    parts = [head, *legend, *body, *([small] if foot else [])]
    view = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} role="img" font-family="sans-serif" font-size="12" fill="{INK}">'
        f"<title>{escape(chart.title)}</title><desc>{escape(chart.words)} {escape(chart.note)}</desc>"
        f'<rect width="{WIDTH}" height="{height}" fill="#FFFFFF"/>{"".join(parts)}</svg>'
    )


def _framed(chart: Chart, top: float, height: float) -> _Frame:
    longest = max((len(text) for _, text in chart.y.ticks), default=0)
    left = max(LEFT, 14 + min(longest * LETTER, 300) + (18 if chart.y.title else 0))
    right, bottom = WIDTH - RIGHT, height - BOTTOM
    across = _scale(chart.x, reach(chart.series, True), left, right)
    return _Frame(left, top, right, bottom, across, _scale(chart.y, reach(chart.series, False), bottom, top))


def _scale(axis: Axis, found: tuple[float, float], start: float, end: float) -> Callable[[float], float]:
    low, high = axis.span or found
    if axis.logarithmic:
        low, high = math.log10(low), math.log10(high)
    width = (high - low) or 1.0

    def place(value: float) -> float:
        return start + (end - start) * ((math.log10(value) if axis.logarithmic else value) - low) / width

    return place


def ticks_of(low: float, high: float, most: int = 8) -> list[float]:
    """Give round numbers between two ends, at most so many."""
    low, high = sorted((low, high))
    raw = (high - low) / max(most - 1, 1) or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(step * at, 12) for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _ticks(axis: Axis, place: Callable[[float], float], start: float, end: float) -> Iterator[tuple[float, str]]:
    """Yield the place in pixels and the text of each tick."""
    if axis.ticks:
        yield from ((place(value), text) for value, text in axis.ticks)
        return
    zero, one = (place(1), place(10)) if axis.logarithmic else (place(0), place(1))
    low, high = ((v - zero) / (one - zero) for v in (start, end))
    if axis.logarithmic:
        powers = range(math.floor(low), math.ceil(high) + 1)
        values = [m * 10.0**power for power in powers for m in (1, 2, 5) if low <= math.log10(m * 10.0**power) <= high]
    else:
        values = ticks_of(low, high)
    yield from ((place(value), f"{value:,.0f}" if value >= 10000 else f"{value:g}") for value in values)


def _axis_x(axis: Axis, f: _Frame) -> Iterator[str]:
    for x, text in _ticks(axis, f.x, f.left, f.right):
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{f.top}" y2="{f.bottom}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{f.bottom + 16}" text-anchor="middle" fill="{QUIET}">{escape(text)}</text>'
    yield f'<text x="{(f.left + f.right) / 2:.1f}" y="{f.bottom + 36}" text-anchor="middle">{escape(axis.title)}</text>'


def _axis_y(axis: Axis, f: _Frame) -> Iterator[str]:
    for y, text in _ticks(axis, f.y, f.bottom, f.top):
        short = text if len(text) * LETTER < 300 else f"{text[:44]}…"
        yield f'<line x1="{f.left:.1f}" x2="{f.right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{f.left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="{QUIET}">{escape(short)}</text>'
    if axis.title:
        middle = (f.top + f.bottom) / 2
        yield f'<text transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(axis.title)}</text>'


def _legend(named: Sequence[Series]) -> tuple[list[str], int]:
    """Give the entries of the legend, in as many lines as they need."""
    parts, x, row = [], float(LEFT), 0
    for series in named:
        wide = 34 + len(series.name) * LETTER
        if x + wide > WIDTH - RIGHT and x > LEFT:
            x, row = float(LEFT), row + 1
        y = 28 + LINE * row
        if series.kind in ("line", "course"):
            parts.append(_path([(x, y), (x + 22, y)], series.arm, 2))
        if series.kind != "course":
            parts.append(_symbol(x + 11, y, series.arm))
        parts.append(f'<text x="{x + 28:.1f}" y="{y + 4}">{escape(series.name)}</text>')
        x += wide + 10
    return parts, row + 1 if parts else 0


def _draw(s: Series, f: _Frame) -> Iterator[str]:
    points = [(f.x(x), f.y(y)) for x, y in zip(s.x, s.y, strict=True)]
    if s.kind in ("leader", "bar"):
        wide = 1 if s.kind == "leader" else 5
        yield f'<path d="{_d(points)}" fill="none" stroke="{MUTED if wide == 1 else INK}" stroke-width="{wide}"/>'
        return
    if s.kind in ("line", "course"):
        yield from _bands(s, f)
        yield _path(points, s.arm, 2)
    elif s.ends:
        yield from _whiskers(s, f)
    if s.kind != "course":
        yield from (_symbol(x, y, s.arm, told) for (x, y), told in zip(points, s.hover or ("",) * len(points), strict=True))


def _bands(s: Series, f: _Frame) -> Iterator[str]:
    known = [(x, ends) for x, ends in zip(s.x, s.ends, strict=True) if ends is not None] if s.ends else []
    if len(known) > 1:
        edge = [(f.x(x), f.y(ends[1])) for x, ends in known] + [(f.x(x), f.y(ends[0])) for x, ends in reversed(known)]
        yield f'<path d="{_d(edge)}Z" fill="{mark_of(s.arm).color}" fill-opacity="0.13"/>'
    elif known:
        yield from _whiskers(s, f)


def _whiskers(s: Series, f: _Frame) -> Iterator[str]:
    for x, y, ends in zip(s.x, s.y, s.ends, strict=True):
        if ends is not None:
            across = s.kind == "rows"
            line = [(f.x(v), f.y(y)) for v in ends] if across else [(f.x(x), f.y(v)) for v in ends]
            yield f'<path d="{_d(line)}" fill="none" stroke="{mark_of(s.arm).color}" stroke-width="1.6"/>'


def _d(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _path(points: Sequence[tuple[float, float]], arm: str, wide: float) -> str:
    mark = mark_of(arm)
    dash = f' stroke-dasharray="{DASHES[mark.dash]}"' if mark.dash in DASHES else ""
    return f'<path d="{_d(points)}" fill="none" stroke="{mark.color}" stroke-width="{wide}"{dash}/>'


def _symbol(x: float, y: float, arm: str, told: str = "") -> str:
    mark = mark_of(arm)
    name, r, t, far = mark.symbol.removesuffix("-open"), 4.6, 1.6, (6.0, 2.4)
    shapes = {
        "square": [(-r, -r), (r, -r), (r, r), (-r, r)],
        "triangle-down": [(-r, -r), (r, -r), (0, r)],
        "triangle-up": [(-r, r), (r, r), (0, -r)],
        "diamond": [(0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)],
        "cross": [(-t, -r), (t, -r), (t, -t), (r, -t), (r, t), (t, t), (t, r), (-t, r), (-t, t), (-r, t), (-r, -t), (-t, -t)],
        "star": [(math.sin(a * math.pi / 5) * far[a % 2], -math.cos(a * math.pi / 5) * far[a % 2]) for a in range(10)],
    }  # fmt: skip
    fill = "#FFFFFF" if mark.symbol.endswith("-open") else mark.color
    look = f'fill="{fill}" stroke="{mark.color}" stroke-width="1.6"'
    inside = f"<title>{escape(told)}</title>" if told else ""
    if name not in shapes:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" {look}>{inside}</circle>'
    return f'<path d="{_d([(x + dx, y + dy) for dx, dy in shapes[name]])}Z" {look}>{inside}</path>'
