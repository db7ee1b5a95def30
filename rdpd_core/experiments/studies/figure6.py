"""Figure 6 of the paper: where each arm looks and what it says, on motion."""

from __future__ import annotations

from rdpd_core.experiments.studies._looking import STATEMENTS, Looking
from rdpd_core.experiments.studies.base import STUDIES


@STUDIES.register
class Figure6(Looking):
    """Attention in common with the teacher, and class distributions of test subjects."""

    name = "figure6"
    title = "Where each arm looks, and what it says of test subjects"
    source = "Figure 6 (PAMAP2: descending stairs)"
    statements = STATEMENTS["figure6"]
