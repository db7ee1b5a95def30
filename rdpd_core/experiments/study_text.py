"""A study's results for people and for files: tables with intervals, the paper's numbers beside, statements, basis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdpd_core.datasets import DATASETS
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import COMPARED, HEADLINE, people
from rdpd_core.evaluation.scores import cell as written
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.evidence.cell import Cell
from rdpd_core.experiments.published import OURS, SOURCE
from rdpd_core.experiments.statements import place_of
from rdpd_core.experiments.studies import STUDIES, Study
from rdpd_core.experiments.study_answers import answers
from rdpd_core.terminal import table

REFERENCE = "direct"


def text_of(book: Book) -> str:
    """Give everything there is to say of a study's results."""
    study = STUDIES.get(book.study)()
    parts = [title_of(book), "\n".join(answers(book))]
    for metric in HEADLINE:
        parts.append(f"{METRICS[metric].title}, our results on {_dataset(book)}\n\n{table(score_rows(book, metric))}")
        if rows := paper_rows(study, metric):
            parts.append(f"{METRICS[metric].title}, {not_ours(study, book.dataset)}\n\n{table(rows)}")
    parts.append(f"Differences to Direct in PR-AUC, paired over people and seeds\n\n{table(gap_rows(book))}")
    if checked := study.checked(book):
        parts.append("Statements\n\n" + "\n".join(f"{c.verdict:12} {c.text} ({c.source}): {c.reason}" for c in checked))
        parts.append(table([row for c in checked for row in c.rows()]))
    return "\n\n".join([*parts, *basis_of(book)])


def title_of(book: Book) -> str:
    """Give a line that says what the results are of."""
    study = STUDIES.get(book.study)
    source = f" (after {study.source})" if study.source else ""
    return f"{study.title}{source}: {_dataset(book)}, recipe {book.recipe}" + (f", {book.tag}" if book.tag else "")


def not_ours(study: Study, dataset: str) -> str:
    """Give the words that stand over numbers of the paper: whose they are, and in what they differ from ours.

    Args:
        study: Of the results.
        dataset: Name of our data set.
    """
    names = list(dict.fromkeys(row.dataset for row in study.published()))
    where = f"{SOURCE}, {study.source.split(' (')[0]}: {', '.join(names)}"
    if dataset in {OURS[name] for name in names}:
        return f"{where}. The same recordings as ours, but not all settings of the paper are known"
    return f"{where}. Other people, channels and classes: levels do not compare with ours"


def _dataset(book: Book) -> str:
    kind = DATASETS.get(book.dataset)
    return f"{kind.title} ({book.dataset}{', simulated' if kind.simulated else ''})"


def score_rows(book: Book, metric: str) -> list[dict[str, Any]]:
    """Give a row for each arm, a column for each experiment: mean, 95% interval, and standard deviation over seeds."""
    arms = [name for name in ARMS if any(cell.has(name) for cell in book.cells)]
    return [{"arm": ARMS[arm].title} | {place_of(book, c): _score(c, arm, metric) for c in book.cells} for arm in arms]


def _score(cell: Cell, arm: str, metric: str) -> str:
    row = cell.row(arm, metric)
    return "" if row is None else written(row.mean, row.interval, row.spread)


def paper_rows(study: Study, metric: str) -> list[dict[str, Any]]:
    """Give the paper's table in the same form: a row for each arm, a column for each view; mean and standard deviation."""
    rows = [row for row in study.published() if row.score(metric) is not None]
    views = list(dict.fromkeys(row.view for row in rows))
    found = []
    for arm in dict.fromkeys(row.arm for row in rows):
        line = {"arm": ARMS[arm].title}
        for view in views:
            own = next((row.score(metric) for row in rows if (row.arm, row.view) == (arm, view)), None)
            line[f"{rows[0].dataset} {view}"] = "" if own is None else f"{own[0]:.3f} ± {own[1]:.3f}"
        found.append(line)
    return found


def gap_rows(book: Book, metric: str = "pr_auc") -> list[dict[str, Any]]:
    """Give a row for each experiment and arm: the paired difference to Direct, what is closed of the teacher's gap, verdict."""
    found = []
    for cell in book.cells:
        for row in cell.comparison.rows[metric]:
            if row.difference is None or row.difference.mean is None:
                continue
            d = row.difference
            found.append(
                {"where": place_of(book, cell), "arm": row.title, "over Direct [95%]": written(d.mean, d.interval, sign=True),
                 "of the teacher's gap closed": closed(cell, row.arm, metric),
                 "p (Holm)": "" if d.p_holm is None else f"{d.p_holm:.2g}",
                 "verdict": d.verdict}
            )  # fmt: skip
    return found


