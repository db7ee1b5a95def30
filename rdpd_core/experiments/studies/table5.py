"""Table 5 of the paper: how many numbers teacher and student learn. Nothing is trained."""

from __future__ import annotations

from typing import Any, NamedTuple

from rdpd_core.datasets import DATASETS
from rdpd_core.experiments.experiment import MODEL
from rdpd_core.experiments.published import PARAMETERS
from rdpd_core.experiments.studies.base import STUDIES, Asked, Study, Wanted
from rdpd_core.models import MODELS

STUDENT = "RDPD"


class Shape(NamedTuple):
    """What the size of a network depends on.

    Attributes:
        classes: K.
        samples: T.
        channels: C, of teacher and student.
        kernel: Of the convolution, in samples.
        stride: Of the convolution, in samples.
        second_conv: Whether the second convolution is used.
    """

    classes: int
    samples: int
    channels: tuple[int, int]
    kernel: int
    stride: int
    second_conv: bool


SHAPES = {
    "PAMAP2": Shape(12, 256, (52, 17), 8, 4, False),
    "PTBDB": Shape(6, 2000, (15, 1), 32, 8, True),
    "MIMIC-III": Shape(8, 48, (6, 1), 4, 2, False),
}
"""The paper's data sets. Widths are 64 filters and 32 hidden units for the teacher, a quarter of them for the student."""


@STUDIES.register
class Table5(Study):
    """Parameters, counted as the paper does (a second convolution that is not used counts too) and as they are used."""

    name = "table5"
    title = "How large teacher and student are"
    source = "Table 5 (PAMAP2, PTBDB, MIMIC-III)"
    arms = ("teacher", "rdpd")

    def wanted(self, asked: Asked) -> list[Wanted]:
        """Give no experiment, after checking what was asked."""
        super().wanted(asked)
        return []

    def rows(self, asked: Asked) -> list[dict[str, Any]]:
        """Give the counts: the paper's networks, as printed and as counted here, then those of the data set given."""
        return [*paper_rows(), *_own_rows(asked, self)]


def paper_rows() -> list[dict[str, Any]]:
    """Give a row for every network of Table 5, with a word whether it is the number that is printed."""
    found = []
    for dataset, model, printed in PARAMETERS:
        shape, wide = SHAPES[dataset], model != STUDENT
        settings = {
            "kernel": shape.kernel, "stride": shape.stride, "segments": 4, "second_conv": shape.second_conv,
            "filters": 64 if wide else 16, "hidden": 32 if wide else 8,
        }  # fmt: skip
        channels = shape.channels[0 if wide else 1]
        used, dormant = _count(channels, shape.classes, shape.samples, settings)
        same = f"{dormant / 1000:.1f}k" == printed
        found.append(
            {"data set": dataset, "model": model, "channels": channels, "printed in the paper": printed,
             "counted as in the paper": dormant, "used": used, "": "same" if same else "differs"}
        )  # fmt: skip
    return found


def _own_rows(asked: Asked, study: Study) -> list[dict[str, Any]]:
    kind = DATASETS.get(asked.dataset)
    samples = kind.preparation.window_samples
    networks = [("Teacher", "all", len(kind.channels), "teacher")]
    networks += [(STUDENT, view, len(kind.view(view)), "student") for view in asked.views or study.views(kind)]
    found = []
    for model, view, channels, role in networks:
        used, dormant = _count(channels, len(kind.classes), samples, dict(kind.architecture[role]))
        found.append(
            {"data set": kind.name, "model": f"{model}, {view}", "channels": channels, "printed in the paper": "",
             "counted as in the paper": dormant, "used": used, "": ""}
        )  # fmt: skip
    return found


def _count(channels: int, classes: int, samples: int, settings: dict[str, Any]) -> tuple[int, int]:
    """Give the parameters that are used, and those that Table 5 counts."""
    kind = MODELS.get(MODEL)
    network = kind(channels, classes, samples, kind.Params.from_dict(settings))
    return network.count_parameters(), network.count_parameters(dormant=True)
