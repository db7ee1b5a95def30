"""Choosing the poor channels that students read: a named view, or channels of one's own, beside a picture of where they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import free_choice
from app.components.fresh_key import fresh_key, is_fresh
from app.figures.placement import describe_placement, members_of, placement_figure
from app.figures.text import in_markdown, listed
from app.state import Link

if TYPE_CHECKING:
    from rdpd_core.datasets import Dataset
    from rdpd_core.types import Channel

OWN = "own"
PILLS, OPEN, NAMED = 12, 16, 15
"""More channels of a group than this are a list to search; up to so many channels are shown at once; so many are named."""
LAST = "At least one channel must stay chosen, since students have to read something: choose another one first."


class Chosen(NamedTuple):
    """The channels that students read.

    Attributes:
        view: For `Experiment.view`: the name of a view, or names of channels separated by commas.
        channels: Their names, in the order of the data set.
        told: For `Link.close`: what belongs into the address.
    """

    view: str
    channels: tuple[str, ...]
    told: dict[str, str]


class Choice(NamedTuple):
    """What is chosen at the moment; it lies in the session, and every widget only shows it.

    Attributes:
        dataset: What is chosen from.
        mode_key: Of the name of a view, or `OWN`.
        own_key: Of one's own channels, separated by commas; empty as long as there are none.
    """

    dataset: type[Dataset] | Dataset
    mode_key: str
    own_key: str

    @property
    def mode(self) -> str:
        """Give the name of a view, or `OWN`."""
        return st.session_state[self.mode_key]

    def names(self) -> tuple[str, ...]:
        """Give the chosen channels; a link that asks for one's own without naming any gets the first view's."""
        own = st.session_state[self.own_key] or next(iter(self.dataset.views))
        return self.dataset.view(own if self.mode == OWN else self.mode)

    def groups(self) -> dict[str, list[str]]:
        """Give the channels of each group."""
        found: dict[str, list[str]] = {}
        for channel in self.dataset.channels:
            found.setdefault(channel.group, []).append(channel.name)
        return found

    def keep(self, names: Collection[str]) -> bool:
        """Keep one's own channels unless there would be none; say whether they were kept."""
        if names:
            st.session_state[self.own_key] = ",".join(c.name for c in self.dataset.channels if c.name in names)
        else:
            st.session_state[f"{self.own_key}.last"] = True
        return bool(names)


def choose(
    link: Link,
    dataset: type[Dataset] | Dataset,
    name: str = "view",
    places: tuple[DeltaGenerator, DeltaGenerator] | None = None,
) -> Chosen:
    """Ask which channels the students read.

    Args:
        link: Of the page.
        dataset: Its views and channels are offered.
        name: Of the choice in the address; one's own channels stand there as "<data set>_channels".
        places: Where to ask and where to draw; None makes two columns.
    """
    views = list(dataset.views)
    mode_key = link.offer(name, [*views, OWN], views[0])
    own = free_choice.offer(link, f"{dataset.name}_channels", partial(_read, dataset), "")
    choice = Choice(dataset, mode_key, own.key)
    left, right = places or st.columns([1.25, 1], gap="large")
    with left:
        _ask_view(choice)
        names = choice.names()
        if choice.mode == OWN:
            _ask_own(choice, names)
        if own.refused is not None:
            st.warning(_refusal(*own.refused), icon=":material/link_off:")
        if st.session_state.pop(f"{own.key}.last", False):
            st.warning(LAST, icon=":material/info:")
        st.markdown(in_markdown(summary(dataset.channels, names), 900))
    with right:
        _draw(choice, names)
    told = {name: choice.mode} | ({f"{dataset.name}_channels": ",".join(names)} if choice.mode == OWN else {})
    return Chosen(view_of(dataset, names, choice.mode), names, told)


def view_of(dataset: type[Dataset] | Dataset, names: Sequence[str], mode: str = OWN) -> str:
    """Give channels as `Experiment.view` wants them; the name of a view that has just these channels, if there is one."""
    same = [view for view in dataset.views if dataset.view(view) == tuple(names)]
    return mode if mode in same else same[0] if same else ",".join(names)


def toggled(channels: Sequence[Channel], chosen: Collection[str], members: Collection[str]) -> tuple[str, ...]:
    """Give the choice after a click on what stands for `members`: away if all of them are chosen, else all chosen.

    Args:
        channels: All channels there are, which give the order.
        chosen: Names of the chosen ones.
        members: Names of those clicked at.
    """
    rest = set(chosen) - set(members)
    after = rest if set(members) <= set(chosen) else rest | set(members)
    return tuple(c.name for c in channels if c.name in after)


