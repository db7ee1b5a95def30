"""What a model costs: parameters, bytes, multiply-adds, and the time of one window on this machine."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.components import model_task, waiting
from app.figures import job_words
from rdpd_core.store import ModelCard, Store
from rdpd_core.store.cost import MultiplyAdds, multiply_adds_of

KEY = "models.timed"


def show(card: ModelCard) -> None:
    """Show what is counted, and offer to measure what has to be measured."""
    count = multiply_adds_of(card)
    size = Store.default().size_bytes(card.dataset, card.name)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Parameters used", f"{card.parameters['used']:,}", width="content")
        st.metric("With the dormant layer", f"{card.parameters['with_dormant']:,}", width="content", help=DORMANT)
        st.metric("On the disk", job_words.size(size), width="content")
        st.metric("Multiply-adds per window", f"{count.total:,}", width="content")
    told = f"Multiply-adds of one window of {card.window_samples} samples by kind of layer"
    st.dataframe(shares(count), hide_index=True, width=480, alt=told)
    st.caption(f"{told}, {count.how}; biases and squashing functions are not counted.")
    _times(card)


DORMANT = "As the paper counts: the published code always builds the second convolution, used or not"


def shares(count: MultiplyAdds) -> pd.DataFrame:
    """Give the multiply-adds by kind of layer with their share."""
    return pd.DataFrame(
        [{"layer": k, "multiply-adds": n, "share (%)": round(100 * n / count.total, 2)} for k, n in count.parts.items()]
    )


def _times(card: ModelCard) -> None:
    """Offer to time the model; nothing is timed before it is asked for."""
    turns: dict[str, int] = st.session_state.setdefault(KEY, {})
    mine = card.weights_sha256
    st.button("Time one window on this machine", icon=":material/timer:", key="models.time", on_click=_again, args=(mine,))
    if mine not in turns:
        st.caption("Takes a few seconds, in a process of its own; a job that trains meanwhile makes it slower.")
        return
    task = model_task.cost_task(card.key, mine, turns[mine])
    found = waiting.result_of(task, lambda: _again(mine), "models.cost")
    if found is not None:
        st.table(times(found), border="horizontal")


def _again(digest: str) -> None:
    turns = st.session_state.setdefault(KEY, {})
    st.session_state[KEY] = {**turns, digest: turns.get(digest, 0) + 1}


def times(found: dict[str, Any]) -> pd.DataFrame:
    """Give a row per device: median time of one window with the range of most runs, and n."""
    rows = []
    for time in found["time of one window"]:
        device = "CPU, one thread" if time["device"] == "cpu" else time["device"]
        middle = f"{time['median_ms']:.2f} ms (5% to 95%: {time['low_ms']:.2f} to {time['high_ms']:.2f} ms)"
        rows.append({"Device": device, "One window, median": middle, "n": f"{time['runs']} runs"})
    if len(rows) == 1:
        rows.append({"Device": "GPU", "One window, median": "none on this machine", "n": ""})
    return pd.DataFrame(rows).set_index("Device")