def closed(cell: Cell, arm: str, metric: str = "pr_auc") -> str:
    """Give the share of the gap between Direct and the teacher that an arm closes; empty where there is no gap to close."""
    if not cell.has("teacher", REFERENCE, arm) or arm in ("teacher", REFERENCE):
        return ""
    gap = cell.difference("teacher", REFERENCE, metric)
    if gap.interval is None or gap.interval.low <= 0:
        return ""
    return f"{cell.difference(arm, REFERENCE, metric).value / gap.value:.0%}"


def basis_of(book: Book) -> list[str]:
    """Say on what the numbers rest, what is missing, and how to get them again."""
    told = []
    for cell in book.cells[:1]:
        c = cell.comparison
        seeds = sorted({len(cell.seeds(arm)) for arm in cell.arms})
        lines = f"{people(c.n_windows, c.n_subjects)}, {' or '.join(map(str, seeds))} seeds, {len(cell.windows)} splits. "
        told.append(
            lines + f"Brackets: 95% interval from resampling {c.n_units} {c.unit} and the seeds {c.draws} times; ± is the "
            "sample standard deviation over seeds. Statements are decided by paired intervals, one by one, not corrected for "
            "their number; the p beside them are of signed-rank tests."
        )
        if c.absent:
            told.append(
                f"No test window of {', '.join(c.absent)}: averages run over the other {len(cell.class_names) - len(c.absent)} "
                "classes."
            )
        told += cell.notices
    if book.missing:
        told.append(f"Not there yet: {'; '.join(book.missing)}.")
    return [*told, f"repeat: {book.command}"]


COLUMNS = (
    "study", "dataset", "recipe", "where", "arm", "metric", "mean", "low", "high", "sd_over_seeds", "seeds", "folds",
    "over_direct", "over_direct_low", "over_direct_high", "p_holm", "verdict", "training_windows", "labeled_windows",
    "parameters", "units", "unit", "source",
)  # fmt: skip


CLASS_COLUMNS = (
    "study", "dataset", "recipe", "where", "arm", "class", "metric", "mean", "low", "high", "lost_to_teacher", "lost_low",
    "lost_high", "units", "unit",
)  # fmt: skip
_OF_CLASS = ("mean", "low", "high", "lost", "lost_low", "lost_high")


def class_rows(book: Book) -> list[Sequence[Any]]:
    """Give what each class loses on each view, a row for each experiment, score, arm and class; as `CLASS_COLUMNS` says."""
    found = []
    for cell in book.cells:
        about, behind = (book.study, book.dataset, book.recipe, place_of(book, cell)), cell.comparison
        for metric, arms in cell.classes.items():
            for arm, own in ((arm, arms[arm]) for arm in cell.arms if arm in arms):
                for k, name in enumerate(cell.class_names):
                    scores = [own[key][k] if key in own else None for key in _OF_CLASS]
                    found.append([*about, arm, name, metric, *scores, behind.n_units, behind.unit])
    return found


def plain_rows(book: Book) -> list[dict[str, Any]]:
    """Give a row for each experiment, arm and score with numbers in columns of their own, then the paper's; for files."""
    found = [_plain(book, cell, arm, metric) for cell in book.cells for arm in cell.arms for metric in COMPARED]
    for row in STUDIES.get(book.study)().published():
        for metric in HEADLINE:
            mean, spread = row.score(metric)
            about = {"study": book.study, "dataset": row.dataset, "where": row.view, "arm": row.arm, "metric": metric}
            found.append(about | {"mean": mean, "sd_over_seeds": spread, "seeds": 10, "source": SOURCE})
    return found


def _plain(book: Book, cell: Cell, arm: str, metric: str) -> dict[str, Any]:
    row = cell.row(arm, metric)
    told = {
        "study": book.study, "dataset": book.dataset, "recipe": book.recipe, "where": place_of(book, cell), "arm": arm,
        "metric": metric, "mean": row.mean, "sd_over_seeds": row.spread, "seeds": row.n_seeds, "folds": row.n_folds,
        "training_windows": cell.training["windows"], "labeled_windows": cell.training["labeled"],
        "parameters": cell.parameters[arm].get("used"), "units": cell.comparison.n_units, "unit": cell.comparison.unit,
        "source": "ours",
    }  # fmt: skip
    if row.interval is not None:
        told |= {"low": row.interval.low, "high": row.interval.high}
    if (d := row.difference) is not None:
        told |= {"over_direct": d.mean, "p_holm": d.p_holm, "verdict": d.verdict}
        if d.interval is not None:
            told |= {"over_direct_low": d.interval.low, "over_direct_high": d.interval.high}
    return told


def csv_rows(book: Book) -> list[Sequence[Any]]:
    """Give `plain_rows` as lists in the order of `COLUMNS`."""
    return [[row.get(name) for name in COLUMNS] for row in plain_rows(book)]
