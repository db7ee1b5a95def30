"""Start: what this is, guided cases, what runs, where one left, what is here, and one window as every model sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.components import frame, waiting
from app.state import Link

if TYPE_CHECKING:
    from app.components import case_choice
    from app.figures.about import About
    from rdpd_core.experiments import Loaded
    from rdpd_core.experiments.cases import Case

PAGE, DATASET = "start", "simulated_ecg"
WHAT = (
    "**How few channels are enough?** A *teacher* network reads every channel of a medical recording; *students* read only the "
    "few one has at home, and learn from the labels, from what the teacher predicts, and from where in time it looks. "
    "Here you see for single windows and people what each of them says, how sure it is, where it looked, and when not to "
    "trust it."
)


def show_running() -> None:
    """Show what runs in the background."""
    from app.components import recent_jobs

    frame.section("What is running")
    recent_jobs.show()


def show_recent() -> None:
    """Show where one left."""
    from app.components import recent_views

    frame.section("Continue where you left")
    recent_views.show()


def show_here() -> None:
    """Show which data sets and models are here."""
    from app.components import here

    here.summary()


def show_blank() -> None:
    """Show empty paper where the picture will be."""
    from app.figures.blank import ALT, blank_paper

    st.plotly_chart(blank_paper(), key=f"{PAGE}.blank", config={"displayModeBar": False}, alt=ALT)


def show_case(loaded: Loaded) -> None:
    """Let one window be chosen and show it."""
    from app.components import case_choice, here
    from app.figures.about import of_case
    from app.figures.text import in_markdown
    from rdpd_core.experiments.cases import job_of, jobs_of, views_of

    cards = [card for card in cached.cards(DATASET) if card.split == loaded.split]
    if not views_of(cards):
        here.models_missing(loaded.dataset.title, "python -m rdpd_core pretrain")
        return
    frame.section(f"{in_markdown(loaded.dataset.title)}: one window, every model")
    link = Link(PAGE)
    models = case_choice.choose_models(link, jobs_of(cards))
    job = "" if models == case_choice.KEPT else models
    there = views_of([card for card in cards if job_of(card) == job])
    views = [*(v for v in loaded.dataset.views if v in there), *(v for v in there if v not in loaded.dataset.views)]
    if not views:
        here.models_missing(loaded.dataset.title, "python -m rdpd_core pretrain")
        return
    first, *others = case_choice.row()
    view = case_choice.choose_view(link, first, views, {name: loaded.dataset.view(name) for name in views})
    key = (DATASET, view, cached.data_root(), cached.store_stamp(), job)
    book = waiting.result_of(cached.book_task(*key), lambda: cached.book_task.clear(*key), f"{PAGE}.book")
    if book is None:
        show_blank()
        return
    window = case_choice.choose_window(link, others, book, models)
    case = book.case(window.subject, window.position)
    draw(case, window.shown, of_case(book, case))
    show_ways_on(view, models, window)
    if line := case_choice.command(book):
        frame.command(line, "Trains these models again and prints their scores, intervals and tests")
    for other in views:  # so that changing the view waits for nothing
        cached.book_task(DATASET, other, *key[2:])


def draw(case: Case, shown: tuple[str, ...], about: About) -> None:
    """Draw the window: signals with attention on the left, what the models say on the right."""
    from app.components.charts import chart
    from app.figures import tables, words
    from app.figures.case import case_figure
    from app.figures.distributions import distribution_figure
    from app.figures.text import in_filename, in_markdown

    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}")
    left, right = frame.wide_and_narrow()
    with left:
        st.markdown(in_markdown(words.facts(case), 300))
        behind = {"Signal": lambda: tables.signal_table(case, shown), "Attention": lambda: tables.attention_table(case)}
        chart(case_figure(case, shown), f"{PAGE}.case", name, words.describe_case(case, shown), behind, about=about)
        st.markdown(in_markdown(words.looking(case), 600))
        st.caption(words.marks(case))
    with right:
        behind = {"Distributions": lambda: tables.distribution_table(case)}
        chart(
            distribution_figure(case),
            f"{PAGE}.said",
            f"{name}_classes",
            words.describe_distributions(case),
            behind,
            about=about,
        )
        st.markdown(in_markdown(words.verdict(case), 600))
        st.caption(words.basis(case))


def show_ways_on(view: str, models: str, window: case_choice.Window) -> None:
    """Offer the pages on which more can be done with the window."""
    ways = {
        "case": ("views/case.py", "This subject in the case study", ":material/clinical_notes:", "set"),
        "whatif": ("views/whatif.py", "What if a lead came off?", ":material/tune:", "data"),
    }
    with st.container(horizontal=True, gap="medium"):
        for page, (file, label, icon, name) in ways.items():
            told = {name: DATASET, "models": models, "view": view, "subject": window.subject, "window": str(window.position)}
            st.page_link(file, label=label, icon=icon, query_params={f"{page}.{key}": text for key, text in told.items()})


def show_guided() -> None:
    """Show the guided cases."""
    from app.components import guide

    frame.section("Guided cases: begin with one")
    guide.cards()


frame.heading("RDPD Studio", WHAT)
guided = st.container()
with st.grid("auto", min_column_width=330, gap="small"):
    running, left, there = (st.container(border=True, height="stretch") for _ in range(3))
with running:  # these two need nothing of the library, which takes seconds to load
    show_running()
with left:
    show_recent()
with there:
    frame.section("What is here")
with guided:
    show_guided()
data = cached.data_task(DATASET, cached.data_root())
loaded = waiting.result_of(data, lambda: cached.data_task.clear(DATASET, cached.data_root()), f"{PAGE}.data")
if loaded is None:
    show_blank()
else:
    with there:
        show_here()
    show_case(loaded)
