"""Figure 7 of the paper: where each arm looks and what it says, on an electrocardiogram."""

from __future__ import annotations

from rdpd_core.experiments.studies._looking import STATEMENTS, Looking
from rdpd_core.experiments.studies.base import STUDIES


@STUDIES.register
class Figure7(Looking):
    """Attention in common with the teacher, and class distributions of test subjects."""

    name = "figure7"
    title = "Where each arm looks, and what it says of test subjects"
    source = "Figure 7 (PTBDB: myocardial infarction)"
    statements = STATEMENTS["figure7"]
