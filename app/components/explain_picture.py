"""The pictures of attributions: heat under the signal, sums by channel and along time, teacher and student, other methods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from app.components import explain_belief, waiting
from app.components.charts import chart
from app.components.explain_tasks import Asked, Shown, methods_task, shown_task, teacher_task
from app.components.frame import section
from app.figures import attribution as heat
from app.figures import attribution_beside as beside
from app.figures import attribution_sums as sums
from app.figures import attribution_words as words
from app.figures.about import About, of_cards, of_case
from app.figures.text import in_filename, in_markdown
from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES
from rdpd_core.evaluation.believed import Belief
from rdpd_core.experiments.cases import Case, CaseBook
from rdpd_core.experiments.explain import How

CHANNEL, GROUP = "channel", "group"
LONG = 900


@dataclass(frozen=True)
class Seen:
    """One window that is explained.

    Attributes:
        page: Prefix of keys.
        book: The answers.
        case: The window.
        place: Of the window among the test windows.
        how: Method and baseline.
    """

    page: str
    book: CaseBook
    case: Case
    place: int
    how: How

    @property
    def copies(self) -> dict[str, object]:
        """What stands above and in every picture of this window."""
        kind = ATTRIBUTORS.get(self.how.method)
        return {"base": BASELINES[self.how.baseline].title if kind.compares else "none", "compares": kind.compares}

    def about(self, shown: Shown, belief: Belief | None) -> About:
        """Give what a picture is about."""
        kind = ATTRIBUTORS.get(self.how.method).title
        told = words.told(str(self.copies["base"]), belief, len(shown.drawn))
        about = of_case(self.book, self.case)._replace(models=of_cards([shown.explained.card]).models)
        return about.plus(method=kind, class_explained=self.classes(shown), **told)

    def classes(self, shown: Shown) -> str:
        """Give the class that is explained."""
        return self.case.classes[int(shown.explained.attribution.target[0])]

    def picture(self, shown: Shown, belief: Belief | None) -> heat.Picture:
        """Give what is drawn: the channels that the model reads."""
        one = shown.explained
        rows = np.flatnonzero(one.read)
        klass = self.classes(shown)
        given = float(one.probability[0, int(one.attribution.target[0])])
        kind = ATTRIBUTORS.get(self.how.method).title
        said = words.notes(**self.copies, belief=belief, copies=len(shown.drawn))
        return heat.Picture(
            one.card.title, one.card.arm, klass, kind, tuple(one.channels[r] for r in rows), self.case.signal[rows],
            shown.heat[rows], self.case.offset_s, self.case.duration_s, one.attribution.signed, shown.drawn[:, rows],
            (f"{one.card.title}: {kind} for {klass} (given {given:.2f})", *said),
            heat.room_for(self.case.channels),
        )  # fmt: skip

    def filename(self, shown: Shown) -> str:
        """Give the name of a file, without ending."""
        case = self.case
        record = (case.dataset, case.subject, case.recording, f"window-{case.position}")
        return in_filename(*record, shown.explained.card.name, self.how.method, self.how.baseline)


def asked_for(seen: Seen, asked: Asked, target: str) -> Shown | None:
    """Give one window as a model explains it; None as long as it is not there or cannot be, which is said."""
    key = (asked, seen.place, target)
    found = waiting.result_of(shown_task(*key), partial(shown_task.clear, *key), f"{seen.page}.shown.{asked.model}")
    if isinstance(found, str):
        st.info(in_markdown(found, LONG), icon=":material/block:")
        return None
    return found


def show_heat(seen: Seen, asked: Asked, shown: Shown) -> heat.Picture:
    """Draw the evidence of every channel and moment under the signal; give what was drawn."""
    belief = explain_belief.known(seen.page, asked)
    picture = seen.picture(shown, belief)
    about, name = seen.about(shown, belief), seen.filename(shown)
    alt = f"{heat.describe_heat(picture)} {words.verdict_line(belief)}"
    tables = {"Evidence": partial(heat.heat_table, picture)}
    with st.container():
        chart(heat.heat_figure(picture), f"{seen.page}.heat.{asked.model}", name, alt, tables, about=about)
        st.caption(in_markdown(words.of_heat(picture, shown.explained.attribution), LONG))
    return picture


def show_sums(seen: Seen, shown: Shown, picture: heat.Picture, belief: Belief | None, by: str) -> None:
    """Draw sums by channel or group, and along time."""
    rows = sums.by_group(picture) if by == GROUP else picture
    about, name, said = seen.about(shown, belief), seen.filename(shown), picture.notes
    tables, alt = {"Sums": partial(sums.sums_table, [rows])}, sums.describe_sums([rows])
    with st.container():
        chart(sums.sums_figure([rows], said), f"{seen.page}.sums", f"{name}_{by}s", alt, tables, about=about)
        st.caption(in_markdown(words.of_sums(rows), LONG))
    section("Along time")
    tables, alt = {"Course": partial(sums.time_table, picture)}, sums.describe_time(picture)
    with st.container():
        chart(sums.time_figure(picture, said), f"{seen.page}.time", f"{name}_time", alt, tables, about=about)


def show_pair(seen: Seen, teacher: Asked, student: Asked, klass: str) -> None:
    """Draw teacher above student, both for one class, their sums beside each other, and say whether they agree."""
    found = [asked_for(seen, asked, klass) for asked in (teacher, student)]
    if any(shown is None for shown in found):
        return
    pictures = [show_heat(seen, asked, shown) for asked, shown in zip((teacher, student), found, strict=True)]
    key = (teacher, student, seen.place, klass)
    alike = waiting.result_of(teacher_task(*key), partial(teacher_task.clear, *key), f"{seen.page}.pair")
    if alike is not None:
        st.markdown(f"**{in_markdown(words.of_pair(alike, *(p.title for p in pictures)), LONG)}**")
    both = [name for name in (c.name for c in pictures[0].channels) if name in {c.name for c in pictures[1].channels}]
    common = [_only(picture, both) for picture in pictures]
    section("On the channels both read")
    belief = explain_belief.known(seen.page, student)
    about = seen.about(found[1], belief)._replace(models=of_cards([s.explained.card for s in found]).models)
    said = (f"{words.ONE}; no interval; both for {klass}", pictures[0].notes[2], words.verdict_line(belief))
    tables = {"Sums": partial(sums.sums_table, common)}
    name = f"{seen.filename(found[1])}_beside_teacher"
    alt = sums.describe_sums(common)
    with st.container():
        chart(sums.sums_figure(common, said), f"{seen.page}.common", name, alt, tables, about=about)
    st.caption(
        "Gray: the middle 95% of copies with random weights. What a model takes from channels it alone reads is left out."
    )


def _only(picture: heat.Picture, names: list[str]) -> heat.Picture:
    rows = [at for at, c in enumerate(picture.channels) if c.name in names]
    drawn = None if picture.drawn is None else picture.drawn[:, rows]
    channels = tuple(picture.channels[at] for at in rows)
    return picture._replace(channels=channels, heat=picture.heat[rows], signal=picture.signal[rows], drawn=drawn)


def show_methods(seen: Seen, asked: Asked, shown: Shown, target: str) -> None:
    """Draw how alike every other method and baseline finds the window, before how alike they find other windows."""
    key = (asked, seen.place, target)
    found = waiting.result_of(methods_task(*key), partial(methods_task.clear, *key), f"{seen.page}.methods")
    if found is None:
        return
    st.markdown(f"**{in_markdown(words.of_methods(found), LONG)}**")
    if not found:
        return
    belief, others = explain_belief.known(seen.page, asked), found[0].n
    null = f"null (gray): least to most of {others} other windows" if others else "null: none, there is no other window"
    title = ATTRIBUTORS.get(seen.how.method).title
    said = (
        f"{shown.explained.card.title}: others beside {title}",
        f"{words.ONE}; no interval; {null}",
        words.verdict_line(belief),
    )
    about = seen.about(shown, belief)
    about = about._replace(record=tuple((k, f"{others} other windows" if k == "null" else v) for k, v in about.record))
    tables = {"Agreement": partial(beside.beside_table, found)}
    name = f"{seen.filename(shown)}_others"
    chart(beside.beside_figure(found, said), f"{seen.page}.others", name, beside.describe_beside(found), tables, about=about)
    st.caption(
        "Filled: more alike than in every other window. Circles are methods, asked with the same baseline; squares are other "
        "baselines for the same method. Methods without a sign are compared by size."
    )
