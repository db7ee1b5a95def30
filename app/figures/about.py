"""What a picture or a table is about, so that a file that left the app still says it: record, models, software, date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import plotly.graph_objects as go

from app import theme
from app.figures.drawing import Drawing
from app.figures.text import in_filename, in_plotly
from rdpd_core import __version__
from rdpd_core.errors import RdpdError
from rdpd_core.files import digest_json

if TYPE_CHECKING:
    from rdpd_core.experiments.cases import Case, CaseBook
    from rdpd_core.jobs import Job
    from rdpd_core.store import ModelCard

SHORT, SHOWN = 8, 26
"""Signs of a short digest, and of a name in a picture."""
LINE_PX, FONT_PX, STANDARD_PX = 12, 9, (450, 80)
"""Height of a line of the footer, its letters; height and margin of a figure that gives none."""


class About(NamedTuple):
    """What is shown.

    Attributes:
        record: Name to value: data set, what the students read, subject, recording, window, as far as it is about one.
        models: Name and sha256 of the weights of each model that is shown.
    """

    record: tuple[tuple[str, str], ...] = ()
    models: tuple[tuple[str, str], ...] = ()

    def plus(self, **more: object) -> About:
        """Give the same with more said of the record; "_" in a name stands for a blank."""
        return self._replace(record=(*self.record, *((name.replace("_", " "), str(value)) for name, value in more.items())))

    def instead(self, **other: object) -> About:
        """Give the same with other values of what is said already."""
        said = {name.replace("_", " "): str(value) for name, value in other.items()}
        return self._replace(record=tuple((name, said.get(name, value)) for name, value in self.record))

    @property
    def dataset(self) -> str:
        """Give the data set; empty where it is about none."""
        return dict(self.record).get("data set", "")

    @property
    def digest(self) -> str:
        """A short digest over all models; that of the weights where there is one model; empty without models."""
        found = sorted({sha for _, sha in self.models})
        return "" if not found else (found[0] if len(found) == 1 else digest_json(found))[:SHORT]

    def filename(self, stem: str) -> str:
        """Give a file name, without ending, that adds models and date to what it says already."""
        models = [f"models-{self.digest}"] if self.models else []
        return in_filename(*models, today()) if not stem else f"{stem}_{in_filename(*models, today())}"

    def lines(self) -> list[tuple[str, str]]:
        """Give all there is to say, name by name."""
        models = [("model", f"{name}, sha256 {sha}") for name, sha in self.models]
        over = [("models", f"digest {self.digest} over {len(self.models)}")] if len(models) > 1 else []
        made = [("software", f"rdpd_core {__version__}"), ("date", today())]
        return [(name, _plain(value)) for name, value in [*self.record, *over, *models, *made]]

    def head(self) -> str:
        """Give lines that stand above a table in a file; `pandas.read_csv(..., comment="#")` leaves them out."""
        return "".join(f"# {name}: {value}\n" for name, value in self.lines())

    def footer(self) -> tuple[str, str]:
        """Give two short lines: the record; and models, software and date."""
        record = " · ".join(_short(f"{name} {value}" if value.isdigit() else value) for name, value in self.record)
        models = [f"models {self.digest}"] if self.models else []
        return record, " · ".join([*models, f"rdpd {__version__}", today()])


def today() -> str:
    """Give the date, UTC."""
    return dt.datetime.now(dt.UTC).date().isoformat()


def of_book(book: CaseBook, subjects: Sequence[str] = ()) -> About:
    """Give what pictures of a book are about: its models, and one or several subjects."""
    named = {1: [("subject", subjects[0])] if subjects else []}.get(len(subjects), [("subjects", ", ".join(subjects))])
    masked = book.loaded.dataset.masked
    gaps = [("masked", f"{len(masked)} channels not measured: {', '.join(masked)}")] if masked else []
    record = [("data set", book.loaded.dataset.name), ("students read", book.view), *gaps, *(named if subjects else [])]
    return About(tuple(record), of_cards(card for arm in book.arms for card in arm.cards).models)


def of_case(book: CaseBook, case: Case) -> About:
    """Give what pictures of a window are about."""
    end = case.offset_s + case.duration_s
    about = of_book(book, [case.subject]).plus(recording=case.recording, window=case.position)
    return about.plus(time=f"{case.offset_s:g} to {end:g} s", **({"kind": "simulated"} if case.simulated else {}))


def of_cards(cards: Iterable[ModelCard]) -> About:
    """Give what pictures of models are about."""
    found = list(cards)
    record = (("data set", found[0].dataset),) if found else ()
    return About(record, tuple((card.name, card.weights_sha256) for card in found))


def of_job(job: Job) -> About:
    """Give what pictures of a job are about; its models are known by the job."""
    from rdpd_core.jobs.spec import Spec

    named = About((("job", job.id), ("title", job.title)))
    try:
        first = Spec.read(job.folder.spec_path).asked()[0]
    except RdpdError:  # told elsewhere on the page; the job has its id all the same
        return named
    return About((("data set", first.dataset), ("students read", first.view), *named.record))


def stamped(fig: go.Figure, about: About) -> go.Figure:
    """Give the figure with a footer below its axes, which a picture that is saved keeps; the figure itself stays as it is."""
    raw = fig.to_plotly_json()
    layout, lines = dict(raw["layout"]), [in_plotly(line) for line in about.footer() if line]
    height, margin = layout.get("height", STANDARD_PX[0]), dict(layout.get("margin", {}))
    bottom, more = margin.get("b", STANDARD_PX[1]), LINE_PX * len(lines) + 4
    legend = dict(layout.get("legend", {}))
    text: dict[str, Any] = {"text": "<br>".join(lines), "font": {"size": FONT_PX, "color": theme.INK}, "opacity": 0.65}
    note = {**text, "x": 1, "xref": "paper", "xanchor": "right", "yref": "paper", "align": "right", "showarrow": False}
    if legend.get("y", 1) < 0:  # it makes its own room below, as high as a narrow window needs: the footer goes above it
        note |= {"y": legend["y"], "yanchor": "top"}
        legend["y"] -= more / max(height - margin.get("t", STANDARD_PX[1]) - bottom, 1)
        margin["b"] = bottom + more
    else:
        margin["b"] = bottom + more
        if (legend.get("yref"), legend.get("y"), legend.get("yanchor")) == ("container", 0, "bottom"):
            legend["y"] = more / (height + more)  # it grows upwards, from above the footer
        note |= {"y": 0, "yanchor": "bottom", "yshift": 2 - margin["b"]}
    axes = {name: _close(axis) for name, axis in layout.items() if name.startswith("xaxis")}
    layout |= {**axes, "height": height + more, "margin": margin, **({"legend": legend} if legend else {})}
    layout["annotations"] = [*layout.get("annotations", ()), {**note, "name": "about"}]
    return Drawing({"data": raw["data"], "layout": layout})


def _close(axis: dict[str, Any]) -> dict[str, Any]:
    """Give an axis whose title stands close to it; it would move into the footer otherwise."""
    title = axis.get("title")
    return axis if not title or "standoff" in title else {**axis, "title": {**title, "standoff": 4}}


def _plain(value: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in value)


def _short(value: str) -> str:
    return value if len(value) <= SHOWN else f"{value[: SHOWN - 1]}…"
