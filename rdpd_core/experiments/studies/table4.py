"""Table 4 of the paper: every arm on every single vital sign."""

from __future__ import annotations

from rdpd_core.datasets import Dataset
from rdpd_core.experiments.statements import of_table
from rdpd_core.experiments.studies.base import STUDIES, Study


@STUDIES.register
class Table4(Study):
    """All arms on every named view of the data set; the paper shows the vital signs of MIMIC-III."""

    name = "table4"
    title = "Every arm on every named view"
    source = "Table 4 (MIMIC-III: blood pressure, heart rate, respiration rate)"
    statements = of_table("Table 4")

    def views(self, kind: type[Dataset]) -> tuple[str, ...]:
        """Give every named view."""
        return tuple(kind.views)
