"""How the bar of a guided case looks, what presenter mode changes, and which keys are left to other controls."""

from __future__ import annotations

import time

import streamlit as st

BAR = """<style>
.st-key-guide { border-left: 0.3rem solid var(--st-primary-color); background: var(--st-secondary-background-color); }
.st-key-guide_words p { font-size: 1.05rem; line-height: 1.45; }
@media (min-width: 900px) and (min-height: 640px) {
  [data-testid=stLayoutWrapper]:has(> .st-key-guide) { position: sticky; top: 3.75rem; z-index: 90; }
}
</style>"""
LARGE = """<style>
html { font-size: 125% !important; }
[data-testid=stDownloadButton], [data-testid=stElementContainer]:has([data-testid=stCode]),
[data-testid=stElementContainer]:has(+ [data-testid=stElementContainer] [data-testid=stCode]) { display: none; }
</style>"""
KEYS = """<script>
if (!window.rdpdKeys) {
  window.rdpdKeys = true;
  const own = "input, textarea, select, canvas, [contenteditable=true], [role=slider], [role=radio], [role=tab], " +
    "[role=grid], [role=listbox], [role=option], [role=combobox], [role=spinbutton], .js-plotly-plot";
  const moves = ["ArrowLeft", "ArrowRight", "Home"];
  const pages = { PageDown: "next", PageUp: "back" };
  document.documentElement.addEventListener("keydown", (event) => {
    const taken = event.target.closest && event.target.closest(own);
    if (taken && moves.includes(event.key)) event.stopPropagation();
    const name = pages[event.key];
    const button = name && !taken && document.querySelector(`.st-key-guide_presenting .st-key-guide_${name} button`);
    if (button) { event.preventDefault(); button.click(); }
  });
}
</script>"""


def bar() -> None:
    """Make the bar stand out, and stay in sight where there is room."""
    st.html(BAR)
    st.html(KEYS, unsafe_allow_javascript=True)


def large() -> None:
    """Make type large, and hide what a room does not need: downloads and command lines."""
    st.html(LARGE)


def travel(back: bool) -> None:
    """Go one entry of the browser's history on: opening another page leaves an entry of the old page with the new choices."""
    moment = time.time_ns()  # the browser runs the same script only once
    st.html(f"<script>history.{'back' if back else 'forward'}(); // {moment}\n</script>", unsafe_allow_javascript=True)
