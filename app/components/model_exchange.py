"""Taking a model in and handing one out: card and weights, or ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components import leaving, model_card, model_task, waiting
from app.figures import job_words
from app.figures.text import in_filename, in_markdown
from rdpd_core.errors import RdpdError
from rdpd_core.store import ModelCard, Store
from rdpd_core.store.exchange import pack
from rdpd_core.store.onnx_export import TOLERANCE, missing

MOST_MB = 200
TAKING, ARRIVED, ONNX = "models.taking", "models.arrived", "models.onnx"


def take_in() -> None:
    """Offer to keep a model from elsewhere, and say what became of the last one."""
    told = "A model that was handed out here or on another machine"
    asked = st.popover("Take in a model", icon=":material/upload_file:", help=told, key="models.take", on_change="rerun")
    if not asked.open:
        return
    with asked:
        st.markdown("`card.json` and `model.safetensors`, or one zip with both. A process of its own checks them first.")
        files = st.file_uploader("Files of a model", accept_multiple_files=True, max_upload_size=MOST_MB, key="models.files")
        st.button("Check and keep", type="primary", disabled=not files, on_click=_take, args=(files,), key="models.keep")
        _taken()


def point_at_arrived(key: str, models: Sequence[str]) -> None:
    """Make a model that has just been taken in the chosen one; call it just before the widget is made.

    Args:
        key: Of the widget.
        models: Keys that can be chosen.
    """
    arrived = st.session_state.pop(ARRIVED, "")
    if arrived in models:
        st.session_state[key] = arrived


def _take(files: list[UploadedFile]) -> None:
    st.session_state[TAKING] = [file.file_id for file in files]


def _taken() -> None:
    ids = st.session_state.get(TAKING)
    files = [file for file in st.session_state.get("models.files") or [] if ids and file.file_id in ids]
    if not files:
        return
    task = model_task.take_task({file.name: file.getvalue() for file in files}, tuple(ids))
    if not task.wait(waiting.PATIENCE_S):
        waiting.result_of(task, _forget, "models.take")
        return
    _forget()
    model_task.take_task.clear()  # the bytes are not kept, and the same files may be tried again
    try:
        key = st.session_state[ARRIVED] = task.result()
        st.session_state[model_card.TOLD] = ("done", f"{key} is in the store.")
        st.rerun()
    except RdpdError as error:
        st.error(in_markdown(str(error), 600), icon=":material/block:")


def _forget() -> None:
    st.session_state.pop(TAKING, None)


def hand_out(card: ModelCard) -> None:
    """Offer a model as a folder and as ONNX."""
    with st.container(horizontal=True, gap="small"):
        look = {"icon": ":material/folder_zip:", "help": "Card and weights, for this program"}
        name = f"{in_filename(card.dataset, card.name)}"
        packed = partial(pack, Store.default(), card.dataset, card.name)
        leaving.file(card.dataset, "Folder (zip)", packed, f"{name}.zip", "application/zip", key="models.zip", **look)
        if not leaving.may_leave(card.dataset):
            return
        lacking = missing()
        told = "For programs without PyTorch; input is a window scaled as the card says"
        st.button(
            "Make ONNX",
            icon=":material/deployed_code:",
            key="models.make",
            disabled=bool(lacking),
            on_click=_make,
            args=(card,),
            help=told,
        )
    if lacking:
        st.caption(in_markdown(lacking, 300))
        return
    turns = st.session_state.get(ONNX, {})
    if card.weights_sha256 not in turns:
        st.caption("ONNX is compared with PyTorch on up to 64 test windows of its own data set before it is handed out.")
        return
    task = model_task.onnx_task(card.key, card.weights_sha256, turns[card.weights_sha256])
    found = waiting.result_of(task, lambda: _make(card), "models.onnx")
    if found is not None:
        _handed(found, name, card.dataset)


def _make(card: ModelCard) -> None:
    turns = st.session_state.get(ONNX, {})
    st.session_state[ONNX] = {**turns, card.weights_sha256: turns.get(card.weights_sha256, 0) + 1}


def _handed(found: tuple[bytes, dict[str, Any]], name: str, dataset: str) -> None:
    data, said = found
    st.success(in_markdown(parity_words(said, dataset), 400), icon=":material/verified:")
    label = f"ONNX ({job_words.size(len(data))})"
    look = {"icon": ":material/download:", "on_click": "ignore", "key": "models.onnx.file"}
    st.download_button(label, data, f"{name}.onnx", "application/octet-stream", **look)


def parity_words(said: dict[str, Any], dataset: str) -> str:
    """Say how far ONNX and PyTorch differ."""
    looks = said["largest difference of attention"]
    more = "" if looks is None else f", of an attention weight {looks:.1e}"
    return (
        f"Largest difference from PyTorch on n = {said['windows compared']} test windows of {dataset}: "
        f"of a probability {said['largest difference of a probability']:.1e}{more} (allowed: {TOLERANCE:g})."
    )
