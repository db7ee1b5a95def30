"""Figure 3 of the paper: how scores depend on the amount of training data."""

from __future__ import annotations

from rdpd_core.experiments.statements import DIRECT, FOREST, OURS, Statement, above, better_at, grows, said
from rdpd_core.experiments.studies.base import STUDIES, Study

WHERE = "Figure 3"


@STUDIES.register
class Figure3(Study):
    """Shares of the training windows, or of the training subjects with --share-by subjects; the paper names no shares."""

    name = "figure3"
    title = "How much training data it takes"
    source = "Figure 3 (PAMAP2)"
    arms = ("teacher", "direct", "distill", "rdpd", "forest")
    axis = "share"
    values = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
    several = False
    statements = (
        said(f"{DIRECT}, however little data there is", WHERE, above("rdpd", "direct")),
        said("RDPD is above plain distillation, however little data there is", WHERE, above("rdpd", "distill")),
        said("RDPD gets better with more data", WHERE, better_at("share", 1.0, min)),
        Statement("The advantage of RDPD over Direct grows as data become few", OURS, grows("share", "low")),
        FOREST,
    )
