"""Step 1 of adding recordings: give files, and see what they hold."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from app.components import own_tasks, waiting
from app.components.charts import chart
from app.figures import intake
from app.figures.about import About
from app.figures.text import in_markdown, listed
from rdpd_core.files import digest_json

MOST_MB = 200
DELIMITERS = {"": "found out", ";": "semicolon", ",": "comma", "\t": "tab", "|": "bar", " ": "space"}
DECIMALS = {"": "found out", ".": "point", ",": "comma"}
FILES, TURN = "data.files", "data.turn"


class Look(NamedTuple):
    """Files, and what a first look found.

    Attributes:
        files: Name and bytes.
        ids: Of the uploads.
        options: Delimiter, decimal sign, and whether a missing WFDB gain is the usual one.
        told: As `looking.look` gives.
        key: Tells these files, so read, from others.
    """

    files: list[tuple[str, bytes]]
    ids: tuple[str, ...]
    options: tuple[str, str, bool]
    told: dict[str, Any]
    key: str


def show() -> Look | None:
    """Ask for files and look at them; None as long as there is nothing to go on with."""
    from rdpd_core.intake.formats import FORMATS

    kinds = [kind.title for kind in FORMATS if kind.endings]
    st.markdown(f"**1 · Look.** {listed(kinds)}; several files of one form, or one zip of them. Nothing leaves this machine.")
    turn = st.session_state.setdefault(TURN, 0)  # another key empties the box of files
    files = st.file_uploader(
        "Recordings", accept_multiple_files=True, max_upload_size=MOST_MB, key=f"{FILES}.{turn}", label_visibility="collapsed"
    )
    if not files:
        return None
    ids = tuple(file.file_id for file in files)
    options = _options("-".join(ids)[:64])
    given = [(file.name, file.getvalue()) for file in files]
    task = own_tasks.look_task(given, ids, *options)
    told = waiting.result_of(task, own_tasks.look_task.clear, "data.look")
    if told is None:
        return None
    found = Look(given, ids, options, told, digest_json([list(ids), list(options)])[:12])
    _told(found)
    return found


def _options(key: str) -> tuple[str, str, bool]:
    with st.expander("If it was read wrongly", icon=":material/tune:"):
        first, second, third = st.columns(3, vertical_alignment="bottom")
        delimiter = first.selectbox("Between fields", list(DELIMITERS), format_func=DELIMITERS.get, key=f"data.delimiter.{key}")
        decimal = second.selectbox("Decimal sign", list(DECIMALS), format_func=DECIMALS.get, key=f"data.decimal.{key}")
        told = "A WFDB header without gain has no unit. The format says that 200 steps per mV are meant then."
        gain = third.checkbox("Take the usual gain", key=f"data.gain.{key}", help=told)
    return delimiter, decimal, gain


def _told(found: Look) -> None:
    told = found.told
    pieces = f", {told['pieces']} recordings" if told["pieces"] > 1 else ""
    st.markdown(f"{told['rows']:,} rows, {told['wide']} columns{pieces}. {in_markdown(' '.join(told['notices']), 600)}")
    left, right = st.columns([1.25, 1], gap="medium")
    names = {column: column for column in told["picture"]}
    with left:
        chart(
            intake.courses_figure(told["picture"], names, (0.0, float(told["rows"])), "rows"),
            "data.courses",
            "columns",
            intake.describe(names, told),
            {"Ranges": lambda: intake.courses_table(told["picture"], names)},
            about=About(),
        )
    shown = [c["name"] for c in told["columns"]][: len(told["preview"])]
    with right:
        st.markdown("**First rows**")
        st.dataframe(
            pd.DataFrame(dict(zip(shown, told["preview"], strict=True))), hide_index=True, alt="First rows of the file"
        )
        st.markdown("**Columns**")
        st.dataframe(pd.DataFrame([_row(c) for c in told["columns"]]), hide_index=True, alt="Columns of the file")


def _row(column: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: column.get(key) for name, key in (("lowest", "low"), ("highest", "high"), ("mean", "mean"))}
    holds = "numbers" if column["numeric"] else "text"
    return {"column": column["name"], "unit": column["unit"], "holds": holds, **numbers, "missing": column["missing"]}
