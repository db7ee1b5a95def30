"""What-if: a channel drops out, noise comes in, leads are mixed up; how teacher and students answer, before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.components import frame, waiting
from app.state import Link

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.figures.about import About
    from app.figures.whatif_record import WhatIf
    from rdpd_core.experiments import Loaded

PAGE = "whatif"
WHAT = (
    "What if a lead came off, the wearer moved, or two cables were mixed up? Edit the channels of one window and see at once "
    "what the teacher and every student say. A student notices an edit only in the channels it reads."
)


def blank() -> None:
    """Show empty paper where the picture will be."""
    from app.figures.blank import ALT, blank_paper

    st.plotly_chart(blank_paper(), key=f"{PAGE}.blank", config={"displayModeBar": False}, alt=ALT)


def show() -> None:
    """Let a data set be chosen, and go on when it is read."""
    from app.components import here, whatif_choice

    link, names = Link(PAGE), whatif_choice.data_sets()
    if not names:
        here.models_missing("any data set", "python -m rdpd_core pretrain")
        return
    first, second = st.columns([1.3, 3.2], gap="medium")
    dataset = whatif_choice.choose_data(link, names, first)
    key = (dataset, cached.data_root())
    loaded = waiting.result_of(cached.data_task(*key), lambda: cached.data_task.clear(*key), f"{PAGE}.loading")
    if loaded is None:
        blank()
    else:
        show_window(link, loaded, second if len(names) > 1 else first)


def show_window(link: Link, loaded: Loaded, beside: DeltaGenerator) -> None:
    """Let models, a window and edits be chosen, and show what they change."""
    from app.components import whatif_choice, whatif_edits, whatif_robust
    from app.figures.about import of_case
    from app.figures.whatif_record import WhatIf
    from app.figures.whatif_words import noise_words
    from rdpd_core.evaluation.edits import to_text
    from rdpd_core.experiments.whatif import command_of

    chosen = whatif_choice.choose_models(link, loaded, beside)
    if chosen is None:
        return
    key = (loaded.dataset.name, chosen.view, cached.data_root(), cached.store_stamp(), chosen.job)
    bench = waiting.result_of(cached.bench_task(*key), lambda: cached.bench_task.clear(*key), f"{PAGE}.bench")
    if bench is None:
        blank()
        return
    place = whatif_choice.choose_place(link, bench.book)
    history = whatif_edits.offer(link, bench.ground)
    at = bench.place(place.subject, place.position)
    before = replace(bench.book.case(place.subject, place.position), arms=bench.arms(at, ()))
    signal = bench.edited([at], history.active)[0]
    after = replace(before, signal=signal, arms=bench.arms(at, history.active))
    shown = WhatIf(before, after, history.active, bench.ground, int(bench.windows.start[at]))
    frame.section("Edits, in the order in which they act")
    whatif_edits.bar(history, bench.ground, before.poor)
    notes = [noise_words(shown, place) for place in range(len(history.active))]
    whatif_edits.rows(history, bench.ground, before.duration_s, notes)
    pictures = st.container()
    frame.section("How much is too much?")
    varied = whatif_robust.choose(link, shown)
    told = {"data": loaded.dataset.name, "models": chosen.models, "view": chosen.view, **place._asdict()}
    told["window"] = told.pop("position")
    link.close({**told, "edits": to_text(history.edits), "at": history.at, "curve": varied})
    with pictures:  # drawn last: a quick Back finds the address settled
        draw(shown, of_case(bench.book, before).plus(edits=to_text(history.active)))
    whatif_robust.show(shown, varied, key, at)
    line = command_of(bench, place.subject, place.position, to_text(history.active))
    frame.command(line, "Prints what every arm says before and after these edits")


def draw(shown: WhatIf, about: About) -> None:
    """Draw signals and attention on the left, class distributions on the right, before and after."""
    from app.components.charts import chart
    from app.figures import whatif_tables as tables
    from app.figures import whatif_words as words
    from app.figures.text import in_filename, in_markdown
    from app.figures.whatif_classes import classes_figure
    from app.figures.whatif_signals import whatif_figure
    from app.figures.words import facts
    from rdpd_core.evaluation.edits import digest

    case = shown.before
    edited = digest(shown.after.signal)[:8] if shown.edits else "as-recorded"
    name = in_filename(case.dataset, case.view, case.subject, case.recording, f"window-{case.position}", edited)
    left, right = frame.wide_and_narrow()
    with left:
        st.markdown(in_markdown(facts(case), 300))
        behind = {"Signal": lambda: tables.signals_table(shown), "Attention": lambda: tables.looks_table(shown)}
        chart(whatif_figure(shown), f"{PAGE}.signals", name, words.describe_signals(shown), behind, about=about)
        st.caption(in_markdown(words.legend(shown), 600))
    with right:
        st.markdown(f"**{in_markdown(words.verdict(shown), 400)}**")
        behind = {"Distributions": lambda: tables.classes_table(shown)}
        chart(classes_figure(shown), f"{PAGE}.said", f"{name}_classes", words.describe_classes(shown), behind, about=about)
        if shown.edits:
            st.markdown("\n".join(f"- {in_markdown(sentence, 300)}" for sentence in words.changes(shown)))
        st.caption(words.basis())


frame.heading("What-if", WHAT)
show()
