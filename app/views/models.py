"""Models: every trained model that is here, one of them in full, two of them beside each other, and ways in and out."""

from __future__ import annotations

import streamlit as st

from app import cached
from app.components import frame
from app.state import Link

PAGE = "models"
CARD, LINEAGE, COST, FITS, PAIR, OUT = "card", "lineage", "cost", "fits", "pair", "out"
PARTS = {
    CARD: ":material/badge: Card",
    LINEAGE: ":material/account_tree: Lineage",
    COST: ":material/speed: Cost",
    FITS: ":material/rule: Fits which data",
    PAIR: ":material/compare: Beside another",
    OUT: ":material/output: Hand out",
}

frame.heading("Models", "Every teacher and student that is here, with what it reads, how it was trained, and what it is worth.")

from app.components import (  # noqa: E402
    here,
    model_card,
    model_cost,
    model_exchange,
    model_fit,
    model_lineage,
    model_pair,
    model_table,
)
from app.figures.text import in_markdown  # noqa: E402

frame.tell_once(model_card.TOLD)
listing = cached.listing(cached.store_stamp())
for problem in listing.problems:
    st.warning(f"{in_markdown(problem.dataset)}/{in_markdown(problem.name)} was left out: {in_markdown(problem.reason, 600)}")
if not listing.cards:
    here.models_missing("any data set", "python -m rdpd_core pretrain")
    model_exchange.take_in()
    st.stop()
link = Link(PAGE)
cards, chosen = model_table.narrowed(link, listing.cards)
with st.container(horizontal=True):
    model_exchange.take_in()
if not cards:
    st.info("No model is all of this. Set one of the choices above back to “all”.", icon=":material/filter_alt_off:")
    link.close(chosen)
    st.stop()
model_table.show(cards)
keys = [card.key for card in cards]
key = link.offer("model", keys, keys[0], pinned=True)
model_exchange.point_at_arrived(key, keys)
chosen["model"] = st.selectbox(f"One model of {len(keys)}", keys, key=key, width=480)
how = {"required": True, "label_visibility": "collapsed", "key": link.offer("part", list(PARTS), CARD)}
chosen["part"] = st.segmented_control("What to show of it", list(PARTS), format_func=PARTS.get, **how)
card = next(card for card in cards if card.key == chosen["model"])
other = None
if chosen["part"] == PAIR:
    chosen["other"] = model_pair.choose(link, card, listing.cards)
    other = next((c for c in listing.cards if c.key == chosen["other"]), None)
link.close(chosen)
model_card.heading(card)
if chosen["part"] == PAIR and other is not None:
    model_pair.show(card, other)
elif chosen["part"] != PAIR:
    shown = {CARD: model_card, LINEAGE: model_lineage, COST: model_cost, FITS: model_fit}
    (model_exchange.hand_out if chosen["part"] == OUT else shown[chosen["part"]].show)(card)
commands = {
    COST: (f"python -m rdpd_core models --cost {card.key}", "Counts and times this model again"),
    OUT: (f"python -m rdpd_core models --onnx {card.key} {card.name}.onnx", "Writes and compares the same file"),
}
again = (f"python -m rdpd_core evaluate {card.key} --dataset {card.dataset}", "Scores this model again")
frame.command(*commands.get(chosen["part"], again))
