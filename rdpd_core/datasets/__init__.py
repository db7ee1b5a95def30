"""Sources of recordings: one file, one data set; importing the room registers them all."""

from rdpd_core.datasets.base import DATASETS, Dataset, check_assignment, listed_and
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["DATASETS", "Dataset", "check_assignment", "listed_and"]
