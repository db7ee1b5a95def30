"""Two models side by side: their scores with intervals, what they cost, and where their cards differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.figures.about import of_cards
from app.figures.tables import to_csv
from app.figures.text import in_filename, in_markdown
from app.state import Link
from rdpd_core.evaluation import METRICS, Scores
from rdpd_core.evaluation.scores import people
from rdpd_core.files import to_json
from rdpd_core.store import ModelCard
from rdpd_core.store.cost import multiply_adds_of

SAME_EVERYWHERE = ("scores", "normalization", "versions", "format", "weights_sha256", "created", "name", "title")
LONGEST = 300


def choose(link: Link, card: ModelCard, cards: Sequence[ModelCard]) -> str:
    """Ask for the other model; give its key, or nothing if there is no other."""
    others = [c.key for c in cards if c.key != card.key]
    kin = [c.key for c in cards if c.key != card.key and (c.dataset, c.view, c.seed) == (card.dataset, card.view, card.seed)]
    first = next(iter([*kin, *others]), "")
    key = link.offer("other", others or [""], first, pinned=bool(others))
    return st.selectbox("Beside it", others, key=key, width=480) if others else ""


def show(one: ModelCard, other: ModelCard) -> None:
    """Show two models beside each other."""
    st.table(scores_table([one, other]), border="horizontal")
    st.caption(
        "Test scores with 95% intervals, each model by itself. Whether one is better takes a paired test on the "
        "same windows, which the command “compare” makes."
        if one.dataset == other.dataset
        else "The models were scored on different data sets; their scores do not compare."
    )
    differing = differences(one, other)
    told = f"{len(differing)} fields in which the cards of {one.key} and {other.key} differ"
    st.dataframe(differing, hide_index=True, height=min(420, 36 * (len(differing) + 1) + 2), alt=told)
    name = f"{in_filename('models', one.key, other.key)}.csv"
    look = {"type": "tertiary", "icon": ":material/download:"}
    st.download_button(
        "Differences (CSV)", lambda: to_csv(differing, of_cards([one, other])), name, "text/csv", on_click="ignore", **look
    )


def scores_table(cards: Sequence[ModelCard]) -> pd.DataFrame:
    """Give a column per model: test scores with intervals, n, parameters and multiply-adds."""
    columns: dict[str, dict[str, str]] = {}
    for card in cards:
        scores = Scores.from_dict(card.scores["test"]) if "test" in card.scores else None
        cells = {METRICS[m].title: scores.cell(m) for m in scores.intervals or scores.values} if scores else {}
        n = people(scores.n_windows, scores.n_subjects).removeprefix("n = ") if scores else "not scored"
        cost = {"parameters": f"{card.parameters['used']:,}", "multiply-adds": f"{multiply_adds_of(card).total:,}"}
        columns[in_markdown(card.key, 220)] = {**cells, "n": n, **cost}
    return pd.DataFrame(columns).fillna("none kept")


def differences(one: ModelCard, other: ModelCard) -> pd.DataFrame:
    """Give a row per field in which two cards differ; scores have their own table."""
    left, right = _flat(one), _flat(other)
    rows = [
        {"field": name, one.key: left.get(name, ""), other.key: right.get(name, "")}
        for name in dict.fromkeys([*left, *right])
        if left.get(name) != right.get(name)
    ]
    return pd.DataFrame(rows, columns=["field", one.key, other.key])


def _flat(card: ModelCard) -> dict[str, str]:
    """Give the fields of a card as text, settings one by one."""
    plain = card.to_dict()
    plain["channels"] = ", ".join(f"{c.name} ({c.unit})" for c in card.channels)
    plain["classes"] = ", ".join(card.classes)
    training = plain.pop("training")
    experiment = training.get("experiment")
    kept = {k: training[k] for k in ("epochs", "best_epoch", "job", "job_title") if k in training}
    plain |= {"training": kept, "experiment": experiment if isinstance(experiment, dict) else {}}
    found: dict[str, str] = {}
    for name, value in plain.items():
        if name in SAME_EVERYWHERE:
            continue
        inner = {f"{name}: {k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
        found |= {k: _text(v)[:LONGEST] for k, v in inner.items()}
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return value if isinstance(value, str) else to_json(value).replace("\n", " ")
