"""The channel lab: students for every subset of some channels, trained as cohorts, and what their scores say of each."""

from rdpd_core.experiments.lab.answers import Answers, Estimate, Point, price
from rdpd_core.experiments.lab.request import LAB_ARMS, Lab
from rdpd_core.experiments.lab.scoring import answer
from rdpd_core.experiments.lab.subsets import MOST_SUBSETS, Unit, units_of
from rdpd_core.experiments.lab.training import run_lab, subset_of, view_of

__all__ = [
    "LAB_ARMS",
    "MOST_SUBSETS",
    "Answers",
    "Estimate",
    "Lab",
    "Point",
    "Unit",
    "answer",
    "price",
    "run_lab",
    "subset_of",
    "units_of",
    "view_of",
]
