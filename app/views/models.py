"""Models: every trained model that is here, one of them in full, and whether its files are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cached
from app.components import frame
from app.state import Link

if TYPE_CHECKING:
    from rdpd_core.store import ModelCard

PAGE, EVERY = "models", "all"

frame.heading("Models", "Every teacher and student that is here, with what it reads, how it was trained, and what it is worth.")

from app.components import here  # noqa: E402  (the heading does not wait for the library)
from app.figures.tables import to_csv  # noqa: E402
from app.figures.text import in_markdown  # noqa: E402
from rdpd_core.errors import RdpdError  # noqa: E402
from rdpd_core.evaluation import Scores  # noqa: E402
from rdpd_core.store import Store  # noqa: E402


def row(card: ModelCard) -> dict[str, object]:
    """Give what the table says of a model."""
    scores = Scores.from_dict(card.scores["test"]) if "test" in card.scores else None
    return {
        "model": card.key,
        "arm": card.arm,
        "reads": f"{card.view} ({len(card.channels)})",
        "recipe": card.recipe,
        "seed": card.seed,
        "PR-AUC, test [95%]": scores.cell("pr_auc") if scores else "",
        "ROC-AUC, test [95%]": scores.cell("roc_auc") if scores else "",
        "n": f"{scores.n_windows} windows, {scores.n_subjects} subjects" if scores else "",
        "parameters": card.parameters["used"],
    }


def show_card(card: ModelCard) -> None:
    """Show one model in full."""
    from_teacher = Store.default().teacher_of(card)
    students = Store.default().students_of(card)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(in_markdown(card.title), anchor=False, width="content")
        if card.simulated:
            st.badge("trained on simulated data", icon=":material/science:", color="orange")
    taught = in_markdown(from_teacher.key, 200) if from_teacher else "not here" if card.teacher else "nobody, labels only"
    plain = {
        "Task": f"{len(card.classes)} classes: {in_markdown(', '.join(card.classes), 600)}",
        "Reads": in_markdown(", ".join(f"{c.name} ({c.unit})" for c in card.channels), 600),
        "Window": f"{card.window_samples / card.sampling_rate:g} s at {card.sampling_rate:g} Hz, {card.segments} segments",
        "Taught by": taught,
        "Taught": f"{len(students)} students" if students else "nobody",
        "Trained": f"{card.training.get('epochs')} epochs, best was {card.training.get('best_epoch')}; split {card.split}",
        "Licence of its data": in_markdown(card.licence, 300),
        "Made": f"{card.created}; sha256 of the weights `{card.weights_sha256[:16]}…`",
    }
    st.table(plain, border="horizontal")
    with st.expander("The whole card"):
        st.json(card.to_dict(), expanded=1)


def verify(card: ModelCard) -> None:
    """Offer to read all of a model and say whether it is whole."""
    told = "Reads all of its bytes, compares their digest with the card's, and builds the model"
    if not st.button("Verify", icon=":material/verified:", key=f"{PAGE}.verify", help=told):
        return
    try:
        Store.default().verify(card.dataset, card.name)
    except RdpdError as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
    else:
        st.success("Whole: digest, names, shapes and numbers are as the card says.", icon=":material/verified:")


listing = cached.listing(cached.store_stamp())
for problem in listing.problems:
    st.warning(f"{in_markdown(problem.dataset)}/{in_markdown(problem.name)} was left out: {in_markdown(problem.reason, 600)}")
sets = sorted({card.dataset for card in listing.cards})
if not sets:
    here.models_missing("any data set", "python -m rdpd_core pretrain")
    st.stop()
link = Link(PAGE)
chosen_set = st.segmented_control("Data set", [EVERY, *sets], required=True, key=link.offer("set", [EVERY, *sets], EVERY))
cards = [card for card in listing.cards if chosen_set in (EVERY, card.dataset)]
table = pd.DataFrame([row(card) for card in cards])
st.dataframe(table, hide_index=True, height=min(420, 36 * len(cards) + 40), alt="Models with their scores")
look = {"type": "tertiary", "icon": ":material/download:"}
st.download_button("Table (CSV)", lambda: to_csv(table), "models.csv", "text/csv", on_click="ignore", **look)
keys = [card.key for card in cards]
key = st.selectbox(f"One model of {len(keys)}", keys, key=link.offer("model", keys, keys[0]), width=480)
link.close({"set": chosen_set, "model": key})
card = next(card for card in cards if card.key == key)
show_card(card)
verify(card)
frame.command(f"python -m rdpd_core evaluate {card.key} --dataset {card.dataset}", "Scores this model again")
