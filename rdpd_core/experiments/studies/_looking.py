"""What Figures 6 to 8 of the paper show of one window each, for all windows of test subjects: attention and distributions."""

from __future__ import annotations

from rdpd_core.experiments.statements import OURS, Statement, above, looks_alike, said
from rdpd_core.experiments.studies.base import Study


class Looking(Study):
    """The arms of the paper's case studies on the first view; the window itself is shown on the page Case study."""

    arms = ("teacher", "direct", "distill", "rdpd")
    several = False


def _of(where: str) -> tuple[Statement, ...]:
    return (
        said("RDPD looks where its teacher looks more than Direct does (attention in common)", where, looks_alike(False)),
        Statement("RDPD looks where its teacher looks more than windows paired at random do", OURS, looks_alike(True)),
        said("RDPD names the right class more often than Direct", where, above("rdpd", "direct", "accuracy")),
        said("RDPD names the right class more often than plain distillation", where, above("rdpd", "distill", "accuracy")),
    )


STATEMENTS = {f"figure{n}": _of(f"Figure {n}") for n in (6, 7, 8)}
