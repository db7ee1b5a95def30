"""How the bar of a guided case looks, what presenter mode changes, and which keys are left to other controls."""

from __future__ import annotations

import time

import streamlit as st

from app.theme import SEQUENTIAL

_TINT, _EDGE = ((SEQUENTIAL["light"][at], SEQUENTIAL["dark"][at]) for at in (0, 6))
BAR = f"""<style>
.st-key-guide {{
  background: light-dark({_TINT[0]}, {_TINT[1]});
  border-left: 0.3rem solid light-dark({_EDGE[0]}, {_EDGE[1]});
}}
.st-key-guide [data-testid=stElementContainer]:has(> [data-testid=stHtml]) {{ position: absolute; }}
@media (max-width: 640px) {{ .st-key-guide:not(:has(.st-key-guide_reset)) .st-key-guide_present {{ display: none; }} }}
.st-key-guide kbd {{ color: inherit; opacity: 1; }}
.st-key-guide_words p {{ font-size: 1.1rem; line-height: 1.4; }}
@media (min-width: 700px) and (min-height: 640px) {{
  [data-testid=stLayoutWrapper]:has(> .st-key-guide) {{ position: sticky; top: 3.75rem; z-index: 90; }}
}}
</style>"""
CARDS = """<style>
.st-key-guide_cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13.5rem, 1fr)); }
.st-key-guide_cards > * { width: 100%; height: 100%; }
.st-key-guide_cards [class*=st-key-guide_card_] > :last-child { margin-top: auto; }
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
    const button = name && !taken && document.querySelector(".st-key-guide_reset") &&
      document.querySelector(`.st-key-guide_${name} button`);
    if (button) { event.preventDefault(); button.click(); }
  });
}
</script>"""
SCROLL = """<script>
{
  const main = document.querySelector("[data-testid=stMain]"), until = Date.now() + 8000;
  let last = null, off = false;
  const stop = () => { off = true; };
  const hands = ["wheel", "touchstart", "pointerdown", "keydown"];
  for (const kind of hands) addEventListener(kind, stop, { once: true, passive: true });
  const look = () => {
    const bar = document.querySelector("[data-testid=stLayoutWrapper]:has(> .st-key-guide)");
    if (off || !bar || getComputedStyle(bar).position !== "sticky" || Date.now() > until) return;
    const busy = document.querySelector("[data-testid=stStatusWidget], [data-stale=true]");
    const seen = document.querySelector("[data-testid=stMain] .js-plotly-plot, [data-testid=stMain] [data-testid=stTable]");
    const at = seen && seen.getBoundingClientRect().top + main.scrollTop;
    if (!busy && seen && at === last) {
      main.scrollTop = at - bar.getBoundingClientRect().height - parseFloat(getComputedStyle(bar).top) - 12;
      return;
    }
    last = at;
    setTimeout(look, 200);
  };
  setTimeout(look, 200);
}
</script>"""


def bar() -> None:
    """Make the bar stand out, and stay in sight where there is room."""
    st.html(BAR)


def keys() -> None:
    """Leave the arrow keys to a slider, a list or a picture that has the focus; a remote control goes on and back."""
    st.html(KEYS, unsafe_allow_javascript=True)


def cards() -> None:
    """Lay cards out side by side, as many as there is room for, all of one height."""
    st.html(CARDS)


def to_picture() -> None:
    """Bring the picture or table of a step into sight below the bar, once the page stands and unless somebody moves it."""
    _run(SCROLL)


def large() -> None:
    """Make type large, and hide what a room does not need: downloads and command lines."""
    st.html(LARGE)


def travel(back: bool) -> None:
    """Go one entry of the browser's history on: opening another page leaves an entry of the old page with the new choices."""
    _run(f"<script>history.{'back' if back else 'forward'}();</script>")


def _run(script: str) -> None:
    """Run a script in the browser, also if the same one was run before."""
    st.html(script.replace("</script>", f"// {time.time_ns()}\n</script>"), unsafe_allow_javascript=True)
