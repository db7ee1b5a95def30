"""The table of a selection as pictures: every arm's score with its interval, and the critical differences of the ranks."""

from __future__ import annotations

from typing import Any

from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import cell, people
from rdpd_core.experiments.compared.chart import Axis, Chart, Ends, Series
from rdpd_core.experiments.compared.entry import Entry, title_of
from rdpd_core.experiments.compared.table import Line, Table

ROW, AROUND = 22, 100
NEAR = 0.42


def scores_chart(table: Table) -> Chart:
    """Give a row for every line of the table: score and interval."""
    metric, series = METRICS[table.score], []
    places = {line.key: at for at, line in enumerate(table.lines)}
    for arm in dict.fromkeys(line.row.arm for line in table.lines):
        own = [line for line in table.lines if line.row.arm == arm]
        series.append(
            Series(
                name=title_of(arm),
                arm=arm,
                x=tuple(line.row.mean for line in own),
                y=tuple(float(places[line.key]) for line in own),
                ends=tuple(_ends(line) for line in own),
                hover=tuple(f"{line.label}, {title_of(arm)}: {_told(line)}" for line in own),
                kind="rows",
            )
        )
    several = len(table.entries) > 1
    named = [f"{line.label} · {title_of(line.row.arm)}" if several else title_of(line.row.arm) for line in table.lines]
    rows = Axis("", tuple((float(at), text) for at, text in enumerate(named)), (len(named) - 0.5, -0.5))
    direction = "higher is better" if metric.higher_is_better else "lower is better"
    told = "; ".join(f"{name} {_told(line)}" for name, line in zip(named, table.lines, strict=True))
    return Chart(
        name="scores",
        title=f"{metric.title} on the test subjects ({direction})",
        x=Axis(metric.title),
        y=rows,
        series=tuple(series),
        words=f"{metric.title} of every arm: {told}.",
        note=basis(table),
        rows=tuple(plain_row(line, table.score) for line in table.lines),
        height=AROUND + ROW * len(named),
    )


def _ends(line: Line) -> Ends:
    found = line.row.interval
    return None if found is None else (found.low, found.high)


def _told(line: Line) -> str:
    return f"{cell(line.row.mean, line.row.interval, line.row.spread)} (n = {line.row.n_seeds} seeds)"


def basis(table: Table) -> str:
    """Say what stands behind the numbers: people of every experiment, and what was resampled."""
    found = dict.fromkeys(_people(entry) for entry in table.entries)
    return f"{'; '.join(found)}. Brackets and lines: 95% intervals over people and seeds; ± standard deviation over seeds."


def _people(entry: Entry) -> str:
    c = entry.comparison
    return f"{people(c.n_windows, c.n_subjects)}, {c.n_units} {c.unit} resampled {c.draws} times"


def plain_row(line: Line, score: str) -> dict[str, Any]:
    """Give a line of the table as plain values by column, numbers as they are."""
    row, c = line.row, line.entry.comparison
    found: dict[str, Any] = {
        "experiment": line.entry.key, "name": line.label, "dataset": line.entry.dataset, "view": line.entry.view,
        "arm": row.arm, "score": score, "mean": row.mean, "low": row.interval and row.interval.low,
        "high": row.interval and row.interval.high, "sd": row.spread, "n_seeds": row.n_seeds, "n_folds": row.n_folds,
    }  # fmt: skip
    d = row.difference
    found |= {
        "difference": d and d.mean, "difference_low": d and d.interval and d.interval.low,
        "difference_high": d and d.interval and d.interval.high, "p": d and d.p, "p_holm": d and d.p_holm,
        "n_pairs": d and d.n_pairs, "pairs": d and d.pairs, "claim": d and d.claim, "verdict": d and d.verdict,
        "mean_rank": line.rank, "n_windows": c.n_windows, "n_subjects": c.n_subjects,
    }  # fmt: skip
    return found | {"seeds": " ".join(f"{seed}:{value:.6g}" for seed, value in row.seeds)}


def ranks_chart(table: Table) -> Chart | None:
    """Give the critical-difference picture: arms at their mean ranks, joined where none differ; None without."""
    found = table.standing
    if found is None:
        return None
    base, first = -0.9 - 0.35 * len(found.alike), 0.0
    series = []
    for at, (arm, rank) in enumerate(zip(found.arms, found.ranks, strict=True)):
        series.append(Series("", arm, (rank, rank), (base, first + at), kind="leader"))
        series.append(Series("", arm, (rank,), (first + at,), (), (f"{title_of(arm)}: mean rank {rank:.2f}",), "rows"))
    for at, (start, end) in enumerate(found.alike):
        level = base + 0.35 * (at + 1)
        series.append(Series("", "", (found.ranks[start] - 0.04, found.ranks[end] + 0.04), (level, level), kind="bar"))
    corner = (1.0, 1.0 + min(found.critical, len(found.arms) - 1.0))
    series.append(Series("", "", corner, (base - 0.55, base - 0.55), kind="bar"))
    named = tuple((first + at, title_of(arm)) for at, arm in enumerate(found.arms))
    ranks = tuple((float(at), str(at)) for at in range(1, len(found.arms) + 1))
    listed = ", ".join(f"{title_of(arm)} {rank:.2f}" for arm, rank in zip(found.arms, found.ranks, strict=True))
    sentence = found.sentence({arm: title_of(arm) for arm in found.arms})
    return Chart(
        name="ranks",
        title=f"Mean ranks by {table.title}, critical difference {found.critical:.2f}",
        x=Axis("mean rank (1 is best)", ranks, (0.8, len(found.arms) + 0.2)),
        y=Axis("", ((base - 0.55, "critical difference"), *named), (first + len(named) - NEAR, base - 1.0)),
        series=tuple(series),
        words=f"Mean ranks: {listed}. {sentence}",
        note=f"{table.blocks}. Thick lines join arms that lie closer than the critical difference (Nemenyi, 5%). A block is a "
        "seed, experiments on the same people averaged: it speaks of training's luck, not of new people.",
        rows=tuple(
            {"arm": arm, "mean_rank": rank, "blocks": found.blocks, "critical": found.critical, "p_friedman": found.p}
            for arm, rank in zip(found.arms, found.ranks, strict=True)
        ),
        height=AROUND + ROW * (len(named) + 2 + len(found.alike)),
    )  # fmt: skip
