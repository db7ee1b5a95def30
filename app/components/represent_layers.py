"""What layers say: CKA of every layer of one model with every layer of another, beside what wrongly paired windows give."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app.components import analysis, represent_cell, represent_pick
from app.components.charts import chart
from app.components.frame import section
from app.components.represent_pick import pick
from app.figures import similarity as pictures
from app.figures.about import About, of_book
from app.figures.cell_choice import clickable
from app.figures.overlap import resampled
from app.figures.subject_words import counted
from app.figures.text import in_filename, in_markdown, in_plotly
from app.state import Link
from rdpd_core.evaluation.cka_modes import FLATTEN, MODES
from rdpd_core.evaluation.output_similarity import LIKENESS
from rdpd_core.experiments.analyses import Result
from rdpd_core.experiments.analyses.base import Sentence
from rdpd_core.experiments.analyses.cka import NULLS, REFERENCE
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.similarity import LEAST_OF_SUBJECT
from rdpd_core.experiments.source import Asked
from rdpd_core.experiments.subjects import places_of, title_of

ARMS, TWO, EVERYONE = "arms", "two", "all"
SIDES = {ARMS: "With the teacher", TWO: "Any two models"}
FIRST = ("direct", "rdpd")
"""Two arms take half a minute where all would take minutes."""


def choose(link: Link, book: CaseBook, asked: bool) -> tuple[dict[str, str], dict[str, Any]]:
    """Ask which models are compared, on whose windows, and how; give what belongs into the address, and what is chosen.

    Args:
        link: Of the page.
        book: The answers.
        asked: Whether this part is shown now; if not, its choices are kept.
    """
    left, right = st.columns([1, 1.6], gap="medium") if asked else (st, st)
    how = {"format_func": SIDES.get, "required": True}
    sides = pick(
        link, "sides", list(SIDES), ARMS, asked, lambda k: left.segmented_control("Compare", list(SIDES), key=k, **how)
    )
    every = tuple(arm.arm for arm in book.arms if arm.arm != "teacher")
    usual = FIRST if set(FIRST) <= set(every) else every
    with right if asked else st.container():
        arms = represent_pick.pick_arms(link, "beside", every, usual, asked and sides == ARMS, "Students, side by side")
        models = _pick_models(link, book, asked and sides == TWO)
    who, mode, null = _pick_windows(link, book, asked)
    told = {"sides": sides, "beside": represent_pick.address(arms, usual), "one": models[0], "other": models[1]}
    told |= {"who": who, "mode": mode, "null": null}
    cell = represent_cell.offer(link, book, arms if sides == ARMS else models[1:])
    return {**told, **cell}, {**told, "arms": arms, "models": models, "cell": cell}


def _pick_models(link: Link, book: CaseBook, asked: bool) -> tuple[str, str]:
    names = [card.name for arm in book.arms for card in arm.cards]
    first, second = st.columns(2, gap="small") if asked else (st, st)
    one = pick(link, "one", names, names[0], asked, lambda k: first.selectbox("First model (rows)", names, key=k))
    other = names[1] if len(names) > 1 else names[0]
    return one, pick(link, "other", names, other, asked, lambda k: second.selectbox("Second model (columns)", names, key=k))


def _pick_windows(link: Link, book: CaseBook, asked: bool) -> tuple[str, str, str]:
    first, second, third = st.columns([1, 1, 1.4], gap="medium") if asked else (st, st, st)
    people = [EVERYONE, *sorted(book.subjects())]
    words = {EVERYONE: f"all {counted(len(people) - 1, 'test subject')}"}
    words |= {name: f"{name} alone (n = {book.count(name)})" for name in people[1:]}
    who = pick(
        link, "who", people, EVERYONE, asked, lambda k: first.selectbox("Windows of", people, format_func=words.get, key=k)
    )
    told = " ".join(f"{name}: {MODES[name]}." for name in MODES)
    how = {"required": True, "help": told}
    modes = list(MODES)
    mode = pick(link, "mode", modes, FLATTEN, asked, lambda k: second.segmented_control("Rows (mode)", modes, key=k, **how))
    nulls = list(NULLS)
    null = pick(
        link,
        "null",
        nulls,
        nulls[0],
        asked,
        lambda k: third.selectbox("Null: how pairs are made wrong", nulls, format_func=NULLS.get, key=k),
    )
    return who, mode, null


def show(page: str, book: CaseBook, asked: Asked, chosen: dict[str, Any]) -> None:
    """Show how alike the layers are, and what may be concluded.

    Args:
        page: Key of the page.
        book: The answers.
        asked: The models of the view.
        chosen: By `choose`.
    """
    who, sides = chosen["who"], chosen["sides"]
    if who != EVERYONE and len(places_of(book, [who])) < LEAST_OF_SUBJECT:
        st.info(in_markdown(_too_few(book, who), 300), icon=":material/info:")
        return
    asked = Asked(
        asked.dataset, asked.view, job=asked.job, subjects=() if who == EVERYONE else (who,),
        arms=chosen["arms"] if sides == ARMS else (), models=chosen["models"] if sides == TWO else (),
    )  # fmt: skip
    params = {"mode": chosen["mode"], "null": chosen["null"], "each_subject": False}
    result = analysis.answer(page, "cka", asked, params)
    if result is not None:
        analysis.conclude(result, _is_main)
        used = next(iter(result.values["matrices"].values()))["null"]  # another than asked for where recordings are few
        about = analysis.told(of_book(book, [who] if who != EVERYONE else ()), result, NULLS[used])
        about = about.plus(mode=chosen["mode"])
        name = in_filename(book.loaded.dataset.name, book.view, "cka", chosen["mode"], who)
        _matrices(page, result, about, name, chosen)
        _answers(result)
        represent_cell.show(page, book, asked, result, about, chosen)
    analysis.command("cka", asked, params)


def _too_few(book: CaseBook, who: str) -> str:
    n = counted(len(places_of(book, [who])), "window")
    return f"{who} has {n}: at least {LEAST_OF_SUBJECT} are needed for a statement about one subject. Choose another, or all."


def _is_main(sentence: Sentence) -> bool:
    return "reference" not in sentence.about


def _matrices(page: str, result: Result, about: About, name: str, chosen: dict[str, Any]) -> None:
    """Draw a table of squares per student, two side by side, and below each its difference to Direct."""
    section("Layer by layer")
    found = list(result.values["matrices"].items())
    for at in range(0, len(found), 2):
        for place, (key, matrix) in zip(st.columns(2, gap="large"), found[at : at + 2], strict=False):
            with place:
                _matrix(page, key, matrix, about, name, chosen)
    st.caption(
        f"Mode {result.values['mode']}: {result.values['mode_says']}. A click on a square shows below what two layers share."
    )
    changes = result.values["differences"]
    if not changes:
        return
    section(f"Less what {title_of(REFERENCE)} has in common with the teacher")
    for at in range(0, len(changes), 2):
        for place, key in zip(st.columns(2, gap="large"), list(changes)[at : at + 2], strict=False):
            with place:
                _change(page, key, changes[key], result.values["matrices"][key], about, name)


def _change(page: str, key: str, change: dict[str, Any], matrix: dict[str, Any], about: About, name: str) -> None:
    title = title_of(REFERENCE)
    fig, alt = pictures.change_figure(change, matrix, title), pictures.describe_change(change, matrix, title)
    tables = {"Differences": partial(pictures.change_table, change, matrix)}
    st.markdown(f"**{in_markdown(matrix['second'])} less {title}**: {in_markdown(change['diagonal']['says'], 200)}")
    chart(fig, f"{page}.less.{key}", f"{name}_{in_filename(key)}_less", alt, tables, about=about.plus(arm=key))


def _matrix(page: str, key: str, matrix: dict[str, Any], about: About, name: str, chosen: dict[str, Any]) -> None:
    along, arm = matrix["diagonal"], key if chosen["sides"] == ARMS else "teacher"
    st.markdown(f"**{in_markdown(matrix['first'])} and {in_markdown(matrix['second'])}**: {in_markdown(_mean(along), 300)}")
    cell = chosen["cell"]
    row, column = represent_cell.layers_of(matrix, cell)
    mine = (in_plotly(row), in_plotly(column)) if cell["matrix"] == key else None
    fig = clickable(pictures.matrix_figure(matrix, arm), mine)
    tables = {"Layers": partial(pictures.matrix_table, matrix)}
    own = f"{page}.matrix.{key}"
    clicked = partial(represent_cell.clicked, page, own, key, matrix["rows"], matrix["columns"])
    chart(
        fig,
        own,
        f"{name}_{in_filename(key)}",
        pictures.describe_matrix(matrix),
        tables,
        clicked,
        about=about.plus(compared=key),
    )


def _mean(along: dict[str, Any]) -> str:
    if along["value"] is None:
        return f"mean over matching layers undefined, {along['reason']}"
    ends = along["interval"]
    told = "no interval" if ends is None else f"[{ends['low']:.2f}, {ends['high']:.2f}]"
    null = "no null" if along["null"] is None else f"null {along['null'][0]:.2f} to {along['null'][1]:.2f}"
    return f"mean over matching layers {along['value']:.2f} {told}; {null}"


def _answers(result: Result) -> None:
    """Show how alike the answers are."""
    outputs = result.values["outputs"]
    if not outputs:
        return
    section("Do their answers say the same?")
    table = pd.DataFrame(
        [{"measure": own.title} | {title_of(arm): _value(found["measures"][name]) for arm, found in outputs.items()}
         for name, own in LIKENESS.items()]
    )  # fmt: skip
    st.dataframe(table, hide_index=True, alt="How alike the answers of each student are to the teacher's")
    some = next(iter(outputs.values()))
    drawn = resampled([one for found in outputs.values() for one in found["measures"].values()])
    ends = f"95% intervals: {drawn} resampled" if drawn else "no intervals, for there are too few people"
    st.caption(
        f"n = {some['n_windows']} windows of {counted(some['n_subjects'], 'subject')}; probabilities are means over seeds; "
        f"{ends}. Null: R² and kappa are 0 for answers that have nothing to do with each other; agreement has no such level, "
        "which is why kappa stands beside it. Jensen-Shannon: 0 for equal answers, at most 0.69 nat."
    )


def _value(own: dict[str, Any]) -> str:
    if own["value"] is None:
        return own["reason"]
    ends = own["interval"]
    return f"{own['value']:.2f} " + ("(no interval)" if ends is None else f"[{ends['low']:.2f}, {ends['high']:.2f}]")