def summary(channels: Sequence[Channel], chosen: Sequence[str]) -> str:
    """Say what students and teacher read."""
    named = listed(list(chosen)) if len(chosen) <= NAMED else f"{', '.join(chosen[:NAMED])} and {len(chosen) - NAMED} more"
    return f"Students read {len(chosen)} of {len(channels)} channels: {named}. The teacher reads all {len(channels)}."


def _ask_view(choice: Choice) -> None:
    views = list(choice.dataset.views)
    titles = {**{view: _plain(view) for view in views}, OWN: ":material/tune: my own"}
    told = "Named sets of channels, or your own: group by group, one by one, or by a click into the picture."
    key = fresh_key(f"{choice.mode_key}.shown", choice.mode)
    how = {"required": True, "wrap": True, "key": key, "on_change": _take_view, "args": (choice, key), "help": told}
    st.pills("Students read", [*views, OWN], format_func=titles.get, **how)


def _take_view(choice: Choice, key: str) -> None:
    """Take up a click on a view; one's own choice starts with the view seen before, unless it was made already."""
    if not is_fresh(key):
        return
    if st.session_state[key] == OWN and not st.session_state[choice.own_key]:
        st.session_state[choice.own_key] = ",".join(choice.names())
    st.session_state[choice.mode_key] = st.session_state[key]


def _ask_own(choice: Choice, names: Sequence[str]) -> None:
    """Ask for whole groups and single channels."""
    groups = choice.groups()
    if len(groups) > 1:
        key = fresh_key(f"{choice.own_key}.groups", [group for group, members in groups.items() if set(members) <= set(names)])
        how = {"wrap": True, "format_func": _plain, "key": key, "on_change": _take_groups, "args": (choice, key)}
        st.pills("Whole groups", list(groups), selection_mode="multi", **how)
    with st.expander("One by one", expanded=len(choice.dataset.channels) <= OPEN, icon=":material/checklist:"):
        for group, members in groups.items():
            taken = [name for name in members if name in names]
            key, title = fresh_key(f"{choice.own_key}.in.{group}", taken), f"{_plain(group)}: {len(taken)} of {len(members)}"
            how = {"key": key, "on_change": _take_channels, "args": (choice, members, key)}
            if len(members) <= PILLS:
                st.pills(title, members, selection_mode="multi", wrap=True, format_func=in_markdown, **how)
            else:
                st.multiselect(title, members, placeholder="None", **how)


def _take_groups(choice: Choice, key: str) -> None:
    """Take up a click on a group."""
    if not is_fresh(key):
        return
    names, groups = choice.names(), choice.groups()
    before = {group for group, members in groups.items() if set(members) <= set(names)}
    for group in before ^ set(st.session_state[key]):
        names = toggled(choice.dataset.channels, names, groups[group])
    choice.keep(names)


def _take_channels(choice: Choice, members: Sequence[str], key: str) -> None:
    """Take up a change inside a group."""
    if is_fresh(key):
        choice.keep((set(choice.names()) - set(members)) | set(st.session_state[key]))


def _draw(choice: Choice, names: Sequence[str]) -> None:
    """Draw where the channels are; each click gets a picture of its own, so that no selection outlives it."""
    key = f"{choice.own_key}.picture.{st.session_state.setdefault(f'{choice.own_key}.turn', 0)}"
    st.plotly_chart(
        placement_figure(choice.dataset.channels, names),
        key=key,
        on_select=partial(_take_click, choice, key),
        selection_mode="points",
        config={"displayModeBar": False, "doubleClick": False, "doubleClickDelay": 1},
        alt=describe_placement(choice.dataset.channels, names),
    )


def _take_click(choice: Choice, key: str) -> None:
    """Take up a click into the picture: one's own choice begins with it.

    A quick second click may come from a picture that is being replaced, and a browser may tell of a click once more: what was
    heard is not heard again.
    """
    picked = [list(point["customdata"]) for point in st.session_state[key]["selection"]["points"]]
    turn, (latest, heard) = int(key.rpartition(".")[2]), st.session_state.get(f"{choice.own_key}.heard", (-1, []))
    if turn < latest:
        return
    st.session_state[f"{choice.own_key}.heard"] = (turn, picked)
    new = [mark for mark in picked if turn > latest or mark not in heard]
    names = choice.names()
    for mark in new:
        names = toggled(choice.dataset.channels, names, members_of(choice.dataset.channels, mark))
    if new:
        st.session_state[f"{choice.own_key}.turn"] += 1
        if choice.keep(names):
            st.session_state[choice.mode_key] = OWN


def _read(dataset: type[Dataset] | Dataset, text: str) -> str:
    return ",".join(dataset.view(text)) if text else ""


def _refusal(asked: str, why: str) -> str:
    return f"The link asks for channels “{in_markdown(asked)}”: {in_markdown(why, 300)}."


def _plain(name: str) -> str:
    return in_markdown(name.replace("_", " "))
