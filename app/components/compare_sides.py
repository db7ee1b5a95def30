"""Two selections against each other: an arm of some experiments beside an arm of others, paired wherever that can be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import cached
from app.components import compare_tasks, waiting
from app.components.compare_choice import Looked, ask_some
from app.components.compare_table import says
from app.components.frame import NARROW_PX
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.evaluation.scores import cell
from rdpd_core.experiments.compared import labels
from rdpd_core.experiments.compared.entry import Found, title_of
from rdpd_core.experiments.compared.sides import Beside, side_of

LIKED = {"first": "direct", "second": "rdpd"}


def ask(link: Link, told: dict[str, Any], found: Found) -> Mapping[str, Any]:
    """Ask for both sides; gives parts of the selection."""
    titles, chosen = labels(found.entries), {}
    grid = st.grid(2, min_column_width=NARROW_PX, gap="large")
    for side, liked in LIKED.items():
        place = grid.cell()
        some = ask_some(link, told, f"{side}_experiments", f"Experiments, {side}", titles, "all of them", place)
        entries = [entry for entry in found.entries if not some or entry.key in some]
        arms = [arm for arm in entries[0].arms if all(arm in entry.arms for entry in entries)]
        if not arms:
            place.warning("These experiments have no arm in common.", icon=":material/checklist:")
            continue
        key = link.offer(f"{side}_arm", arms, liked if liked in arms else arms[0])
        how = {"format_func": lambda arm: in_markdown(title_of(arm)), "required": True}
        arm = told[f"{side}_arm"] = place.segmented_control(f"Arm, {side}", arms, key=key, **how)
        chosen[side] = f"{arm}@{','.join(entry.key for entry in entries)}"
    return chosen if len(chosen) == len(LIKED) else {}


def show(page: str, looked: Looked) -> None:
    """Show both sides and their difference."""
    selection = looked.selection
    if not selection.first:
        return
    if selection.first == selection.second:
        st.info("Both selections are the same; choose another arm or other experiments for one of them.")
        return
    named = labels(looked.found.entries, selection.names)
    sides = [side_of(text, looked.found.entries, named) for text in (selection.first, selection.second)]
    asked = [(side.arm, compare_tasks.asked(list(side.entries))) for side in sides]
    key = (*asked, selection.score, cached.data_root())
    task = compare_tasks.beside_task(*key)
    found = waiting.result_of(task, lambda: compare_tasks.beside_task.clear(*key), f"{page}.beside")
    if found is not None:
        names = [side.label for side in sides]
        says([found.sentence(*names)])
        _table(found, names)


def _table(found: Beside, names: list[str]) -> None:
    rows = [
        {"selection": in_markdown(name, 200), "mean [95%] ± SD": cell(mean, interval, spread), "models": n}
        for name, mean, interval, spread, n in zip(names, found.means, found.intervals, found.spreads, found.runs, strict=True)
    ]
    gap = cell(found.difference, found.interval, sign=True)
    pairs = f"{found.n_pairs} {found.pairs}" if found.pairs else "unpaired"
    rows.append({"selection": "second minus first", "mean [95%] ± SD": gap, "models": pairs})
    st.table(pd.DataFrame(rows).astype(str), border="horizontal", hide_index=True, alt="Both selections, and their difference")
    p = "" if found.p is None else f" Wilcoxon signed-rank test, two-sided, p = {found.p:.2g}; one comparison, not corrected."
    st.caption(in_markdown(f"n = {found.n}. Intervals resample people and seeds.{p} {found.apart}", 900))
