"""Named studies: one file, one table or figure of the paper redone on the data set given, or a question of our own."""

from rdpd_core.experiments.studies.base import STUDIES, Asked, Study, Wanted
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["STUDIES", "Asked", "Study", "Wanted"]
