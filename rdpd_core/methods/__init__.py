"""Distillation methods: one file, one recipe for learning from a teacher."""

from rdpd_core.methods.base import METHODS, Method
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["METHODS", "Method"]
