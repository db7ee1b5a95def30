"""Step 2 of adding recordings: say what the columns mean; everything is suggested, nothing is decided without a person."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import cached
from app.components.charts import chart
from app.components.own_look import Look
from app.figures import intake
from app.figures.about import About
from app.figures.text import in_markdown, listed
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import RdpdError
from rdpd_core.experiments.own_cases import Reader, plan_for, readers
from rdpd_core.intake.keeping import Plan, check_name
from rdpd_core.intake.mapping import FILE, FOLDER, TIME_UNITS, unit_of
from rdpd_core.intake.planning import free_mapping
from rdpd_core.intake.suggest import Suggested, match, suggest

ITSELF = NOTHING = ""
UNITS = ("", "m/s^2", "g", "mg", "rad/s", "deg/s", "uT", "mV", "uV", "V", "1/min", "%", "degC", "degF", "mmHg", "a.u.")


def show(look: Look) -> Plan | None:
    """Ask what the columns mean; None as long as that cannot be right, which is then said."""
    found = suggest(look.told)
    st.markdown(
        "**2 · Map.** What the columns mean. Suggestions are made from names, units and values: look whether they are right."
    )
    if found.why:
        st.caption(in_markdown("Suggested: " + "; ".join(found.why) + ".", 900))
    if not found.signals:
        st.error("No column holds the numbers of a channel. Look at the delimiter and the decimal sign above.")
        return None
    known = readers(cached.cards())
    shares = {key: len(match(found.signals, reader.channels)) / len(reader.channels) for key, reader in known.items()}
    best = max(shares, key=shares.get, default=ITSELF)
    chosen = _reader(look, known, shares, best if shares.get(best, 0) > 0 else ITSELF)
    name, title = _names(look)
    said = _fields(look, found, with_label=chosen == ITSELF)
    try:
        check_name(name)
        plan = (
            _own(look, found, name, title, said)
            if chosen == ITSELF
            else _read_by(look, found, known[chosen], name, title, said)
        )
    except RdpdError as error:
        st.warning(in_markdown(str(error), 900), icon=":material/rule:")
        return None
    if plan is not None:
        _picture(look, plan)
    return plan


def _reader(look: Look, known: dict[str, Reader], shares: dict[str, float], best: str) -> str:
    options = [*sorted(known, key=lambda key: -shares[key]), ITSELF]
    titles = {key: f"students of {DATASETS.get(r.dataset).title}, {r.view.replace('_', ' ')}" for key, r in known.items()}
    told = {key: f"{titles[key]} ({shares[key]:.0%} of their channels found)" for key in known}
    told[ITSELF] = "a data set of its own: train teachers and students on it (needs classes, and three people or more)"
    help_text = "Stored students can say at once what they make of a recording; no labels are needed."
    how = {"format_func": told.get, "key": f"data.reader.{look.key}", "help": help_text}
    return st.selectbox("Analyze it with", options, index=options.index(best), **how)


def _names(look: Look) -> tuple[str, str]:
    first, second = st.columns(2, gap="medium")
    default = next(n for n in (f"recordings_{at}" for at in range(1, 10_000)) if n not in DATASETS.names())
    title = first.text_input("Title", "My recordings", max_chars=60, key=f"data.title.{look.key}")
    told = "Small letters, digits and _. Names of files are not kept."
    return second.text_input("Short name", default, max_chars=40, key=f"data.name.{look.key}", help=told), title


def _fields(look: Look, found: Suggested, with_label: bool) -> dict[str, Any]:
    """Ask for time, person, recording and class."""
    names = [c["name"] for c in look.told["columns"]]
    files = {FILE: "name of the file", FOLDER: "name of its folder"} if look.told["files"] and look.told["pieces"] > 1 else {}
    said: dict[str, Any] = {}
    first, second, third, fourth = st.columns(4, gap="medium")
    if look.told["rate_hz"] is None:
        said["time"] = _column(first, "Column of time", names, found.time, "no column: rows follow at one rate", look)
        if said["time"]:
            units = list(TIME_UNITS)
            said["time_unit"] = second.selectbox(
                "Its unit", units, units.index(found.time_unit), key=f"data.unit.{look.key}.{said['time']}"
            )
        else:
            said["rate_hz"] = second.number_input("Rows per second (Hz)", 0.0, 1e5, 0.0, key=f"data.rate.{look.key}")
    else:
        first.metric("Rate, as the file says", f"{look.told['rate_hz']:g} Hz")
    said["subject"] = _column(third, "Column of the person", names, found.subject, "one person", look, files)
    if with_label:
        own = "as the files say" if look.told["labels"] else "no classes"
        said["label"] = _column(fourth, "Column of the class", names, found.label, own, look, files)
    elif found.recording:
        said["recording"] = _column(fourth, "Column of the recording", names, found.recording, "none", look)
    with st.expander("Gaps", icon=":material/tune:"):
        told = "A longer pause ends a recording, so no window bridges it. A shorter one is bridged by a straight line."
        said["gap_s"] = st.number_input(
            "Longest gap that is bridged (s); 0 chooses it", 0.0, 1e6, 0.0, key=f"data.gap.{look.key}", help=told
        )
    return said


def _column(
    place: Any, label: str, names: list[str], suggested: str, nothing: str, look: Look, more: dict[str, str] | None = None
) -> str:
    titles = {NOTHING: nothing, **(more or {})}
    options = [NOTHING, *(more or {}), *names]
    index = options.index(suggested) if suggested in options else 0
    key = f"data.{label}.{look.key}"
    return place.selectbox(label, options, index, format_func=lambda option: titles.get(option, option), key=key)


def _read_by(look: Look, found: Suggested, reader: Reader, name: str, title: str, said: dict[str, Any]) -> Plan | None:
    """Ask which column each channel of the students is."""
    fits = match(found.signals, reader.channels)
    numeric = [c["name"] for c in look.told["columns"] if c["numeric"]]
    options = [NOTHING, *numeric]
    columns, units = {}, {}
    st.markdown(f"These students read {len(reader.channels)} channels. Which column is each?")
    with st.grid(4, min_column_width=210, gap="small"):
        for channel in reader.channels:
            with st.container(border=True):
                index = options.index(fits[channel.name]) if fits.get(channel.name) in options else 0
                key = f"data.channel.{look.key}.{reader.key}.{channel.name}"
                what = f"{in_markdown(channel.name)} ({in_markdown(channel.unit)}, {in_markdown(channel.group)})"
                column = st.selectbox(what, options, index, format_func=lambda option: option or "not measured", key=key)
                if column:
                    columns[channel.name] = column
                    units[column] = _unit(look, column, found.signals.get(column, ""))
    missing = [c.name for c in reader.channels if c.name not in columns]
    mask = bool(missing) and _mask(look, reader, missing)
    return plan_for(name, reader, columns, units, said, mask, title)


def _unit(look: Look, column: str, suggested: str) -> str:
    units = [*UNITS, *([suggested] if suggested not in UNITS else [])]
    return st.selectbox(
        "in", units, units.index(suggested), format_func=lambda u: u or "the same unit", key=f"data.in.{look.key}.{column}"
    )


def _mask(look: Look, reader: Reader, missing: list[str]) -> bool:
    told = (
        f"Go on although {len(missing)} of {len(reader.channels)} channels were not measured. They stand at the mean of the "
        "people the students learned from, and every picture says so; do not take the answers for more than a trial."
    )
    return st.checkbox(in_markdown(told, 400), key=f"data.mask.{look.key}.{reader.key}")


def _own(look: Look, found: Suggested, name: str, title: str, said: dict[str, Any]) -> Plan:
    used = {said.get(field, "") for field in ("time", "subject", "label", "recording")}
    free = [column for column in found.signals if column not in used]
    chosen = st.multiselect("Channels", free, free, key=f"data.channels.{look.key}")
    window = st.number_input("Length of a window (s); 0 chooses it", 0.0, 1e6, 0.0, key=f"data.window.{look.key}")
    columns = {column: column for column in chosen}
    units = {column: unit_of(found.signals[column]) or "a.u." for column in chosen}
    return Plan(name, free_mapping(look.told, found, columns, units, said), title, window_s=window)


def _picture(look: Look, plan: Plan) -> None:
    """Draw the chosen columns under the names of the channels they become."""
    names = {trace.column: f"{trace.name} ({trace.unit}) ← {trace.column}" for trace in plan.mapping.traces}
    masked = f" Not measured: {listed(list(plan.masked))}." if plan.masked else ""
    chart(
        intake.courses_figure(look.told["picture"], names, (0.0, float(look.told["rows"])), "rows"),
        "data.mapped",
        "mapped",
        intake.describe(names, look.told) + masked,
        {"Ranges": lambda: intake.courses_table(look.told["picture"], names)},
        about=About((("mapping", f"{len(names)} channels"),)),
    )
