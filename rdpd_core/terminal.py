"""What commands print: tables, JSON, bars; and parsers whose options are declared only when somebody asks for them."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CREDENTIALED = "--credentialed"
"""Confirms that what was made from credentialed data may be written for somebody to take away."""


class LazyParser(argparse.ArgumentParser):
    """A parser that declares its options at the first look, since declaring some of them loads PyTorch."""

    declare: Callable[[LazyParser], None] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, after declaring what there is to parse."""
        if self.declare is not None:
            declare, self.declare = self.declare, None
            declare(self)
        return super().parse_known_args(args, namespace)


class Bars:
    """Draws stages and bars on standard error, where a person watches."""

    def __init__(self) -> None:
        """Begin without a bar."""
        self.bar: Any = None
        self.title = ""

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __call__(self, event: dict[str, Any]) -> None:
        """Draw an event of an experiment."""
        from tqdm import tqdm

        if event["kind"] == "stage":
            self._close()
            self.title = event["title"]
            if not sys.stderr.isatty():
                print(self.title, file=sys.stderr, flush=True)
        elif event["kind"] in ("recordings", "step") and sys.stderr.isatty():
            total, done = (event["total"], event["done"]) if event["kind"] == "recordings" else (event["steps"], event["step"])
            if self.bar is None or self.bar.total != total or done == 1:
                self._close()
                label = self.title + (f", epoch {event['epoch']}" if event["kind"] == "step" else "")
                unit = event.get("unit", "it")
                self.bar = tqdm(total=total, desc=label, leave=False, delay=0.2, unit=unit, unit_scale=unit == "B")
            self.bar.update(done - self.bar.n)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give rows as an aligned table with a head, columns in the order in which they first appear; "none" without rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [
        list(map(plain, columns)),
        *([plain("" if (v := row.get(name)) is None else str(v)) for name in columns] for row in rows),
    ]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    drawn = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(drawn) if rows else "none"


def print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    if as_json:
        print_json(rows)
    else:
        print(table(rows))


def print_json(value: Any) -> None:
    """Print JSON."""
    print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def plain(text: str) -> str:
    """Give text that a terminal shows and does not obey: what controls it becomes a question mark, line ends become spaces."""
    return "".join(" " if c in "\n\t" else "?" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)
