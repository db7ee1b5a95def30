"""Kinds of files that are read: one file, one kind; importing the room registers them all."""

from rdpd_core.intake.formats.base import FORMATS, Format, kind_of
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["FORMATS", "Format", "kind_of"]
