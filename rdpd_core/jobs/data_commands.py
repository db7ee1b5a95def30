"""The command `data`: a first look at files, adding them as a data set, and what can be done with added sets.

It stands with the jobs, because deleting a data set deletes its jobs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.terminal import plain, print_json, print_rows

UNIT_SIGN = ":"


def declare(sub: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = sub.add_subparsers(dest="action", required=True)
    look = _action(actions, "look", _look, "say what files hold, and what their columns probably mean")
    add = _action(actions, "add", _add, "make files a data set")
    for one in (look, add):
        one.add_argument("files", nargs="+", metavar="FILE", help="files of one form, a folder, or one zip archive of files")
        one.add_argument("--delimiter", default="", help="between fields: comma, semicolon, tab, bar or space; else found out")
        one.add_argument("--decimal", default="", help=". or ,; else found out")
        one.add_argument("--default-gain", action="store_true", help="read a WFDB gain of 0 as 200 steps per mV")
    _adding(add)
    _action(actions, "list", _list, "list the added data sets")
    _action(
        actions, "verify", _verify, "read all samples of an added data set and compare them with their digest"
    ).add_argument("name")
    gone = _action(actions, "delete", _delete, "remove an added data set, what was derived from it, its jobs and its models")
    gone.add_argument("name")
    gone.add_argument("--yes", action="store_true", help="do it; without this, only say what would go")


def _action(actions: Any, name: str, call: Any, does: str) -> argparse.ArgumentParser:
    one = actions.add_parser(name, help=does, description=does)
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(call=call)
    return one


def _adding(add: argparse.ArgumentParser) -> None:
    add.add_argument("--name", required=True, help="of the data set: small letters, digits, _")
    add.add_argument("--title", default="", help="for people; else the name")
    add.add_argument(
        "--map", dest="mapping", type=Path, help="JSON file that says what the columns mean, as look --json suggests it"
    )
    add.add_argument("--time", help="column of time; else found out")
    add.add_argument("--time-unit", help="s, ms, us, ns, min, h or date")
    add.add_argument("--rate", type=float, help="samples per second; else found out from times")
    add.add_argument("--subject", help="column of the person; @file or @folder take the name of the file or of its folder")
    add.add_argument("--label", help="column of the class, @file or @folder")
    add.add_argument("--recording", help="column that tells recordings of one person apart")
    add.add_argument("--gap", type=float, help="a gap longer than this ends a recording, in s; else 1, or three samples")
    add.add_argument(
        "--window", type=float, default=0.0, help="length of a window, in s; else 5 s, or 50 samples if these are longer"
    )
    add.add_argument(
        "--like", default="", help="DATASET/VIEW: stored students that are to read the recordings, for example dsads/right_arm"
    )
    add.add_argument(
        "--channel", action="append", default=[], metavar="NAME=COLUMN[:UNIT]",
        help="a channel and the column it comes from; else found out. With --like, NAME is a channel these students read",
    )  # fmt: skip
    add.add_argument(
        "--mask",
        action="store_true",
        help="with --like: let channels that were not measured stand at the training mean, and mark them",
    )


def _options(given: argparse.Namespace) -> Any:
    from rdpd_core.intake.formats.base import Options

    return Options(given.delimiter, given.decimal, given.default_gain)


def _look(given: argparse.Namespace) -> None:
    from rdpd_core.experiments.own_cases import readers
    from rdpd_core.intake import keeping, sources
    from rdpd_core.intake.planning import free_mapping
    from rdpd_core.intake.suggest import match, suggest

    told = keeping.look(sources.given_paths(given.files), _options(given))
    found = suggest(told)
    fits = {key: len(match(found.signals, reader.channels)) / len(reader.channels) for key, reader in readers().items()}
    if given.json:
        print_json(told | {"suggested": free_mapping(told, found).to_dict() if found.signals else None, "readers": fits})
        return
    print(f"{told['kind']}: {told['rows']} rows, {told['wide']} columns, {told['pieces']} recordings in the file")
    print_rows([_row(column) for column in told["columns"]], False)
    for sentence in [*told["notices"], *(f"Probably {why}." for why in found.why)]:
        print(plain(sentence))
    for key, share in sorted(fits.items(), key=lambda entry: -entry[1]):
        if share > 0:
            print(f"students of {key}: columns for {share:.0%} of the channels they read")


def _row(column: dict[str, Any]) -> dict[str, Any]:
    number = {k: f"{column[k]:.4g}" for k in ("low", "high", "mean") if column.get(k) is not None}
    return {"column": column["name"], "unit": column["unit"], "holds": "numbers" if column["numeric"] else "text",
            "missing": column["missing"], **number, "infinite": column.get("infinite") or None}  # fmt: skip


def _add(given: argparse.Namespace) -> None:
    from rdpd_core.intake import keeping, sources
    from rdpd_core.intake.suggest import suggest

    keeping.check_name(given.name)
    files, options = sources.given_paths(given.files), _options(given)
    told = keeping.look(files, options)
    plan = _plan(given, told, suggest(told))
    draft = keeping.take(plan, files, options)
    try:
        kind = keeping.keep(draft)
    finally:
        keeping.discard(draft)
    record = kind.record
    quality = [{k: f"{v:.3g}" if isinstance(v, float) else v for k, v in row.items()} for row in record.quality["channels"]]
    if given.json:
        print_json(
            {
                "name": kind.name,
                "quality": dict(record.quality),
                "notices": list(record.notices),
                "mapping": dict(record.mapping),
            }
        )
        return
    print(f"{kind.title}: {kind.summary}")
    print_rows(quality, False)
    if record.quality["classes"]:
        print_rows([{"class": name, **counts} for name, counts in record.quality["classes"].items()], False)
    for sentence in record.notices:
        print(plain(sentence))


def _plan(given: argparse.Namespace, told: dict[str, Any], found: Any) -> Any:
    from rdpd_core.experiments.own_cases import plan_for, reader_named
    from rdpd_core.intake.keeping import Plan
    from rdpd_core.intake.mapping import Mapping
    from rdpd_core.intake.planning import fields_of, free_mapping
    from rdpd_core.intake.suggest import match

    said = {
        "time": given.time, "time_unit": given.time_unit, "rate_hz": given.rate, "subject": given.subject, "label": given.label,
        "recording": given.recording, "gap_s": given.gap,
    }  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    asked = dict(_channel(text) for text in given.channel)
    columns, units = {n: c for n, (c, _) in asked.items()}, {c: u for c, u in asked.values() if u}
    if given.mapping is not None:
        if given.like or asked or said:
            raise ParameterError("--map says what the columns mean; leave the other options out, or edit the file")
        return Plan(given.name, Mapping.from_dict(_read_map(given.mapping)), given.title, window_s=given.window)
    if given.like:
        reader = reader_named(given.like)
        columns = columns or match(found.signals, reader.channels)
        return plan_for(given.name, reader, columns, found.signals | units, fields_of(found) | said, given.mask, given.title)
    return Plan(given.name, free_mapping(told, found, columns, units, said), given.title, window_s=given.window)


def _channel(text: str) -> tuple[str, tuple[str, str]]:
    name, sign, column = text.partition("=")
    if not sign or not name or not column:
        raise ParameterError(f"--channel {text!r}: give NAME=COLUMN, or NAME=COLUMN:UNIT")
    head, sign, unit = column.rpartition(UNIT_SIGN)
    return name, (head, unit) if sign else (column, "")


def _read_map(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(
            f"{plain(path.name)}: it cannot be read as JSON; write it as look --json prints it under suggested"
        ) from error
    return value.get("suggested", value) if isinstance(value, dict) else {}


def _list(given: argparse.Namespace) -> None:
    from rdpd_core.datasets import own
    from rdpd_core.intake.keeping import size_of

    rows = [
        {"name": kind.name, "title": kind.title, "recordings": len(kind.record.recordings), "classes": len(kind.classes),
         "read by": kind.models_of or "models of its own", "size (MB)": round(size_of(own.own_root() / kind.name) / 1e6, 2),
         "added": kind.record.created}
        for kind in own.found().values()
    ]  # fmt: skip
    print_rows(rows, given.json)
    for problem in own.problems():
        print(f"\nrefused: {problem.reason}")


def _verify(given: argparse.Namespace) -> None:
    from rdpd_core.datasets import own
    from rdpd_core.errors import UnknownNameError

    sets = own.found()
    if given.name not in sets:
        raise UnknownNameError("added data set", given.name, sets)
    sets[given.name]().verify()
    told = {"name": given.name, "whole": True}
    print_json(told) if given.json else print(f"{given.name}: all samples are as they were written")


def _delete(given: argparse.Namespace) -> None:
    from rdpd_core.jobs import forgetting

    traces = forgetting.traces_of(given.name)
    what = f"{given.name}: {traces.bytes / 1e6:.2f} MB, {len(traces.jobs)} jobs, {len(traces.models)} models"
    if not given.yes:
        raise ParameterError(f"{what} would be deleted, and caches; say --yes to do it")
    freed = forgetting.forget(given.name)
    told = {"name": given.name, "jobs": len(traces.jobs), "models": len(traces.models), "freed_bytes": freed}
    print_json(told) if given.json else print(f"{what} were deleted; {freed / 1e6:.2f} MB are free again")
