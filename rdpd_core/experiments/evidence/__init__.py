"""Records of finished experiments: scores of every run with what honest intervals need, small enough to come along."""

from rdpd_core.experiments.evidence.cell import Cell, Gap
from rdpd_core.experiments.evidence.making import cell_of
from rdpd_core.experiments.evidence.series import Room, run_series
from rdpd_core.experiments.evidence.shelf import Shelf, key_of

__all__ = ["Cell", "Gap", "Room", "Shelf", "cell_of", "key_of", "run_series"]
