"""Figure 8 of the paper: where each arm looks and what it says, on vital signs."""

from __future__ import annotations

from rdpd_core.experiments.studies._looking import STATEMENTS, Looking
from rdpd_core.experiments.studies.base import STUDIES


@STUDIES.register
class Figure8(Looking):
    """Attention in common with the teacher, and class distributions of test subjects."""

    name = "figure8"
    title = "Where each arm looks, and what it says of test subjects"
    source = "Figure 8 (MIMIC-III: heart rate)"
    statements = STATEMENTS["figure8"]
