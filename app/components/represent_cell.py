"""What two layers have in common, window by window: the first aligned components behind one square of a matrix."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from app import cached
from app.components import waiting
from app.components.charts import chart
from app.components.frame import section
from app.components.represent_pick import USUAL, offer_later, select
from app.figures import similarity as drawn
from app.figures.about import About
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.evaluation.cka_align import CCA, PROCRUSTES
from rdpd_core.experiments.aligned import Side
from rdpd_core.experiments.analyses import Result
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.similarity import own_teacher
from rdpd_core.experiments.source import Asked
from rdpd_core.experiments.subjects import title_of
from rdpd_core.store import ModelCard

METHODS = {CCA: "most correlated (CCA)", PROCRUSTES: "most shared variance (Procrustes)"}


def offer(link: Link, book: CaseBook, keys: tuple[str, ...]) -> dict[str, Any]:
    """Read the chosen square from the address; its widgets stand below the matrices, whose layers are known only then.

    Args:
        link: Of the page.
        book: The answers.
        keys: Of the matrices that will be drawn: students, or names of models.
    """
    usual = "rdpd" if "rdpd" in keys else keys[-1]
    matrix = st.session_state[link.offer("matrix", keys, usual)]
    seeds = [card.seed for arm in book.arms if arm.arm == matrix for card in arm.cards] or [0]
    told = {"matrix": matrix, "seed": st.session_state[link.offer("seed", seeds, seeds[0])]}
    told |= {name: offer_later(link, name) for name in ("row", "column")}
    return told | {"method": st.session_state[link.offer("method", list(METHODS), CCA)]}


def clicked(page: str, key: str, matrix: str, rows: list[str], columns: list[str]) -> None:
    """Choose the square that was clicked."""
    points = st.session_state[key]["selection"]["points"]
    behind = next((p["customdata"] for p in points if len(p.get("customdata") or ()) == 3), None)
    if behind:
        chosen = (matrix, rows[int(behind[0])], columns[int(behind[1])])
        for name, value in zip(("matrix", "row", "column"), chosen, strict=True):
            st.session_state[f"{page}.{name}"] = value


def layers_of(matrix: dict[str, Any], cell: dict[str, Any]) -> tuple[str, str]:
    """Give the names of the chosen layers, the usual ones where none is chosen or where it is not there."""
    return tuple(
        cell[side] if cell[side] in names else names[max(len(names) - 2, 0)]
        for side, names in (("row", matrix["rows"]), ("column", matrix["columns"]))
    )


def show(page: str, book: CaseBook, asked: Asked, result: Result, about: About, chosen: dict[str, Any]) -> None:
    """Let a square be chosen, and draw what its two layers have in common."""
    section("Behind one square")
    cell, matrices = chosen["cell"], result.values["matrices"]
    matrix = matrices[cell["matrix"]]
    row, column = layers_of(matrix, cell)
    for side, name in (("row", row), ("column", column)):
        if cell[side] not in (USUAL, name):
            told = f"The link asks for layer {cell[side]}, which is not in this matrix; {name} is shown."
            st.warning(in_markdown(told, 300), icon=":material/link_off:")
    sides = _sides(book, asked, cell)
    _choose(page, book, asked, matrices, cell, (row, column))
    named = tuple(Side(card.name, layer) for card, layer in zip(sides, (row, column), strict=True))
    key = (asked, *named, chosen["mode"], cell["method"], cached.data_root(), cached.store_stamp())
    pair = waiting.result_of(cached.aligned_task(*key), lambda: cached.aligned_task.clear(*key), f"{page}.aligned")
    if pair is None:
        return
    called = [card.name if asked.models else title_of(card.arm) for card in sides]
    names = tuple(f"{name}: {layer}" for name, layer in zip(called, (row, column), strict=True))
    fig = drawn.scatter_figure(pair.aligned, pair.target, pair.classes, names)
    tables = {"Components": partial(drawn.scatter_table, pair.aligned, pair.target, pair.classes)}
    name = in_filename(book.loaded.dataset.name, book.view, *names, cell["method"])
    n, null = drawn.scatter_notes(pair.aligned, pair.rows_of)
    n, _, ends = n.removeprefix("n = ").partition("; ")
    about = about.instead(n=n, interval=ends or "none", null=null.removeprefix("null: "))
    about = about.plus(layers=f"{row} and {column}", aligned_by=cell["method"], seed=cell["seed"])
    with st.container():
        chart(fig, f"{page}.scatter", name, drawn.describe_scatter(pair.aligned, names), tables, about=about)
        st.caption(_words(pair.aligned, pair.rows_of))


def _choose(
    page: str, book: CaseBook, asked: Asked, matrices: dict[str, Any], cell: dict[str, Any], layers: tuple[str, str]
) -> None:
    """Ask which square, of which seed, and how layers are aligned."""
    matrix, two = matrices[cell["matrix"]], bool(asked.models)
    places = iter(st.columns([1, 1, 1.5] if two else [1, 1, 1, 0.6, 1.5], gap="small"))
    if not two:
        with next(places):
            select(page, "matrix", "With", list(matrices), cell["matrix"], {key: m["second"] for key, m in matrices.items()})
    for side, names, title, layer in zip(
        ("row", "column"), (matrix["rows"], matrix["columns"]), ("first", "second"), layers, strict=True
    ):
        with next(places):
            select(page, side, f"Layer of {'the ' + title if two else matrix[title]}", names, layer)
    if not two:
        with next(places):
            select(page, "seed", "Seed", [card.seed for card in _cards(book, cell["matrix"])], cell["seed"])
    with next(places):
        select(page, "method", "Aligned components", list(METHODS), cell["method"], METHODS)


def _words(found: Any, rows_of: str) -> str:
    n = f"n = {found.n_windows} {rows_of} of {found.n_subjects} subject{'s' * (found.n_subjects != 1)}"
    if found.held_out is None:
        return f"{n}. {in_markdown(found.reason, 300)}: whether this holds for other people cannot be said."
    return (
        f"{n}. Some direction always fits the windows it was chosen on, so only the correlation on people who were left "
        f"out, in {found.folds} turns, says that two layers share something: if its interval lies above its null. "
        "Directions are held fast when people are resampled."
    )


def _cards(book: CaseBook, arm: str) -> tuple[ModelCard, ...]:
    return next(own.cards for own in book.arms if own.arm == arm)


def _sides(book: CaseBook, asked: Asked, cell: dict[str, Any]) -> tuple[ModelCard, ModelCard]:
    """Give the cards of both models."""
    if asked.models:
        cards = {card.name: card for arm in book.arms for card in arm.cards}
        return cards[asked.models[0]], cards[asked.models[1]]
    student = next(card for card in _cards(book, cell["matrix"]) if card.seed == cell["seed"])
    return own_teacher(student, _cards(book, "teacher")), student
