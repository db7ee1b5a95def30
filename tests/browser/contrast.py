"""How well the words of a page stand out: the color of each against the pixels behind it, as WCAG 2 asks for at level AA."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np

TEXT, LARGE = 4.5, 3.0
LARGE_PX, LARGE_BOLD_PX, BOLD = 24.0, 18.66, 700
CROSSED = 0.2
"""Share of the pixels behind a word that may be darker or brighter: thin lines cross it."""
TALLEST = 8000


class Word(NamedTuple):
    """Text on a page.

    Attributes:
        text: What it says.
        where: Which element holds it.
        contrast: To what is behind it.
        needed: By WCAG.
    """

    text: str
    where: str
    contrast: float
    needed: float


def words_of(page: Any) -> list[Word]:
    """Give every word that is to be seen, disabled controls and canvases apart; the whole page is looked at.

    Args:
        page: Of the browser, which stands still. Its window is left as high as the page.
    """
    from PIL import Image

    size = page.viewport_size
    tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": int(min(max(tall + 70, size["height"]), TALLEST))})
    page.wait_for_timeout(600)  # figures are drawn anew
    found = page.evaluate(_FIND)
    hide = page.add_style_tag(content=_HIDE)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    hide.evaluate("style => style.remove()")
    behind = np.asarray(picture, dtype=float) / 255
    return [word for one in found if (word := _word(one, behind)) is not None]


def failing(words: list[Word]) -> list[str]:
    """Give a line for each kind of word that does not stand out enough, the worst first."""
    worst: dict[tuple[str, float], Word] = {}
    for word in sorted(words):
        if word.contrast < word.needed:
            worst.setdefault((word.where, round(word.contrast, 1)), word)
    ranked = sorted(worst.values(), key=lambda word: word.contrast)
    return [f"{w.contrast:.2f} (needs {w.needed:g}): “{w.text}” in {w.where}" for w in ranked]


def _word(one: dict[str, Any], behind: np.ndarray) -> Word | None:
    x0, y0, x1, y1 = (round(edge) for edge in one["box"])
    pixels = behind[max(y0, 0) : y1, max(x0, 0) : x1].reshape(-1, 3)
    if not len(pixels) or one["alpha"] == 0:
        return None
    ink = np.array(one["color"]) / 255
    drawn = pixels * (1 - one["alpha"]) + ink * one["alpha"]
    ratios = contrast(drawn, pixels)
    large = one["size"] >= LARGE_PX or (one["size"] >= LARGE_BOLD_PX and one["weight"] >= BOLD)
    needed = LARGE if large or one["icon"] else TEXT
    return Word(one["text"][:60], one["where"], round(float(np.quantile(ratios, CROSSED)), 2), needed)


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give the contrast, 1 to 21, of colors (N, 3) in [0, 1], as WCAG 2 defines it."""
    a, b = luminance(one), luminance(other)
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)


def luminance(color: np.ndarray) -> np.ndarray:
    """Give the relative luminance of colors (N, 3) in [0, 1]."""
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


_HIDE = """*, *::before, *::after, *::placeholder {color: transparent !important;
  -webkit-text-fill-color: transparent !important; caret-color: transparent !important; text-shadow: none !important;
  transition: none !important}
svg text, svg text * {fill: transparent !important; stroke: none !important}"""

_FIND = """() => {
  const colors = new Map(), dot = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const brush = dot.getContext("2d", {willReadFrequently: true});
  const parse = (text) => {
    if (!colors.has(text)) {
      const parts = /^rgba?\\(([^)]*)\\)$/.exec(text);
      if (parts) {
        const n = parts[1].split(/[ ,/]+/).map(Number);
        colors.set(text, [n.slice(0, 3), n.length > 3 ? n[3] : 1]);
      } else {
        brush.clearRect(0, 0, 1, 1); brush.fillStyle = text; brush.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
        colors.set(text, [[r, g, b], a / 255]);
      }
    }
    return colors.get(text);
  };
  const name = (e) => {
    const held = e.closest("[data-testid]"), kind = e.closest("svg") ? [...e.closest("g")?.classList ?? []].join(".") : "";
    return `${held?.dataset.testid ?? "body"} ${e.tagName.toLowerCase()}${kind ? "." + kind : ""}`;
  };
  const found = [];
  const take = (e, text, box, paint) => {
    if (!text.trim() || box.width < 2 || box.height < 2 || box.bottom < 0 || box.top > innerHeight) return;
    if (e.closest("[disabled], [aria-disabled=true], [inert], [data-disabled=true]")) return;
    if (e.closest("label, [data-baseweb]")?.querySelector("input:disabled, button:disabled")) return;
    if (!e.checkVisibility({opacityProperty: true, visibilityProperty: true})) return;
    const style = getComputedStyle(e), svg = e.closest("svg") !== null;
    let x0 = box.left, y0 = box.top, x1 = box.right, y1 = box.bottom, opacity = 1;
    for (let up = e; up; up = up.parentElement) {
      const look = getComputedStyle(up);
      opacity *= Number(look.opacity);
      if (!svg && /hidden|auto|scroll|clip/.test(look.overflow + look.overflowX)) {
        const room = up.getBoundingClientRect();
        [x0, y0] = [Math.max(x0, room.left), Math.max(y0, room.top)];
        [x1, y1] = [Math.min(x1, room.right), Math.min(y1, room.bottom)];
      }
    }
    if (x1 - x0 < 2 || y1 - y0 < 2) return;
    if (!svg) {
      const top = document.elementFromPoint((x0 + x1) / 2, (y0 + y1) / 2);
      if (top && !e.contains(top) && !top.contains(e)) return;
    }
    const [color, alpha] = parse(paint ?? (svg ? style.fill : style.color));
    const more = svg ? Number(style.fillOpacity) : 1;
    found.push({text: text.trim(), where: name(e), color, alpha: alpha * opacity * more, box: [x0, y0, x1, y1],
      size: parseFloat(style.fontSize), weight: Number(style.fontWeight),
      icon: /Material/.test(style.fontFamily) || /^[■●◆▲▼━╍┅]$/.test(text.trim())});
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), span = document.createRange();
  while (walk.nextNode()) {
    const node = walk.currentNode, e = node.parentElement;
    if (!e || e.closest("script, style, noscript, [data-testid=stHeader] canvas")) continue;
    span.selectNodeContents(node);
    for (const box of span.getClientRects()) take(e, node.textContent, box);
  }
  for (const e of document.querySelectorAll("input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea")) {
    const style = getComputedStyle(e), inside = e.getBoundingClientRect();
    const [l, r] = [parseFloat(style.paddingLeft), parseFloat(style.paddingRight)];
    const box = {left: inside.left + l, right: inside.right - r, top: inside.top + 4, bottom: inside.bottom - 4,
      width: inside.width - l - r, height: inside.height - 8};
    if (e.value) take(e, e.value, box);
    else if (e.placeholder) take(e, e.placeholder, box, getComputedStyle(e, "::placeholder").color);
  }
  return found;
}"""
