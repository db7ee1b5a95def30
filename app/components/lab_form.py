"""Asking for a channel lab: data, teacher, the channels or groups to choose from, how many at once, and how often."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from app import cached
from app.components import free_choice, here, job_follow, job_form, job_outlook, params_form
from app.components.frame import command
from app.components.job_follow import TROUBLE
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.datasets import Dataset
from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments import Experiment
from rdpd_core.experiments.concerns import STOP, concerns
from rdpd_core.experiments.forecast import room_of, setup_of
from rdpd_core.experiments.lab import MOST_SUBSETS, Lab
from rdpd_core.experiments.networks import words_of_setting
from rdpd_core.files import work_root
from rdpd_core.jobs.asking import spec_of_lab
from rdpd_core.jobs.engines.local import Local

FIELDS = ("recipe", "seeds", "noise", "noise_kind", "unlabeled", "wrong_labels", "share", "epochs")
QUICK = "quick"
"""The recipe that is made for many sets."""
START = 3
"""So many channels are chosen at first, if the data set has no smaller group."""


class Asked(NamedTuple):
    """What the form asks for.

    Attributes:
        lab: What to train.
        place: Further words for the job: engine, device.
    """

    lab: Lab
    place: dict[str, Any]


def ask(link: Link, told: dict[str, Any]) -> Asked | None:
    """Ask for a lab; None while there is something that cannot be asked for, which is then said.

    Args:
        link: Of the page.
        told: Takes the choices, for `Link.close`.

    Raises:
        RdpdError: The choices make no lab.
    """
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        dataset = job_form.ask_dataset(link, told)
        split = job_form.ask_split(link, dataset, told)
        teacher = job_form.ask_teacher(link, dataset, split, told)
    if not here.is_here(dataset):
        st.info(f"The recordings of {in_markdown(dataset.title)} are not here.", icon=":material/download:")
        here.how_to_get(dataset)
        return None
    by, names = _ask_units(link, dataset, told)
    sizes = _ask_sizes(link, len(names), told)
    with st.expander("Labels, noise and training", icon=":material/tune:"):
        values = params_form.form(Experiment, FIELDS, "lab.form", link)
    told |= values
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        place = job_form.ask_place(link, told)
    if len(names) < 2:
        st.warning("Choose at least two.", icon=":material/checklist:")
        return None
    base = Experiment(dataset=dataset.name, split=split, teacher=teacher, **values)
    return Asked(Lab(base, by, names, **sizes), place)


def _ask_units(link: Link, dataset: type[Dataset], told: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    groups = list(dict.fromkeys(channel.group for channel in dataset.channels))
    kinds = ["channels", *(["groups"] if len(groups) > 1 else [])]
    first = "groups" if len(dataset.channels) > 2 * len(groups) and len(groups) > START else "channels"
    key = link.offer("by", kinds, first if first in kinds else kinds[0])
    words = {"channels": "single channels", "groups": "groups of channels"}
    told["by"] = st.segmented_control("Carried or left at home as one", kinds, format_func=words.get, required=True, key=key)
    known = [c.name for c in dataset.channels] if told["by"] == "channels" else groups
    usual = tuple(known) if told["by"] == "groups" else _usual(dataset)

    def read(text: str) -> list[str]:
        names = [part for part in text.split(",") if part]
        for name in names:
            if name not in known:
                raise UnknownNameError(told["by"][:-1], name, known)
        return names

    offered = free_choice.offer(link, f"names_{dataset.name}_{told['by']}", read, list(usual))
    label = "Choose from these" if told["by"] == "channels" else "Choose from these groups"
    chosen = st.multiselect(label, known, format_func=lambda n: n.replace("_", " "), key=offered.key)
    told[f"names_{dataset.name}_{told['by']}"] = free_choice.Listed(chosen)
    if offered.refused is not None:
        st.warning(f"The link asks for {in_markdown(offered.refused[1], 300)}", icon=":material/link_off:")
    return told["by"], tuple(name for name in known if name in chosen)


def _usual(dataset: type[Dataset]) -> tuple[str, ...]:
    """Give the channels of the first group of a few, or the first few."""
    members: dict[str, list[str]] = {}
    for channel in dataset.channels:
        members.setdefault(channel.group, []).append(channel.name)
    few = next((names for names in members.values() if 2 <= len(names) <= 2 * START), None)
    return tuple(few or [c.name for c in dataset.channels][:START])


def _ask_sizes(link: Link, units: int, told: dict[str, Any]) -> dict[str, Any]:
    """Ask for the largest subset, and for every one or a beam."""
    most = max(units, 1)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        key = link.offer("largest", range(65), 0)
        options = [0, *range(1, most)]
        if st.session_state[key] not in options:
            st.session_state[key] = 0
        words = {0: f"up to all {most}", **{n: f"up to {n}" for n in options[1:]}}
        told["largest"] = st.selectbox("Together at once", options, format_func=words.get, key=key, width=180)
        key = link.offer("search", ["every", "beam"], "every")
        titles = {"every": "every subset", "beam": "beam search"}
        help = (
            f"Every subset, as long as there are no more than {MOST_SUBSETS:,}; or a beam, which grows only the best of each "
            "size, by RDPD's validation score, one at a time."
        )
        how = {"format_func": titles.get, "required": True, "help": help}
        told["search"] = st.segmented_control("Train", list(titles), key=key, **how)
        found = {"largest": told["largest"], "search": told["search"]}
        if told["search"] == "beam":
            widths = [1, 2, 4, 8, 16]
            told["beam"] = found["beam"] = st.selectbox(
                "Width of the beam", widths, key=link.offer("beam", widths, 4), width=160
            )
    return found


def outlook(page: str, asked: Asked) -> None:
    """Show what to expect of a lab, and start it when that is wanted."""
    lab = asked.lab
    splits = len(lab.base.splits)
    many = f", in each of {splits} splits" if splits > 1 else ""
    st.markdown(
        f"**{lab.subsets:,} subsets** × Direct and RDPD × {lab.base.seeds} seeds = **{lab.students:,} students**{many}."
    )
    if lab.base.recipe != QUICK:
        st.caption(f"For a first look at many sets: recipe *{QUICK}*, under *Labels, noise and training*, trains few epochs.")
    facts = job_outlook.facts_of(lab.base)
    place, likes = job_outlook.here_of(asked.place), lab.as_experiments()
    setup = setup_of(place["device"], Local().threads(place["device"]))
    found = job_outlook.forecast_of(likes, facts, setup) if facts else None
    if found is None:
        job_outlook.show_reading(lab.base)
    else:
        job_outlook.show_forecast(likes, lambda: spec_of_lab(lab, **place), found, facts, asked.place["engine"])
    own = found if asked.place["engine"] == "local" else None
    said = concerns(lab.base, facts, own, room_of(work_root() / "jobs", setup.device), data_root=cached.data_root())
    stops = [concern for concern in said if concern.level == STOP]
    job_outlook.show_concerns(said)
    line = command_of(asked)
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=bool(stops), key=f"{page}.start"):
        job_outlook.forget_refusal(page)
        _start(page, asked, line)
    job_outlook.show_refusal(page, line)
    command(line, "Runs the same lab and prints what it finds")


def _start(page: str, asked: Asked, line: str) -> None:
    desk = job_follow.desk()
    if desk is None:
        return
    try:
        job, new = desk.submit(spec_of_lab(asked.lab, **asked.place))
    except TROUBLE as error:
        job_outlook.note_refusal(page, line, error)
        return
    if not new:
        st.toast("This lab is under way already.", icon=":material/content_copy:")
    st.session_state[f"{page}.job"] = job.id
    st.rerun()


def command_of(asked: Asked) -> str:
    """Give the command line that runs the same lab."""
    lab, words = asked.lab, []
    departures = {n: v for n, v in lab.base.departures().items() if n not in ("dataset", "view", "arms")}
    words += [f"--{name.replace('_', '-')} {' '.join(words_of_setting(name, value))}" for name, value in departures.items()]
    words += [f"--by {lab.by}"] if lab.by != "channels" else []
    words += [f'--names "{",".join(lab.names)}"'] if lab.names else []
    words += [f"--largest {lab.largest}"] if lab.largest < len(lab.units) else []
    words += [f"--search beam --beam {lab.beam}"] if lab.search == "beam" else []
    defaults = {"engine": "local", "device": "auto"}
    words += [f"--{name} {asked.place[name]}" for name in defaults if asked.place[name] != defaults[name]]
    return " ".join(["python -m rdpd_core study channels", lab.base.dataset, *words])
