"""Analyses of stored models: one file, one question, answered with its null and its interval."""

from rdpd_core.experiments.analyses.base import ANALYSES, Analysis, Result, Sentence
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["ANALYSES", "Analysis", "Result", "Sentence"]
