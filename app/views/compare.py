"""Compare: finished experiments side by side, as tables, ranks, curves, two selections, and what their models cost."""

from __future__ import annotations

import streamlit as st

from app.components import frame
from app.state import Link

PAGE = "compare"
WHAT = (
    "Any finished experiments side by side: every arm with its interval and its paired difference to Direct, ranks, curves "
    "over noise, temperature or amount of data, two selections against each other, and what the models cost."
)

frame.heading("Compare", WHAT)

from app.components import compare_choice, compare_table  # noqa: E402  (the heading does not wait for the library)
from app.components import compare_curves as curves  # noqa: E402
from app.components import compare_missing as missing  # noqa: E402
from app.components import compare_models as models  # noqa: E402
from app.components import compare_sides as sides  # noqa: E402
from app.components.job_follow import TROUBLE  # noqa: E402
from app.figures.text import in_markdown  # noqa: E402
from rdpd_core.errors import RdpdError  # noqa: E402

TABLE = "table"
PARTS = {
    TABLE: "Table and ranks",
    "curves": "Curves",
    "sides": "Two selections",
    "models": "Learning and size",
    "missing": "Missing channels",
}
SHOWS = {TABLE: compare_table.show, "curves": curves.show, "sides": sides.show, "models": models.show, "missing": missing.show}
ASKS = {"curves": curves.ask, "sides": sides.ask, "missing": missing.ask}


def show(link: Link) -> None:
    """Ask what is compared, and show the part that is asked for; the others are not worked out."""
    told: dict[str, object] = {}
    how = {"format_func": PARTS.get, "required": True, "label_visibility": "collapsed"}
    part = st.segmented_control("Look at", list(PARTS), key=link.offer("part", list(PARTS), TABLE), **how)
    told["part"] = part
    looked = compare_choice.choose(link, told, ASKS.get(part, lambda link, told, found: {}))
    link.close(told)
    if looked is not None:
        SHOWS[part](PAGE, looked)
        compare_table.take_away(PAGE, looked)


try:
    show(Link(PAGE))
except (RdpdError, *TROUBLE) as error:
    st.error(in_markdown(str(error), 600), icon=":material/error:")
