"""Sources of recordings: one file, one data set; importing the room registers them all."""

from rdpd_core.datasets.base import DATASETS, Dataset, check_assignment, found_and, listed
from rdpd_core.registry import discover

discover(__name__, __path__)

__all__ = ["DATASETS", "Dataset", "check_assignment", "found_and", "listed"]
