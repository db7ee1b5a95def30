"""Settings as a form, built from their declaration: numbers with units and limits, a few words to choose from, switches."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.components import free_choice
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.errors import UnknownNameError
from rdpd_core.params import Params

LABELS = {
    "attention_form": "form of the attention term",
    "averaging": "running mean of weights",
    "augment": "change of training windows",
    "augment_strength": "size of that change",
    "balance": "epochs balanced by",
    "combined_bias": "bias of the combined label",
    "dropout_place": "place of dropout",
    "epochs": "most epochs",
    "first_seed": "first seed",
    "imitation": "imitation over time",
    "last_batch": "divisor of the last batch",
    "learning_rate": "step size",
    "mixing": "share of mixed-in windows",
    "noise": "noise amplitude",
    "noise_kind": "kind of noise",
    "noise_on": "noise on channels",
    "offsets": "windows at any offset",
    "precision": "arithmetic",
    "rich_by": "rich share taken of",
    "rich_share": "share recorded richly",
    "schedule": "step size over time",
    "seeds": "number of seeds",
    "share": "share of training windows",
    "share_by": "share taken of",
    "shuffle": "order of windows drawn",
    "taught_by": "teachers that are heard",
    "teacher_labels": "labels of the teacher",
    "teacher_sees": "what teachers see",
    "teacher_targets": "teacher's outputs",
    "unlabeled": "share without label",
    "unlabeled_by": "labels taken from",
    "width": "width of students",
    "wrong_labels": "share of wrong labels",
}
"""What people read; a setting that is not named here is called as in the code."""
WORDS = {
    "student_teacher": "KL(student || teacher)",
    "teacher_student": "KL(teacher || student)",
    "js": "Jensen-Shannon",
}
ZERO = re.compile(r"\b0 leaves it to ([a-z ]+)")
WIDTH, BESIDE = 230, 30
"""Least width of a field in pixels; how many letters of options stand beside each other rather than in a list."""


def form(
    params_class: type[Params],
    names: Sequence[str],
    key: str,
    link: Link | None = None,
    zeros: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Ask for settings; what is out of range cannot be entered, and is said if a link asks for it.

    Args:
        params_class: Declares the settings.
        names: Of those to ask for, in order; text and lists without declared options are left out.
        key: Identifies the form on its page.
        link: Keeps the settings in the address under their own names; hand what is given back to its `close`.
        zeros: Name to what 0 means, for numbers whose help says that 0 leaves them to something; such as "60 in this recipe".

    Returns:
        Name to plain value, ready for the declaring class.

    Raises:
        UnknownNameError: A name is not a setting of the class.
    """
    fields = {field.name: field for field in dataclasses.fields(params_class)}
    for name in names:
        if name not in fields:
            raise UnknownNameError(f"setting of {params_class.__qualname__}", name, fields)
    asked = [fields[name] for name in names if "kind" in fields[name].metadata]
    place, refusals, values = st.container(key=f"{key}.form"), [], {}
    with place, st.grid("auto", min_column_width=WIDTH, gap="medium") as grid:
        for field in asked:
            with grid.cell():
                where, refused = _where(params_class, field, key, link)
                values[field.name] = _ask(field, where, (zeros or {}).get(field.name))
            refusals += [] if refused is None else [refusal(field, refused)]
    for told in refusals:
        place.warning(told, icon=":material/link_off:")
    return values


def label(field: dataclasses.Field) -> str:
    """Give what a setting is called, with its unit."""
    name, unit = _called(field), field.metadata.get("unit")
    return f"{name[0].upper()}{name[1:]}{f' ({unit})' if unit else ''}"


def _called(field: dataclasses.Field) -> str:
    return LABELS.get(field.name, field.name.replace("_", " "))


def limits(field: dataclasses.Field) -> str:
    """Say which values a number may have."""
    low, high, unit = (field.metadata[name] for name in ("low", "high", "unit"))
    kind, how = ("a whole number", "d") if field.metadata["kind"] is int else ("a number", "g")
    return f"{kind} from {low:{how}} to {high:{how}}{f' {unit}' if unit else ''}"


def zero_means(field: dataclasses.Field) -> str | None:
    """Give what 0 leaves a number to, as its help says ("the recipe"); None if 0 is a number like any other."""
    found = ZERO.search(field.metadata["help"]) if "low" in field.metadata else None
    return found.group(1).strip() if found else None


def refusal(field: dataclasses.Field, asked: str) -> str:
    """Say that a link asks for a number that cannot be had, as Markdown."""
    told = f"The link asks for {in_markdown(_called(field))} “{in_markdown(asked)}”, which is not {limits(field)}"
    return f"{told}. The usual {field.default:g} stands instead."


def _where(params_class: type[Params], field: dataclasses.Field, key: str, link: Link | None) -> tuple[str, str | None]:
    """Settle the value of a field; give the key of its widget, and what the address asks for in vain."""
    if link is None:
        where = f"{key}.{field.name}"
        st.session_state.setdefault(where, field.default)
        return where, None
    if "low" in field.metadata:
        offered = free_choice.offer(link, field.name, partial(_read, params_class, field.name), field.default)
        return offered.key, offered.refused[0] if offered.refused else None
    options = field.metadata.get("options", (False, True))
    return link.offer(field.name, options, field.default), None


def _read(params_class: type[Params], name: str, text: str) -> Any:
    return getattr(params_class.from_dict({name: text}), name)


def _ask(field: dataclasses.Field, key: str, zero: str | None) -> Any:
    """Make the widget of a field and give its value."""
    meta, name = field.metadata, in_markdown(label(field))
    told = f"{_sentence(meta['help'])}"
    if meta["kind"] is bool:
        return st.toggle(name, key=key, help=told)
    if "options" in meta:
        how = {"format_func": _word, "key": key, "help": told}
        if sum(len(_word(option)) for option in meta["options"]) <= BESIDE:
            return st.segmented_control(name, meta["options"], required=True, **how)
        return st.selectbox(name, meta["options"], **how)
    return _ask_number(field, key, f"{told} {_sentence(limits(field))}", zero)


def _ask_number(field: dataclasses.Field, key: str, told: str, zero: str | None) -> float:
    meta, kind = field.metadata, field.metadata["kind"]
    leaves = zero_means(field)
    step = kind(meta["step"] or (1 if kind is int else 0.05 if meta["high"] <= 1 else 0.1))
    limit = {"min_value": kind(meta["low"]), "max_value": kind(meta["high"]), "step": step}
    form_of = {} if kind is int else {"format": "%g"}
    value = st.number_input(in_markdown(label(field)), **limit, **form_of, key=key, help=told)
    if leaves:
        st.caption(
            f"0: left to {leaves}{f', {in_markdown(zero)}' if zero else ''}" if value == 0 else f"0 would leave it to {leaves}"
        )
    return value


def _word(option: str) -> str:
    return WORDS.get(option, option.replace("_", " "))


def _sentence(text: str) -> str:
    """Give help as a sentence, as Markdown."""
    text = text.strip().rstrip(".")
    return f"{in_markdown(text[0].upper() + text[1:], 300)}."
