"""A page by keyboard alone: where Tab leads, what a key does, and whether one sees where one is."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from tests.browser.contrast import contrast

MOST_TABS = 220
ROOM = 6
"""Pixels around a control in which its focus may show."""
SEEN = 3.0


def walk(page: Any) -> dict[str, Any]:
    """Go through the whole page with Tab; give by kind of control the first one, as a handle, and fail in a trap.

    Raises:
        AssertionError: Tab does not come to the end of the page.
    """
    kinds: dict[str, Any] = {}
    page.evaluate("document.activeElement.blur()")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        kind = page.evaluate(_ARRIVE)
        if kind in ("BODY", "AGAIN"):
            return kinds
        if kind not in kinds:
            kinds[kind] = page.evaluate_handle("document.activeElement").as_element()
    raise AssertionError(f"after {MOST_TABS} times Tab the end of the page was not reached: {page.evaluate(_NAME)}")


def left_out(page: Any) -> list[str]:
    """Give the controls that a walk did not come to; of radio buttons one is enough, arrows lead to the others."""
    return page.evaluate(_LEFT)


def reach(page: Any, name: str) -> None:
    """Press Tab until a control is reached whose name begins so.

    Raises:
        AssertionError: There is none.
    """
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(_NAME).startswith(name):
            return
    raise AssertionError(f"Tab does not lead to “{name}”")


def focus_pixels(page: Any, control: Any) -> int:
    """Give how many pixels in and around a control change with a contrast of 3 or more when it has the focus."""
    control.scroll_into_view_if_needed()
    control.evaluate("e => e.focus({focusVisible: true})")
    _faded(page)
    box = control.evaluate(_BOX)
    size = page.viewport_size
    x, y = max(box[0] - ROOM, 0), max(box[1] - ROOM, 0)
    wide, high = min(box[2] + 2 * ROOM, size["width"] - x), min(box[3] + 2 * ROOM, size["height"] - y)
    clip = {"x": x, "y": y, "width": wide, "height": high}
    with_focus = _pixels(page, clip)
    page.evaluate("document.activeElement.blur()")
    _faded(page)
    return int((contrast(with_focus, _pixels(page, clip)) >= SEEN).sum())


def _faded(page: Any) -> None:
    """Wait until colors have faded over."""
    page.evaluate("window._calm = 0")
    page.wait_for_function(_FADED)


def _pixels(page: Any, clip: dict[str, float]) -> np.ndarray:
    from PIL import Image

    shot = Image.open(io.BytesIO(page.screenshot(clip=clip, caret="hide"))).convert("RGB")
    return np.asarray(shot, dtype=float).reshape(-1, 3) / 255


_NAME = """() => {
  const e = document.activeElement, label = e.getAttribute("aria-label") ?? e.labels?.[0]?.innerText ?? e.innerText ?? "";
  const words = document.createElement("div");
  words.innerHTML = e.getAttribute("aria-label") || e.labels?.length ? "" : e.innerHTML;
  words.querySelectorAll("[data-testid*=Icon]").forEach((icon) => icon.remove());
  return (words.textContent || label).replace(/\\s+/g, " ").trim();
}"""

_ARRIVE = """() => {
  const e = document.activeElement;
  if (e === document.body) return "BODY";
  if (e.dataset.walked && e.tagName !== "CANVAS" && !e.closest("[data-testid=stDataFrame]")) return "AGAIN";
  e.dataset.walked = "yes";
  return [e.tagName, e.getAttribute("role") ?? e.type ?? "", e.closest("[data-testid]")?.dataset.testid ?? ""].join(" ").trim();
}"""

_LEFT = """() => {
  const left = [];
  for (const e of document.querySelectorAll("a[href], button, input, textarea, summary, [tabindex='0']")) {
    const group = e.closest("[role=radiogroup], [role=group]");
    const seen = e.checkVisibility({visibilityProperty: true, opacityProperty: true});
    if (!seen || e.disabled || e.dataset.walked) continue;
    if (e.closest("[aria-hidden=true], [inert], [data-testid=stDataFrame]")) continue;
    if (e.getAttribute("role") === "radio" && group?.querySelector("[data-walked]")) continue;
    if (e.tabIndex < 0 && e.parentElement?.parentElement?.querySelector("[data-walked]")) continue;
    left.push(`${e.tagName} ${e.closest("[data-testid]")?.dataset.testid}: ${(e.ariaLabel ?? e.innerText ?? "").slice(0, 40)}`);
  }
  return left;
}"""

_FADED = """() => {
  const fades = (e) => e.playState === "running" && e.effect.getComputedTiming().endTime !== Infinity;
  window._calm = document.getAnimations().some(fades) ? 0 : window._calm + 1;
  return window._calm > 3;
}"""
"""Nothing has faded for some frames; what turns for ever is not waited for."""

_BOX = """(e) => {
  const around = e.closest("[data-testid=stSlider], [data-testid=stCheckbox], [data-baseweb], [role=group]") ?? e;
  const box = (e.tagName === "INPUT" ? around : e).getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
}"""
