"""Table 3 of the paper: every arm on one lead of an electrocardiogram."""

from __future__ import annotations

from rdpd_core.experiments.statements import of_table
from rdpd_core.experiments.studies.base import STUDIES, Study


@STUDIES.register
class Table3(Study):
    """All arms on the first view; the paper shows lead I of PTBDB."""

    name = "table3"
    title = "Every arm on a single lead"
    source = "Table 3 (PTBDB: lead I)"
    several = False
    statements = of_table("Table 3")
