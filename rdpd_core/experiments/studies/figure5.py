"""Figure 5 of the paper: how scores depend on the temperature."""

from __future__ import annotations

from rdpd_core.experiments.statements import better_at, said
from rdpd_core.experiments.studies.base import STUDIES, Study

WHERE = "Figure 5"


@STUDIES.register
class Figure5(Study):
    """Temperatures of the imitation terms; in recipe paper of the teacher too."""

    name = "figure5"
    title = "Which temperature is best"
    source = "Figure 5 (PAMAP2)"
    arms = ("teacher", "direct", "distill", "rdpd")
    axis = "temperature"
    values = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 20.0)
    several = False
    statements = (
        said("RDPD scores a little better in PR-AUC at temperature 5 than at 1", WHERE, better_at("temperature", 5.0, min)),
        said("RDPD scores better in PR-AUC at temperature 5 than at a high one", WHERE, better_at("temperature", 5.0, max)),
        said(
            "RDPD scores a little better in ROC-AUC at temperature 5 than at 1", WHERE,
            better_at("temperature", 5.0, min, metric="roc_auc"),
        ),
        said(
            "RDPD scores better in ROC-AUC at temperature 5 than at a high one", WHERE,
            better_at("temperature", 5.0, max, metric="roc_auc"),
        ),
    )  # fmt: skip
