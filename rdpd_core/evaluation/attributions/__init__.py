"""Attributions: one file, one way to say which channels and moments speak for a class."""

from rdpd_core.evaluation.attributed import Attribution
from rdpd_core.evaluation.attributions.asking import attribute, baseline_effect
from rdpd_core.evaluation.attributions.base import ATTRIBUTORS, Attributor, Question
from rdpd_core.evaluation.attributions.baselines import BASELINES
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["ATTRIBUTORS", "BASELINES", "Attribution", "Attributor", "Question", "attribute", "baseline_effect"]
