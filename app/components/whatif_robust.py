"""The robustness curve, worked out in the background when it is asked for, and not again for every move of a slider."""

from __future__ import annotations

import dataclasses

import streamlit as st

from app import cached
from app.components import waiting
from app.components.charts import chart
from app.figures.about import of_case
from app.figures.text import in_filename, in_markdown
from app.figures.whatif_curve import curve_figure, curve_words, describe_curve
from app.figures.whatif_record import WhatIf
from app.figures.whatif_tables import robustness_table
from app.figures.whatif_words import edit_words
from app.state import Link
from rdpd_core.evaluation.edits import to_text

OFF, ASKED = 0, "whatif.curve_for"


def choose(link: Link, shown: WhatIf) -> int:
    """Ask which edit is varied; give its number from 1, or 0 for none."""
    sized = [at + 1 for at, edit in enumerate(shown.edits) if edit.size is not None]
    key = link.offer("curve", [OFF, *sized], OFF)
    if not sized:
        st.caption("Add noise, a scale, a shift, a burst or a cut to see scores against its size.")
        return OFF
    titles = {OFF: "nothing", **{at: f"{at}. {edit_words(shown.edits[at - 1])}" for at in sized}}
    told = "Scores all test windows at several sizes of this edit, the others as they are; some seconds, in the background."
    how = {"key": key, "help": told, "on_change": _ask_anew, "width": 520}
    return st.selectbox("Vary the size of", [OFF, *sized], format_func=titles.get, **how)


def _ask_anew() -> None:
    st.session_state.pop(ASKED, None)


def show(shown: WhatIf, varied: int, bench: tuple[str, ...], at: int) -> None:
    """Show the curve, or how far it is.

    Args:
        shown: The window and the edits.
        varied: Number of the edit that is varied.
        bench: What the models are kept under.
        at: Which of the test windows is shown.
    """
    if varied == OFF:
        return
    edit = shown.edits[varied - 1]
    still = dataclasses.replace(edit, **{edit.size: edit.nothing})  # its own size makes no other curve
    text = to_text([*shown.edits[: varied - 1], still, *shown.edits[varied:]])
    key = (bench, text, varied - 1, shown.before.duration_s)
    asked = st.session_state.setdefault(ASKED, text)
    if asked != text and not st.button("Work it out for these edits", key="whatif.curve_again", icon=":material/refresh:"):
        st.caption("The edits have changed since the curve was worked out.")
        return
    st.session_state[ASKED] = text
    task = cached.robustness_task(*key)
    found = waiting.result_of(task, lambda: cached.robustness_task.clear(*key), "whatif.curve_task")
    if found is None:
        return
    field = next(f for f in dataclasses.fields(edit) if f.name == edit.size)
    unit = f" {field.metadata['unit']}" if field.metadata["unit"] else ""
    axis = f"{edit.title}: {field.metadata['help'].split(' (')[0]}{f' ({unit.strip()})' if unit else ''}"
    case = shown.before
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}", "robustness")
    behind = {"Robustness": lambda: robustness_table(found, case.classes, at)}
    about = of_case(cached.bench_task(*bench).result().book, case).plus(edits=text)
    fig = curve_figure(found, case.classes, at, axis, case.truth)
    chart(fig, "whatif.robust", name, describe_curve(found, axis, unit), behind, about=about)
    st.markdown(in_markdown(curve_words(found, unit), 600))
    lower = "Below: what each arm says about this window, ✓ right or ✗ wrong, with its probability (mean over seeds)."
    st.caption(
        f"Above: macro-F1 of {found.n_windows} test windows, mean over seeds, with 95% intervals over {found.units}; "
        f"the teacher sees the same edit. {lower} {in_markdown(found.rule, 400)}"
    )
