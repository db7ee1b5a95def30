"""What rich recordings are worth: from how many richly recorded people on does imitation pay?"""

from __future__ import annotations

from rdpd_core.experiments.statements import FOREST, OURS, Statement, above, better_at, grows
from rdpd_core.experiments.studies.base import STUDIES, Study


@STUDIES.register
class BreakEven(Study):
    """Of everybody the poor channels, of a share of the training subjects the rich ones too; only of these speaks the teacher.

    With `--rich-by windows` the share is of all windows. Windows that no teacher was asked about still count in the mean of
    the imitation terms, so that with a smaller share the teacher is worse and imitation weighs less, both at once. Everybody
    in validation is recorded richly, and channels are scaled by all training subjects.
    """

    name = "breakeven"
    title = "How much rich data a teacher needs before imitation pays"
    arms = ("teacher", "direct", "distill", "rdpd", "forest")
    axis = "rich_share"
    values = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
    several = False
    statements = (
        Statement("RDPD is above Direct, however little is recorded richly", OURS, above("rdpd", "direct")),
        Statement("The advantage of RDPD over Direct grows with what is recorded richly", OURS, grows("rich_share", "high")),
        Statement("RDPD gets better with what is recorded richly", OURS, better_at("rich_share", 1.0, min)),
        FOREST,
    )
