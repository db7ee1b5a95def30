"""Asking for everything that a job needs: data, teacher, channels, arms, settings, and where it is to run."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from app import cached
from app.components import channel_choice, free_choice, here, params_form
from app.figures.text import in_markdown
from app.state import Link
from rdpd_core.datasets import DATASETS, Dataset
from rdpd_core.errors import ParameterError, RdpdError
from rdpd_core.experiments import ALL_SPLITS, ARMS, PAPER_ARMS, RECIPES, Experiment
from rdpd_core.experiments.experiment import MODEL, ROLES
from rdpd_core.experiments.networks import networks_of
from rdpd_core.jobs import ENGINES
from rdpd_core.models import MODELS
from rdpd_core.store import ModelCard

TRAINED, LONGEST_TITLE, LONGEST_NETWORKS = "trained", 120, 200
MAIN = ("noise", "noise_kind", "noise_on", "recipe", "temperature", "seeds")
LABELS = ("unlabeled", "unlabeled_by", "wrong_labels", "teacher_labels", "rich_share", "rich_by")
MORE = (
    "first_seed", "epochs", "patience", "width", "attention_form", "combined_bias", "last_batch", "shuffle", "balance",
    "dropout_place", "teacher_targets", "taught_by", "share", "share_by",
    "augment", "augment_strength", "teacher_sees", "offsets", "mixing", "imitation",
    "schedule", "averaging", "learning_rate", "precision",
)  # fmt: skip
GPU_SHARES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)


class Asked(NamedTuple):
    """What a form asks for.

    Attributes:
        experiment: What to train.
        place: Further words for `spec_of`: engine, device, gpus, watch.
        title_key: Of the widget that asks for the job's title.
    """

    experiment: Experiment
    place: dict[str, Any]
    title_key: str


def ask(link: Link) -> Asked | None:
    """Ask for a job; None while there is something that cannot be asked for, which is then said.

    Args:
        link: Of the page; every choice is kept in its address.

    Raises:
        RdpdError: The choices make no experiment.
    """
    told: dict[str, Any] = {}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        dataset = ask_dataset(link, told)
        split = ask_split(link, dataset, told)
        teacher = ask_teacher(link, dataset, split, told)
    if not here.is_here(dataset):
        link.close(told)
        st.info(f"The recordings of {in_markdown(dataset.title)} are not here.", icon=":material/download:")
        here.how_to_get(dataset)
        return None
    left, right = st.columns([1.35, 1], gap="large")
    chosen = channel_choice.choose(link, dataset, places=(left, right))
    told |= chosen.told
    with left:
        arms = _ask_arms(link, told)
        values = params_form.form(Experiment, MAIN, "distill", link)
        values |= params_form.form(Experiment, LABELS, "distill.labels", link)
    with st.expander("More settings", icon=":material/tune:"):
        values |= params_form.form(Experiment, MORE, "distill.more", link, _zeros(values["recipe"]))
        told["architecture"] = _ask_networks(link)
    told |= values
    title = free_choice.offer(link, "title", _title, "")
    told["title"] = st.session_state[title.key]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        place = ask_place(link, told) | _ask_watch(link, dataset, split, told)
    link.close(told)
    if title.refused is not None:
        st.warning(
            f"The link asks for a title that cannot be had: {in_markdown(title.refused[1], 300)}.", icon=":material/link_off:"
        )
    if not arms:
        st.warning("Choose at least one arm.", icon=":material/checklist:")
        return None
    try:
        networks = networks_of(told["architecture"].split())
    except RdpdError as error:  # said where it is seen while the further settings are folded away
        st.error(f"Networks: {in_markdown(str(error), 400)}", icon=":material/error:")
        return None
    asked = {"dataset": dataset.name, "split": split, "teacher": teacher, "view": chosen.view, "arms": arms}
    return Asked(Experiment(**asked, **values, architecture=networks), place, title.key)


def _ask_networks(link: Link) -> str:
    """Ask for settings of the networks; give the words."""
    offered = free_choice.offer(link, "architecture", lambda text: text[:LONGEST_NETWORKS], "")
    kind = MODELS.get(MODEL).Params
    known = ", ".join(kind.from_dict({}).to_dict())
    help = (
        f"Settings by role ({', '.join(ROLES)}), or of all of them. Known: {known}. Empty leaves them to recipe and data set."
    )
    return st.text_input(
        "Networks",
        key=offered.key,
        placeholder="student.filters=32 dropout=0.2",
        help=help,
        max_chars=LONGEST_NETWORKS,
        width=560,
    )


def ask_dataset(link: Link, told: dict[str, Any]) -> type[Dataset]:
    """Ask for a data set; those that are not here are marked. Choices go into `told`, for `Link.close`."""
    names = sorted((kind.name for kind in DATASETS if kind.trains), key=lambda name: (not DATASETS.get(name).simulated, name))
    titles = {name: f"{DATASETS.get(name).title}{'' if here.is_here(DATASETS.get(name)) else ' (not here)'}" for name in names}
    told["data"] = st.selectbox("Data set", names, format_func=titles.get, key=link.offer("data", names, names[0]), width=330)
    return DATASETS.get(told["data"])


def ask_split(link: Link, dataset: type[Dataset], told: dict[str, Any]) -> str:
    """Ask who is kept for validation and test."""
    splits = [*dataset.splits, *([ALL_SPLITS] if len(dataset.splits) > 1 else [])]
    key = link.offer("split", splits, splits[0])
    told["split"] = splits[0]
    if len(splits) > 1:
        words = {ALL_SPLITS: f"all {len(dataset.splits)}, as a study"}
        help = "Which subjects are kept for validation and test. No subject is ever in two parts."
        how = {"format_func": lambda s: words.get(s, s.replace("_", " ")), "width": 170, "help": help}
        told["split"] = st.selectbox("Split of subjects", splits, key=key, **how)
    return told["split"]


def ask_teacher(link: Link, dataset: type[Dataset], split: str, told: dict[str, Any]) -> str:
    """Ask for a stored teacher; empty trains one for each seed."""
    cards = {c.name: c for c in cached.cards(dataset.name) if c.role == "teacher" and c.split == split}
    options = [TRAINED, *cards]
    words = {TRAINED: "train one for each seed", **{name: _teacher_words(card) for name, card in cards.items()}}
    help = "A stored teacher saves its training; then all students listen to the same one."
    key = link.offer("teacher", options, TRAINED)
    told["teacher"] = st.selectbox("Teacher", options, format_func=words.get, key=key, width=360, help=help)
    return "" if told["teacher"] == TRAINED else told["teacher"]


def _teacher_words(card: ModelCard) -> str:
    score = card.scores.get("valid", {}).get("values", {}).get("pr_auc")
    worth = "" if score is None else f", validation PR-AUC {score:.2f}"
    return f"{card.name} (recipe {card.recipe}{worth})"


def _ask_arms(link: Link, told: dict[str, Any]) -> tuple[str, ...]:
    st.markdown(
        "Arms: what is compared", help="The paper's six rows; oracle-size tells what a larger student alone would gain."
    )
    chosen = []
    with st.container(horizontal=True, gap="medium"):
        for name, arm in ARMS.items():
            key = link.offer(f"arm_{name}", (True, False), name in PAPER_ARMS)
            told[f"arm_{name}"] = st.checkbox(arm.title, key=key, help=f"{arm.meaning[0].upper()}{arm.meaning[1:]}.")
            chosen += [name] if told[f"arm_{name}"] else []
    return tuple(chosen)


def ask_place(link: Link, told: dict[str, Any]) -> dict[str, Any]:
    """Ask where a job is to run; give the words for its spec."""
    names = sorted(ENGINES.names(), key=lambda name: name != "local")
    titles = {name: ENGINES.get(name).title for name in names}
    help = " ".join(f"{titles[n][0].upper()}{titles[n][1:]}: {ENGINES.get(n).needs}" for n in names if ENGINES.get(n).needs)
    key = link.offer("engine", names, names[0])
    told["engine"] = st.selectbox("Runs on", names, format_func=titles.get, key=key, width=230, help=help or None)
    devices = _devices() if told["engine"] == "local" else ["auto", "cpu", "cuda"]
    key = link.offer("device", devices, "auto")
    words = {"auto": "the fastest there is", "cpu": "CPU"}
    told["device"] = st.selectbox("Device", devices, format_func=lambda d: words.get(d, d), key=key, width=190)
    place = {"engine": told["engine"], "device": told["device"]}
    if told["engine"] != "local":
        key = link.offer("gpus", GPU_SHARES, 0.0)
        help = "How much of a GPU the cluster sets aside; several jobs can share one."
        told["gpus"] = place["gpus"] = st.selectbox(
            "GPUs", GPU_SHARES, format_func="{:g}".format, key=key, width=110, help=help
        )
    return place


def _devices() -> list[str]:
    import torch

    gpus = [f"cuda:{at}" for at in range(torch.cuda.device_count())]
    return ["auto", "cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])]


def _ask_watch(link: Link, dataset: type[Dataset], split: str, told: dict[str, Any]) -> dict[str, Any]:
    """Ask whose attention is followed, once the recordings were read; before, it is the first validation subject."""
    task = cached.data_task(dataset.name, cached.data_root())
    if not task.wait(0) or split == ALL_SPLITS:
        return {"watch": ""}
    loaded = task.result()
    if loaded.split != split:
        return {"watch": ""}
    subjects = sorted(set(loaded.splits.valid.subject[loaded.splits.valid.target >= 0].tolist()))
    key = link.offer("watch", ["", *subjects], "")
    help = "While models learn, their attention to this validation subject's first window is drawn beside the teacher's."
    told["watch"] = st.selectbox(
        "Follow the attention to",
        ["", *subjects],
        format_func=lambda s: s or "the first subject",
        key=key,
        width=230,
        help=help,
    )
    return {"watch": told["watch"]}


def _title(text: str) -> str:
    """Give the title of a job as a link asks for it.

    Raises:
        ParameterError: It is too long.
    """
    if len(text) > LONGEST_TITLE:
        raise ParameterError(f"it has {len(text)} signs; give at most {LONGEST_TITLE}")
    return text


def _zeros(recipe: str) -> dict[str, str]:
    training = RECIPES[recipe].training
    return {name: f"{training[name]} in this recipe" for name in ("epochs", "patience") if name in training}
