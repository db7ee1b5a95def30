"""What is left when channels are missing at test time, asked of the stored models of one experiment, in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.components import analysis, compare_chart
from app.components.compare_choice import Looked
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import RdpdError
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import HEADLINE
from rdpd_core.experiments import Experiment
from rdpd_core.experiments.compared import Entry, labels
from rdpd_core.experiments.compared.entry import Found
from rdpd_core.experiments.compared.missing_chart import missing_chart, single_chart
from rdpd_core.experiments.source import Asked

NAME, CHOSEN = "missing", "compare.missing_chosen"


def ask(link: Link, told: dict[str, Any], found: Found) -> Mapping[str, Any]:
    """Ask for one experiment and a score; they are no part of the selection, so what they are stands in the session."""
    titles = labels(found.entries)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        key = link.offer("of", list(titles), found.entries[0].key)
        told["of"] = st.selectbox("Models of", list(titles), format_func=titles.get, key=key, width=420)
        key = link.offer("missing_score", list(HEADLINE), "macro_f1")
        how = {"format_func": lambda name: METRICS[name].title, "required": True}
        told["missing_score"] = st.segmented_control("Scored by", list(HEADLINE), key=key, **how)
    st.session_state[CHOSEN] = (told["of"], told["missing_score"])
    return {}


def show(page: str, looked: Looked) -> None:
    """Show what the analysis finds, or how far it is."""
    key, score = st.session_state[CHOSEN]
    entry = next(entry for entry in looked.found.entries if entry.key == key)
    split = _split(entry)
    asked = Asked(entry.dataset, entry.view, split=split, job=job_name(looked, entry))
    params = {"score": score} if score != "macro_f1" else {}
    st.caption(
        "Models in the store are asked again with channels taken away"
        + (f", of split {in_markdown(split)} only" if entry.value("split") == "all" else "")
        + ". What was found is kept."
    )
    first = DATASETS.get(entry.dataset).splits[0]
    if split != first:
        told = f"The page asks models of the split {first}; these are of {split}, which the command below asks."
        st.info(in_markdown(told, 300), icon=":material/terminal:")
    elif (found := analysis.answer(page, NAME, asked, params)) is not None:
        analysis.conclude(found)
        compare_chart.show(page, missing_chart(found.values), [entry])
        for students in (True, False):
            if (drawn := single_chart(found.values, students)) is not None:
                compare_chart.show(page, drawn, [entry])
    analysis.command(NAME, asked, params)


def _split(entry: Entry) -> str:
    try:
        return Experiment.from_dict({**entry.experiment, "arms": tuple(entry.experiment["arms"])}).splits[0]
    except (RdpdError, KeyError, TypeError):
        return ""


def job_name(looked: Looked, entry: Entry) -> str:
    """Give what tells the models of an experiment from others in the store: the job, and the part of a study."""
    from rdpd_core.jobs.finished import digest_of

    job = looked.desk.job(entry.job)
    return f"{job.id}-{digest_of(entry)[:4]}" if job.entry.kind == "study" else job.id
