"""The paper's own numbers, as printed, so that they can stand beside ours under the name of their data set.

Source: S. Hong, C. Xiao, T. Ma, H. Li, J. Sun, RDPD: Rich Data Helps Poor Data via Imitation, IJCAI 2019, Tables 2 to
5. Mean and standard deviation of 10 runs with one validation and one test subject (PAMAP2), or subjects divided 80/10/10. The
curves of Figures 3 to 5 are printed without numbers, so only what the text says of them is known: see `statements`.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "Hong et al., IJCAI 2019"
OURS = {"PAMAP2": "pamap2", "PTBDB": "ptbdb", "MIMIC-III": "mimic3"}
"""Our names of the paper's data sets."""
METRICS = ("roc_auc", "pr_auc", "macro_f1")


@dataclass(frozen=True)
class Published:
    """One row of a table of the paper.

    Attributes:
        table: "table2", "table3" or "table4".
        dataset: As the paper calls it.
        view: As the paper calls it; "all" for the teacher.
        arm: Ours.
        scores: Mean and standard deviation over 10 runs, in the order of `METRICS`.
    """

    table: str
    dataset: str
    view: str
    arm: str
    scores: tuple[tuple[float, float], ...]

    def score(self, metric: str) -> tuple[float, float] | None:
        """Give mean and standard deviation; None for a score that the paper does not report."""
        return self.scores[METRICS.index(metric)] if metric in METRICS else None


_NUMBERS = {
    ("table2", "PAMAP2"): """
        all    teacher 928 014 708 039 608 045
        Wrist  direct  800 032 452 051 376 049
        Wrist  distill 825 020 469 052 380 060
        Wrist  rdpd_r1 837 025 491 037 406 053
        Wrist  rdpd_r2 836 018 478 038 401 049
        Wrist  rdpd    838 012 491 045 425 057
        Chest  direct  836 035 519 065 449 069
        Chest  distill 868 025 575 043 486 065
        Chest  rdpd_r1 872 028 605 030 518 037
        Chest  rdpd_r2 879 027 600 051 478 048
        Chest  rdpd    883 016 609 052 529 051
        Ankle  direct  811 035 513 065 405 080
        Ankle  distill 901 015 621 044 492 070
        Ankle  rdpd_r1 889 021 581 071 443 095
        Ankle  rdpd_r2 904 019 629 041 473 069
        Ankle  rdpd    910 014 639 030 511 033""",
    ("table3", "PTBDB"): """
        all     teacher 737 035 293 018 288 028
        Lead_I  direct  701 023 279 017 164 020
        Lead_I  distill 676 045 282 022 217 016
        Lead_I  rdpd_r1 677 036 255 029 139 027
        Lead_I  rdpd_r2 707 073 282 044 218 024
        Lead_I  rdpd    706 075 293 025 218 019""",
    ("table4", "MIMIC-III"): """
        all      teacher 696 011 281 009 256 012
        block_1  direct  610 016 204 011 149 013
        block_1  distill 611 013 206 007 150 005
        block_1  rdpd_r1 607 012 203 003 148 003
        block_1  rdpd_r2 613 020 205 009 147 007
        block_1  rdpd    614 018 207 010 150 006
        block_2  direct  556 019 176 013 089 042
        block_2  distill 564 021 175 012 109 030
        block_2  rdpd_r1 566 010 178 004 132 005
        block_2  rdpd_r2 571 011 176 008 123 016
        block_2  rdpd    581 014 182 004 130 010
        block_3  direct  570 019 176 012 109 039
        block_3  distill 614 023 201 009 162 015
        block_3  rdpd_r1 611 014 202 007 160 016
        block_3  rdpd_r2 614 017 205 006 169 010
        block_3  rdpd    619 022 207 008 169 007""",
}
"""Thousandths: mean and standard deviation of ROC-AUC, PR-AUC and macro-F1. In the text of Table 4 at hand the names of its
three student blocks (blood pressure, heart rate, respiration rate) are lost, so they are numbered."""

PARAMETERS = (
    ("PAMAP2", "Teacher", "118.3k"), ("PAMAP2", "RDPD", "8.2k"), ("PTBDB", "Teacher", "335.0k"), ("PTBDB", "RDPD", "19.8k"),
    ("MIMIC-III", "Teacher", "60.2k"), ("MIMIC-III", "RDPD", "4.0k"),
)  # fmt: skip
"""Table 5: data set, model, number of parameters as printed."""


def rows_of(table: str) -> list[Published]:
    """Give the rows of a table of the paper; none for what is no table of scores."""
    return [
        _row(name, dataset, line.split())
        for (name, dataset), text in _NUMBERS.items()
        for line in text.strip().splitlines()
        if name == table
    ]


def _row(table: str, dataset: str, words: list[str]) -> Published:
    numbers = [int(word) / 1000 for word in words[2:]]
    return Published(table, dataset, words[0].replace("_", " "), words[1], tuple(zip(numbers[::2], numbers[1::2], strict=True)))
