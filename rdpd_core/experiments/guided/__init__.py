"""Guided cases: one file, one short tour through the pages; every sentence is computed from the stored models' answers."""

from rdpd_core.experiments.guided.base import GUIDED, Claim, Guided, Stage, Step, claim, one_of, told
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["GUIDED", "Claim", "Guided", "Stage", "Step", "claim", "one_of", "told"]
