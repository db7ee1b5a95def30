"""Results: what studies found on real recordings: which sensors, at what loss, does imitation help, and how sure."""

from __future__ import annotations

from app.components import frame
from app.state import Link

PAGE = "results"
WHAT = (
    "Which sensor is enough, what is lost without the others, does imitation help, and how sure may one be? Studies that "
    "anyone can run again, with the paper's own numbers beside them, and plain words where it does not help."
)

frame.heading("Results", WHAT)

from app.components import results_choice, results_glance, results_show  # noqa: E402  (the heading does not wait for the library)


def show(link: Link) -> None:
    """Ask whose results, and which score; show them."""
    chosen = results_choice.choose(link)
    if chosen is None:
        link.close({})
        return
    link.close(chosen.told)
    if chosen.book is None:
        results_glance.show(PAGE, chosen.entries, chosen.metric)
    else:
        results_show.show(PAGE, chosen.book, chosen.metric)


show(Link(PAGE))
