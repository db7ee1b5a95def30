"""Architectures: one file, one network. Teacher and student are roles, never classes."""

from rdpd_core.models.base import DROPOUT_LEVELS, MODELS, Model, Site
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["DROPOUT_LEVELS", "MODELS", "Model", "Site"]
