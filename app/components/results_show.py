"""What a study found, on one page: the answer in words, scores, what imitation adds, classes, statements, and the command."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.components.charts import chart
from app.components.frame import command, section
from app.figures import results as pictures
from app.figures.about import About
from app.figures.forest import Section, describe_forest
from app.figures.text import in_filename, in_markdown
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import PER_CLASS
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.statements import HELD, NOT_HELD, UNDECIDED, Checked
from rdpd_core.experiments.studies import STUDIES
from rdpd_core.experiments.study_answers import answers, liked
from rdpd_core.experiments.study_text import basis_of, not_ours, paper_rows, score_rows

SIGNS = {HELD: ":material/check_circle:", NOT_HELD: ":material/cancel:", UNDECIDED: ":material/help:"}
LONG, LONGEST = 700, 3000
LOST = "pr_auc"


def show(page: str, book: Book, metric: str) -> None:
    """Show everything there is of a study's results.

    Args:
        page: Prefix of keys.
        book: The results.
        metric: Name of the score that pictures and sentences are about.
    """
    about = _about(book)
    _answer(book, metric)
    if len(book.axes) == 2:
        _curves(page, book, metric, about)
    elif "condition" in book.axes:
        _map(page, book, metric, about)
    else:
        _scores(page, book, metric, about)
    _gaps(page, book, metric, about)
    _classes(page, book, about)
    _looks(page, book, about)
    _statements(book)
    _tables(book, metric)
    command(book.command, "Gives these numbers again, or what is missing of them")


def _about(book: Book) -> About:
    more = (("with", book.tag),) if book.tag else ()
    return About((("data set", book.dataset), ("study", book.study), ("recipe", book.recipe), *more))


def _answer(book: Book, metric: str) -> None:
    with st.container(border=True):
        st.markdown("**What it answers**")
        st.markdown("\n".join(f"- {in_markdown(sentence, LONGEST)}" for sentence in answers(book, metric)))
        for sentence in basis_of(book)[:-1]:
            st.caption(in_markdown(sentence, LONG))


def _picture(
    page: str, name: str, book: Book, sections: Sequence[Section], axis: str, null: float | None, about: About
) -> None:
    notes = pictures.behind(book)
    fig = pictures.lines_figure(sections, axis, notes, null)
    alt = describe_forest(sections, axis, notes)
    tables = {axis.capitalize(): lambda: pictures.lines_table(sections, axis)}
    chart(fig, f"{page}.{name}", in_filename(book.dataset, book.study, name), alt, tables, about=about)


def _scores(page: str, book: Book, metric: str, about: About) -> None:
    section(f"{METRICS[metric].title} of every arm")
    _picture(page, "scores", book, pictures.score_sections(book, metric), METRICS[metric].title, None, about)


def _curves(page: str, book: Book, metric: str, about: About) -> None:
    section(f"{METRICS[metric].title} along {book.axes[1].replace('_', ' ')}")
    for view in book.views:
        if len(book.views) > 1:
            st.markdown(f"**{in_markdown(view)}**")
        tables = {"Scores": lambda view=view: pictures.curve_table(book, view, metric)}
        name, alt = in_filename(book.dataset, book.study, view), pictures.describe_curve(book, view, metric)
        chart(pictures.curve_figure(book, view, metric), f"{page}.curve.{view}", name, alt, tables, about=about)


def _map(page: str, book: Book, metric: str, about: About) -> None:
    arm = liked(book.cells)
    section("When does imitation help?")
    st.caption("One condition is made harder at a time, the others stay easy. The dashed line is no difference.")
    axis = f"{ARMS[arm].title} less Direct, {METRICS[metric].title}"
    _picture(page, "map", book, pictures.map_sections(book, metric, arm), axis, 0.0, about)


def _gaps(page: str, book: Book, metric: str, about: About) -> None:
    sections = pictures.gap_sections(book, metric)
    if sections:
        section("What it adds to labels alone")
        st.caption("Paired over people and seeds; the dashed line is no difference. What crosses it is not shown to differ.")
        _picture(page, "gaps", book, sections, f"less Direct, {METRICS[metric].title}", 0.0, about)


def _classes(page: str, book: Book, about: About) -> None:
    arm = liked(book.cells)
    if book.axes != ("view",) or not pictures.has_losses(book, arm, LOST):
        return
    section("What each class loses without the other sensors")
    st.caption(f"{PER_CLASS[LOST]} of the teacher, which reads all channels, less that of {in_markdown(ARMS[arm].title)}.")
    tables = {"Losses": lambda: pictures.lost_table(book, arm, LOST)}
    name, alt = in_filename(book.dataset, book.study, "classes"), pictures.describe_lost(book, arm, LOST)
    chart(pictures.lost_figure(book, arm, LOST), f"{page}.classes", name, alt, tables, about=about)


def _looks(page: str, book: Book, about: About) -> None:
    sections = pictures.look_sections(book)
    if sections:
        section("Do students look where their teacher looks?")
        st.caption("Attention in common with the teacher of the same seed, beyond that of windows paired at random.")
        _picture(page, "looks", book, sections, "overlap beyond chance", 0.0, about)


def _statements(book: Book) -> None:
    checked = STUDIES.get(book.study)().checked(book)
    if not checked:
        return
    section("Statements, one by one")
    for one in checked:
        st.markdown(_line(one))
    with st.expander("The differences behind each"):
        rows = pd.DataFrame([row for one in checked for row in one.rows()])
        st.dataframe(rows, hide_index=True, alt="Every part of every statement: difference, interval, p and n")


def _line(one: Checked) -> str:
    words = f"{in_markdown(one.text, LONG)} ({in_markdown(one.source)})"
    return f"{SIGNS[one.verdict]} **{one.verdict}** · {words}: {in_markdown(one.reason, LONG)}"


def _tables(book: Book, metric: str) -> None:
    section("Tables")
    title = METRICS[metric].title
    st.markdown(f"**{title}, our results**: mean, 95% interval, ± SD over seeds")
    st.dataframe(pd.DataFrame(score_rows(book, metric)), hide_index=True, alt=f"{title} of every arm and experiment")
    study = STUDIES.get(book.study)()
    if rows := paper_rows(study, metric):
        st.markdown(f"**{title}, from the paper**: mean ± SD over 10 runs")
        st.caption(in_markdown(not_ours(study, book.dataset), LONG))
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt=f"{title} as the paper reports it, on its own data")
