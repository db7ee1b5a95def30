"""A comparison as one HTML file that opens without network, and that can be made again, byte for byte, from its footer.

Nothing in it comes from a clock or from chance: two reports of the same jobs and the same selection are the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from rdpd_core import __version__
from rdpd_core.errors import DataError, IncompatibleError, RdpdError
from rdpd_core.evaluation.scores import COMPARED, METRICS
from rdpd_core.experiments.compared.chart import Chart
from rdpd_core.experiments.compared.curves import axes_of, courses, curve_chart, curve_sentences
from rdpd_core.experiments.compared.drawn import basis, ranks_chart, scores_chart
from rdpd_core.experiments.compared.entry import Entry, labels
from rdpd_core.experiments.compared.learned import learning_chart, size_chart, size_row, sizes
from rdpd_core.experiments.compared.printed import shown_rows
from rdpd_core.experiments.compared.selection import Selection
from rdpd_core.experiments.compared.svg import to_svg
from rdpd_core.experiments.compared.table import Table, corrected, table_of

FORMAT = 1
NOTE = "Research software, not for clinical use."
MOST_LEARNING = 12
_RECORD = re.compile(rb'<script type="application/json" id="record">(.*?)</script>', re.DOTALL)
_STYLE = (
    "body{font:15px/1.45 sans-serif;max-width:76em;margin:1.5em auto;padding:0 1em;color:#121A20;background:#fff}"
    "table{border-collapse:collapse;font-size:13px}th,td{text-align:left;padding:3px 10px;border-bottom:1px solid #d8dde1}"
    "svg{max-width:100%;height:auto}figure{margin:1em 0;overflow-x:auto}figcaption,footer,.quiet{color:#4A545C;font-size:13px}"
    "code{background:#f2f4f5;padding:2px 4px;overflow-wrap:anywhere}.wide{overflow-x:auto}summary{cursor:pointer}"
)
OutcomesOf = Callable[[Entry], Sequence[Mapping[str, Any]]]


def report_html(entries: Sequence[Entry], problems: Sequence[str], selection: Selection, outcomes_of: OutcomesOf) -> bytes:
    """Give the report.

    Args:
        entries: All experiments of the selection's jobs.
        problems: Sentences about jobs that could not be read.
        selection: What is looked at.
        outcomes_of: Gives what a job keeps of every model of an experiment.

    Raises:
        DataError: There is no experiment.
        UnknownNameError: The selection names what is not among them.
    """
    if not entries:
        raise DataError(f"there is no finished experiment to report on. {' '.join(problems)}".strip())
    table = table_of(entries, selection)
    n = len(table.entries)
    title = f"{n} {'experiment' if n == 1 else 'experiments'} compared by {table.title}"
    parts = [
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1><p><b>{NOTE}</b></p>",
        _paragraphs(problems),
        "<h2>What it says</h2>",
        _list(table.sentences()),
        *_tables(entries, table, selection),
        *_curves(entries, selection),
        *_models(table, selection, outcomes_of),
        _footer(entries, selection),
        "</body></html>\n",
    ]
    return "".join(parts).encode()


def _tables(entries: Sequence[Entry], table: Table, selection: Selection) -> Iterator[str]:
    yield f"<h2>{escape(table.title)}</h2>{_rows(shown_rows(table))}"
    yield f'<p class="quiet">{escape(basis(table))}</p>{_list(table.notices())}'
    yield _figure(scores_chart(table))
    if (ranks := ranks_chart(table)) is not None:
        yield _figure(ranks)
    for score in COMPARED:
        if score != selection.score and all(score in entry.comparison.rows for entry in entries):
            other = table_of(entries, selection, score)
            body = f"{_rows(shown_rows(other))}{_list(other.sentences())}"
            yield f"<details><summary>{escape(METRICS[score].title)}</summary>{body}</details>"


def _curves(entries: Sequence[Entry], selection: Selection) -> Iterator[str]:
    shown = selection.of(entries)
    axes = [selection.against] if selection.against else axes_of(shown)[:1]
    rows, _ = corrected(entries, selection.score)
    for axis in axes:
        for course in courses(shown, axis):
            if len(course.values) > 1:
                yield f"<h2>Against {escape(axis.replace('_', ' '))}</h2>{_figure(curve_chart(course, selection))}"
                yield _list(curve_sentences(course, selection, rows))


def _models(table: Table, selection: Selection, outcomes_of: OutcomesOf) -> Iterator[str]:
    """Yield what is known of the models; one sentence for an experiment whose models are not kept or cannot be read."""
    kept, told = {}, []
    for entry in table.entries:
        try:
            kept[entry.key] = outcomes_of(entry)
        except (RdpdError, OSError) as error:
            told.append(f"{entry.key}: {error}")
    there = [entry for entry in table.entries if entry.key in kept]
    if there:
        found = sizes(there, lambda entry: kept[entry.key])
        yield f"<h2>Size of the models</h2>{_figure(size_chart(table, found))}"
        yield _rows([size_row(line, found[line.key]) for line in table.lines if line.key in found])
    named = labels(table.entries, selection.names)
    for entry in there[:MOST_LEARNING]:
        try:
            yield _figure(learning_chart(entry, named[entry.key], kept[entry.key], selection.arms))
        except DataError as error:
            told.append(str(error))
    if len(there) > MOST_LEARNING:
        told.append(f"Courses of learning are drawn for the first {MOST_LEARNING} of {len(there)} experiments.")
    yield _paragraphs(told)


def _figure(chart: Chart) -> str:
    behind = f"<details><summary>Numbers</summary>{_rows(chart.rows)}</details>"
    return f"<figure>{to_svg(chart)}<figcaption>{escape(chart.words)} {escape(chart.note)}</figcaption>{behind}</figure>"


def _rows(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_cell(row.get(name)))}</td>' for name in columns)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _list(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(said)}</li>' for said in sentences)}</ul>" if sentences else ""


def _paragraphs(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{escape(said)}</p>" for said in sentences)


def _footer(entries: Sequence[Entry], selection: Selection) -> str:
    """Give what the report was made from, for people and for `read_record`."""
    record = record_of(entries, selection)
    rows = [
        {"experiment": e["key"], "job": e["job"], "sha256 of the table": e["digest"], "of its models": e["kept"],
         "seeds": e["seeds"],
         "sha256 of the recordings": "; ".join(f"{split}: {sha}" for split, sha in e["windows"].items()),
         "versions": ", ".join(f"{name} {v}" for name, v in e["versions"].items()), "made by": e["command"]}
        for e in record["experiments"]
    ]  # fmt: skip
    data = json.dumps(record, sort_keys=True, ensure_ascii=True).replace("<", "\\u003c")
    return (
        f"<footer><hr><h2>Made from</h2>{_rows(rows)}<p>rdpd_core {escape(__version__)}. The same report again: "
        f"<code>{escape(selection.command())} --out report.html</code>, or <code>python -m rdpd_core report --from THIS_FILE"
        f'.html --out report.html</code></p><script type="application/json" id="record">{data}</script></footer>'
    )


def record_of(entries: Sequence[Entry], selection: Selection) -> dict[str, Any]:
    """Give what a report is made from, as plain values."""
    about = [
        {"key": e.key, "job": e.job, "digest": e.digest, "kept": e.kept, "windows": dict(sorted(e.windows.items())),
         "command": e.command, "versions": dict(sorted(e.versions.items())), "seeds": seeds_of(e)}
        for e in entries
    ]  # fmt: skip
    return {"format": FORMAT, "software": __version__, "selection": selection.to_dict(), "experiments": about}


def seeds_of(entry: Entry) -> str:
    """Give the seeds of an experiment: "0 to 4", or each where some are missing."""
    found = sorted({seed for row in next(iter(entry.comparison.rows.values()), ()) for seed, _ in row.seeds})
    whole = len(found) > 2 and found == list(range(found[0], found[-1] + 1))
    return f"{found[0]} to {found[-1]}" if whole else ", ".join(map(str, found))


def read_record(html: bytes) -> tuple[Selection, list[dict[str, Any]], str]:
    """Give what a report was made from: the selection, what is known of each experiment, and the program's version.

    Raises:
        DataError: It is no report of this program, or of a newer one.
    """
    found = _RECORD.search(html)
    if found is None:
        raise DataError("the file holds no record of a report; give a file that `report --out` or the page Compare wrote")
    try:
        record = json.loads(found.group(1))
        if record["format"] > FORMAT:
            raise DataError(f"the report has format {record['format']}, this version reads up to {FORMAT}; get a newer version")
        return Selection.from_dict(record["selection"]), list(record["experiments"]), str(record["software"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"the record in the report cannot be read ({error}); it was damaged or edited") from error


def check_same(entries: Sequence[Entry], before: Sequence[Mapping[str, Any]], software: str) -> None:
    """Refuse to call a report the same again if what it was made from has changed.

    Args:
        entries: The experiments as they are here.
        before: As `read_record` gives.
        software: Version that made the report.

    Raises:
        IncompatibleError: Something is missing or another; all of it is named.
    """
    here = {entry.key: entry for entry in entries}
    gone = [str(e["key"]) for e in before if e["key"] not in here]
    there = [(e, here[e["key"]]) for e in before if e["key"] in here]
    other = [entry.key for e, entry in there if entry.digest != e["digest"]]
    models = [entry.key for e, entry in there if entry.kept != e["kept"] and entry.key not in other]
    told = [f"not here any more: {', '.join(gone)}"] if gone else []
    told += [f"other numbers than then: {', '.join(other)}"] if other else []
    told += [f"other models are kept than then: {', '.join(models)}"] if models else []
    told += [f"made by version {software}, this is {__version__}"] if software != __version__ else []
    if told:
        raise IncompatibleError(
            f"the report cannot be made again as it was: {'; '.join(told)}. Without --from a new one is made"
        )
