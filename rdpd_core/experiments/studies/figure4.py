"""Figure 4 of the paper: how scores depend on noise on the poor channels."""

from __future__ import annotations

from rdpd_core.experiments.statements import DIRECT, FOREST, OURS, Statement, above, better_at, grows, said
from rdpd_core.experiments.studies.base import STUDIES, Study

WHERE = "Figure 4"


@STUDIES.register
class Figure4(Study):
    """Amplitudes of noise in training, validation and test windows; the paper names no amplitudes."""

    name = "figure4"
    title = "How much noise it bears"
    source = "Figure 4 (PAMAP2)"
    arms = ("teacher", "direct", "distill", "rdpd", "forest")
    axis = "noise"
    values = (0.0, 0.25, 0.5, 1.0, 2.0)
    several = False
    statements = (
        said(f"{DIRECT}, at every amplitude of noise", WHERE, above("rdpd", "direct")),
        said("Noise lowers RDPD", WHERE, better_at("noise", 0.0, max)),
        said("Noise lowers Direct", WHERE, better_at("noise", 0.0, max, "direct")),
        Statement("The advantage of RDPD over Direct grows with noise", OURS, grows("noise", "high")),
        FOREST,
    )
