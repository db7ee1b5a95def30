"""When does imitation help: one condition at a time made harder, on the data set given."""

from __future__ import annotations

from typing import Any

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import ParameterError
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.statements import OURS, Statement, above
from rdpd_core.experiments.studies.base import STUDIES, Asked, Study, Wanted

CONDITIONS: dict[str, tuple[Any, ...]] = {
    "unlabeled": (0.0, 0.5, 0.8, 0.9, 0.95, 0.98),
    "wrong_labels": (0.0, 0.1, 0.2, 0.4),
    "share": (1.0, 0.5, 0.25),
    "noise": (0.0, 0.5, 1.0, 2.0),
}
"""Share of windows without label, share of wrong labels, share of training subjects, amplitude of noise on the poor channels;
the first value of each is the easy one, which all share."""


@STUDIES.register
class When(Study):
    """RDPD less Direct under each condition, the others at their easy value; `--values unlabeled=0,0.9 noise=0,1` chooses."""

    name = "when"
    title = "When does imitation help?"
    arms = ("teacher", "direct", "rdpd", "forest")
    axis = "condition"
    several = False
    statements = (Statement("RDPD is above Direct under every condition", OURS, above("rdpd", "direct")),)

    @property
    def axes(self) -> tuple[str, ...]:
        """Give the view, the condition, and how hard it is."""
        return ("view", "condition", "value")

    def wanted(self, asked: Asked) -> list[Wanted]:
        """Give the experiments, view by view and condition by condition; the easy one comes once for each condition."""
        conditions = _read(asked.values) or CONDITIONS
        base = vars(self.base(asked))
        found = []
        for view in asked.views or self.views(DATASETS.get(asked.dataset)):
            for name, values in conditions.items():
                for value in values:
                    by = {"share_by": "subjects"} if name == "share" and float(value) < 1 else {}
                    experiment = Experiment.from_dict({**base, "view": view, name: value, **by})
                    found.append(Wanted({"view": view, "condition": name, "value": getattr(experiment, name)}, experiment))
        return found


def _read(values: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    """Read "unlabeled=0,0.9"."""
    found = {}
    for text in values:
        name, _, rest = text.partition("=")
        if name not in CONDITIONS or not rest:
            raise ParameterError(f"--values {text!r}: give a condition of {', '.join(CONDITIONS)} as in unlabeled=0,0.5,0.9")
        found[name] = tuple(value.strip() for value in rest.split(",") if value.strip())
    return found
