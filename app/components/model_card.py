"""One model in full: what its card says, whether its files are whole, and its end."""

from __future__ import annotations

import streamlit as st

from app import cached
from app.figures import job_words
from app.figures.lineage import job_title
from app.figures.text import at_rate, in_markdown, lasting, listed
from rdpd_core.errors import RdpdError
from rdpd_core.store import ModelCard, Store

TOLD = "models.told"
NAMED = 5


def heading(card: ModelCard) -> None:
    """Show the title of a model, and what has to stand beside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(in_markdown(card.title), anchor=False, width="content")
        if card.simulated:
            st.badge("trained on simulated data", icon=":material/science:", color="orange")


def show(card: ModelCard) -> None:
    """Show the card, and offer to verify and to delete the model."""
    from_teacher, students = relatives(card)
    taught = in_markdown(from_teacher.key, 200) if from_teacher else "not here" if card.teacher else "nobody, labels only"
    used, dormant = card.parameters["used"], card.parameters["with_dormant"] - card.parameters["used"]
    window = lasting(card.window_samples / card.sampling_rate)
    plain = {
        "Task": f"{len(card.classes)} classes: {in_markdown(', '.join(card.classes), 600)}",
        "Reads": in_markdown(", ".join(f"{c.name} ({c.unit})" for c in card.channels), 600),
        "Window": f"{window} at {at_rate(card.sampling_rate)}, {card.segments} segments",
        "Parameters": f"{used:,} used; {dormant:,} more that the published code builds and never uses",
        "Taught by": taught,
        "Taught": f"{len(students)} students" if students else "nobody",
        "Trained": f"{card.training.get('epochs')} epochs, best was {card.training.get('best_epoch')}; split {card.split}",
        "Made by": in_markdown(job_title(card), 200) or "no job: it came with the program or was saved by hand",
        "Licence of its data": in_markdown(card.licence, 300),
        "Made": f"{card.created}; sha256 of the weights `{card.weights_sha256[:16]}…`",
    }
    st.table(plain, border="horizontal")
    with st.container(horizontal=True, gap="small"):
        asked = st.button("Verify", icon=":material/verified:", key="models.verify", help=VERIFY)
        _delete(card, students)
    if asked:
        verify(card)
    with st.expander("The whole card"):
        st.json(card.to_dict(), expanded=1)


VERIFY = "Reads all of its bytes, compares their digest with the card's, and builds the model"


def relatives(card: ModelCard) -> tuple[ModelCard | None, list[ModelCard]]:
    """Give who taught a model, and whom it taught, of those that are here."""
    others = cached.cards(card.dataset)
    teacher = next((c for c in others if card.teacher and c.weights_sha256 == card.teacher), None)
    return teacher, [c for c in others if c.teacher and c.teacher == card.weights_sha256]


def verify(card: ModelCard) -> None:
    """Read all of a model and say whether it is whole."""
    try:
        Store.default().verify(card.dataset, card.name)
    except RdpdError as error:
        st.error(in_markdown(str(error), 600), icon=":material/error:")
    else:
        st.success("Whole: digest, names, shapes and numbers are as the card says.", icon=":material/verified:")


def _delete(card: ModelCard, students: list[ModelCard]) -> None:
    """Offer to delete a model that was made here, after saying whom it taught."""
    store = Store.default()
    if not store.writable(card.dataset, card.name):
        return
    asked = st.popover("Delete", icon=":material/delete:", key=f"models.delete.{card.key}", on_change="rerun")
    if not asked.open:
        return
    with asked:
        freed = job_words.size(store.size_bytes(card.dataset, card.name))
        st.markdown(f"Delete {in_markdown(card.key, 220)} from the store? This frees {freed}.")
        if students:
            some = listed(
                [c.name for c in students[:NAMED]] + ([f"{len(students) - NAMED} more"] if len(students) > NAMED else [])
            )
            st.markdown(f"It taught {in_markdown(some, 600)}; they stay, and their teacher will be shown as not here.")
        look = {"type": "primary", "icon": ":material/delete_forever:"}
        st.button("Delete for good", key="models.gone", on_click=_gone, args=(card.dataset, card.name), **look)


def _gone(dataset: str, name: str) -> None:
    try:
        Store.default().delete(dataset, name)
    except (RdpdError, OSError) as error:
        st.session_state[TOLD] = ("error", f"{dataset}/{name} was not deleted: {error}")
        return
    st.session_state[TOLD] = ("done", f"{dataset}/{name} was deleted.")
