"""Table 2 of the paper: every arm on every single body place."""

from __future__ import annotations

from rdpd_core.experiments.statements import of_table
from rdpd_core.experiments.studies.base import STUDIES, Study


@STUDIES.register
class Table2(Study):
    """All arms, one view for each sensor or body place; the paper shows PAMAP2."""

    name = "table2"
    title = "Every arm on every body place or lead"
    source = "Table 2 (PAMAP2: wrist, chest, ankle)"
    arms = ("teacher", "direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd", "oracle", "forest", "forest_all")
    statements = of_table("Table 2")
