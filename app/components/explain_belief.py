"""Believe it? The box beside every attribution: the checks with their nulls, and the verdict that follows from them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.components import waiting
from app.components.charts import chart
from app.components.explain_tasks import Asked, belief_task, kept_task
from app.figures import attribution_checks as drawn
from app.figures.about import About
from app.figures.attribution_words import UNCHECKED, of_belief
from app.figures.text import in_filename, in_markdown
from rdpd_core.errors import RdpdError
from rdpd_core.evaluation.believed import FAILED, NO, NOT_RUN, OPEN, PASSED, YES, Belief
from rdpd_core.evaluation.intervals import MINIMUM_UNITS
from rdpd_core.evaluation.scores import people

SIGNS = {
    PASSED: ":material/check_circle:",
    FAILED: ":material/do_not_disturb_on:",
    OPEN: ":material/help:",
    NOT_RUN: ":material/remove:",
}
MOST, LONG = 20, 600
WHAT = (
    "Six checks, each against its own null: has the model learned anything; does what is named first matter first (deletion "
    "and insertion); more than in copies with random weights; does the picture change when layers forget, and when labels "
    "were shuffled; and do other methods agree. It takes seconds to minutes, once, shows how far it is, and can be stopped."
)


def known(page: str, asked: Asked) -> Belief | None:
    """Give the verdict on a model and a method, if it is there by now."""
    task = belief_task(asked) if _was_asked(page, asked) else kept_task(asked)
    if not task.wait(waiting.PATIENCE_S):
        return None
    try:
        return task.result()
    except RdpdError:  # said in the box, with a way to try again
        return None


def show(page: str, asked: Asked, title: str, about: About, whole: bool = True) -> None:
    """Show the verdict with its checks, how far it is, or a button that asks for it.

    Args:
        page: Prefix of keys.
        asked: The model, and how it is asked.
        title: Of the model.
        about: Of the model alone: the checks look at windows of all test subjects.
        whole: Whether curves are drawn as well.
    """
    with st.container(border=True):
        st.markdown(f"**Believe it?** {in_markdown(title)}")
        found = known(page, asked)
        if found is not None:
            _verdict(found)
            if whole:
                _curves(page, asked, found, about)
        elif _was_asked(page, asked):
            key = f"{page}.belief.{asked.model}"
            if waiting.result_of(belief_task(asked), partial(belief_task.clear, asked), key, stops=True) is not None:
                st.rerun()  # it ended while this run waited for it
            st.caption("The checks go on while you look at other things.")
        else:
            st.warning(UNCHECKED, icon=":material/help:")
            st.button(
                "Check it",
                key=f"{page}.check.{asked.model}",
                on_click=_ask,
                args=(page, asked),
                type="primary" if whole else "secondary",
                icon=":material/fact_check:",
            )
            st.caption(WHAT)


def _ask(page: str, asked: Asked) -> None:
    """Remember that this session wants a verdict."""
    key = f"{page}.asked"
    st.session_state[key] = [*st.session_state.get(key, []), repr(asked)][-MOST:]


def _was_asked(page: str, asked: Asked) -> bool:
    return repr(asked) in st.session_state.get(f"{page}.asked", [])


def _verdict(found: Belief) -> None:
    tell, icon = {YES: (st.success, SIGNS[PASSED]), NO: (st.error, SIGNS[FAILED])}.get(found.verdict, (st.warning, SIGNS[OPEN]))
    tell(f"**{found.verdict}.** {in_markdown(found.reason, LONG)}", icon=icon)
    lines = [f"- {SIGNS[c.state]} **{in_markdown(c.title)}**: {c.state}. {in_markdown(c.sentence, LONG)}" for c in found.checks]
    st.markdown("\n".join(lines))
    few = " They are so few that it holds for them alone." if found.n_subjects < MINIMUM_UNITS else ""
    st.caption(
        f"{people(found.n_windows, found.n_subjects)}, of the test part, whoever was chosen above.{few} The verdict is on "
        "this model, method and baseline, not on a single window."
    )


def _curves(page: str, asked: Asked, found: Belief, about: About) -> None:
    about = about.plus(**of_belief(found))
    name = in_filename(asked.model, asked.how.method, asked.how.baseline)
    tables = {"Curves": partial(drawn.curves_table, found), "Checks": partial(drawn.checks_table, found)}
    alt = drawn.describe_curves(found)
    st.markdown("**Deletion and insertion**")
    with st.container():
        chart(drawn.curves_figure(found), f"{page}.curves", f"{name}_deletion", alt, tables, about=about)
    st.caption("Below its band where the strongest cells are taken away, above it where they are put back: the order matters.")
    tables = {"Cascade": partial(drawn.cascade_table, found)}
    alt, draws = drawn.describe_cascade(found), found.cascade.kept.shape[1]
    null = f"below {drawn.KEPT:g} once all layers have forgotten"
    about = about.instead(interval=f"least and most of {draws} draws of weights", null=null)
    st.markdown("**When layers forget**")
    with st.container():
        chart(drawn.cascade_figure(found), f"{page}.cascade", f"{name}_cascade", alt, tables, about=about)
