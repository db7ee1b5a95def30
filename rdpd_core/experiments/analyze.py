"""Runs an analysis, or gives what it found before: results are kept by the digests of all that went into them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rdpd_core import __version__
from rdpd_core.errors import DataError
from rdpd_core.experiments.analyses import ANALYSES, Analysis, Result
from rdpd_core.experiments.data import load
from rdpd_core.experiments.source import Asked, Source, open_source
from rdpd_core.files import cache_root, digest_bytes, digest_json, read_json, write_json
from rdpd_core.store import Store

FORMAT = 2


def analyze(
    name: str,
    asked: Asked,
    params: Mapping[str, Any] | None = None,
    *,
    data_root: str | Path | None = None,
    store: Store | None = None,
    fresh: bool = False,
    on_progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Result:
    """Answer a question about stored models.

    Args:
        name: Of the analysis.
        asked: Which models, and which windows.
        params: Settings of the analysis; what is left out keeps its default.
        data_root: Where data sets lie.
        store: Where the models are; None takes the default store.
        fresh: Compute again, even if the result is kept.
        on_progress: Told what is being done; may raise to end it.

    Raises:
        RdpdError: Something is unknown, missing, or cannot be answered; the message says what to do.
    """
    analysis = ANALYSES.get(name)
    made = analysis(analysis.Params.from_dict(params or {}))
    on_progress("reading the data", 0, 1)
    loaded = load(asked.dataset, data_root, asked.split)
    on_progress("asking the models", 0, 1)
    return answer(made, open_source(asked, loaded, store), fresh, on_progress)


def answer(analysis: Analysis, source: Source, fresh: bool, on_progress: Callable[[str, int, int], None]) -> Result:
    """Run an analysis on a source, or give what it found before."""
    path = kept_path(analysis, source)
    found = None if fresh else _kept(path, on_progress)
    if found is None:
        on_progress(analysis.title, 0, 1)
        found = analysis.run(source, on_progress)
        text = json.dumps(found.to_dict(), allow_nan=False)  # as text, since files of ours are sorted and arms have an order
        write_json(path, {"sha256": digest_bytes(text.encode()), "result": text})
    return found


def kept_path(analysis: Analysis, source: Source) -> Path:
    """Give where a result is kept; the name changes with weights, windows, settings and versions."""
    key = [FORMAT, __version__, analysis.name, analysis.version, analysis.params.to_dict(), source.key()]
    return cache_root() / "analyses" / f"{analysis.name}-{digest_json(key)[:32]}.json"


def _kept(path: Path, on_progress: Callable[[str, int, int], None]) -> Result | None:
    """Give a kept result; one that is damaged is said, and made again."""
    if not path.exists():
        return None
    try:
        kept = read_json(path)
        text = str(kept.get("result")) if isinstance(kept, dict) else ""
        if not text or digest_bytes(text.encode()) != kept.get("sha256"):
            raise DataError(f"{path} does not hold what was written")
        return Result.from_dict(json.loads(text))
    except DataError:
        on_progress("the kept result is damaged and is made again", 0, 1)
        return None
