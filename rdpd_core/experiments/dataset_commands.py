"""The commands about data sets: what one holds and how good it is, and files simulated in its form."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rdpd_core.datasets import DATASETS
from rdpd_core.datasets._downloading import download
from rdpd_core.datasets.base import with_simulator, write_simulated
from rdpd_core.errors import DataError, ParameterError
from rdpd_core.experiments.data import prepare
from rdpd_core.terminal import Bars, print_json, print_rows


def declare_simulate(sub: argparse.ArgumentParser) -> None:
    """Declare the options of `simulate`."""
    sub.add_argument("name", help=f"data set: {', '.join(with_simulator())}")
    sub.add_argument("out", type=Path, help="a data root; the files go to a new folder of the set's name in it")
    sub.add_argument("--scale", type=float, default=0.05, help="how much, as a share of the true set, from 0 to 1")
    sub.add_argument("--seed", type=int, default=0, help="other seeds are other people")


def simulate(given: argparse.Namespace) -> None:
    """Write simulated files and say where."""
    kind = DATASETS.get(given.name)
    folder = write_simulated(kind, given.out, given.scale, given.seed)
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    if given.json:
        print_json({"name": kind.name, "folder": str(folder), "files": len(files), "bytes": size})
        return
    print(f"{kind.title}, simulated: {len(files)} files, {size / 1e6:.1f} MB in {folder}; no person was measured")
    print(f"use them: --data-root {given.out}")


def declare_download(sub: argparse.ArgumentParser) -> None:
    """Declare the options of `download`."""
    able = [kind.name for kind in DATASETS if kind.download is not None]
    sub.add_argument("name", help=f"data set: {', '.join(able)}")
    sub.add_argument("--data-root", help="folder of the data sets; else RDPD_DATA, else the platform's data folder")
    sub.add_argument("--accept", action="store_true", help="accept the licence, which is shown first, without being asked")
    sub.add_argument("--from", dest="address", default="", help="another https address that holds the same")


def fetch(given: argparse.Namespace) -> None:
    """Show the licence of a data set, ask, and fetch it.

    Raises:
        DataError: It cannot be fetched so, or something went wrong on the way; what is here stays, and the next call goes on.
        ParameterError: The licence was not accepted.
    """
    kind = DATASETS.get(given.name)
    folder = kind(given.data_root).folder
    if kind.asks:
        raise DataError(f"{kind.title} reads the files of {kind.asks}; fetch these: python -m rdpd_core download {kind.asks}")
    if kind.download is None:
        raise DataError(
            f"{kind.title} is not fetched by this program: {kind.obtain} It belongs in {folder}. Licence: {kind.licence}"
        )
    print(f"{kind.title}, {kind.download.size}", file=sys.stderr)
    print(f"licence: {kind.licence}; read it at {kind.obtain.split()[0]}", file=sys.stderr)
    print(f"from {given.address or kind.download.address}\nto {folder}", file=sys.stderr)
    if not given.accept:
        if not sys.stdin.isatty():
            raise ParameterError("the licence was not accepted; read it, and add --accept")
        print("Type yes to accept the licence and begin: ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() != "yes":
            raise ParameterError("the licence was not accepted; nothing was fetched")
    with Bars() as bars:
        many = download(kind.download, folder, given.address, _telling(bars))
    if not kind(given.data_root).present():
        raise DataError(f"{folder} does not hold {', '.join(kind.files)} after all; look whether the address is right")
    if given.json:
        print_json({"name": kind.name, "folder": str(folder), "files": many})
    else:
        print(f"{kind.title}: {many} files fetched, the others were here; checked, in {folder}")


def _telling(bars: Bars) -> Callable[[str, int, int], None]:
    last: list[str] = []

    def tell(name: str, done: int, total: int) -> None:
        if sys.stderr.isatty() and last != [name]:
            last[:] = [name]
            bars({"kind": "stage", "title": name})
        bars({"kind": "recordings", "done": done, "total": total or None, "unit": "B"})

    return tell


def card_of(name: str, data_root: str | Path | None, bars: Bars) -> dict[str, Any]:
    """Give the card of a data set that is here: its figures beside the published ones, its classes, and its quality.

    Raises:
        MissingDataError: Its files are not there.
        DataError: They cannot be read.
    """
    bars({"kind": "stage", "title": f"reading {name}"})
    dataset, prepared = prepare(
        name,
        data_root,
        lambda done, total: bars({"kind": "recordings", "done": done, "total": total}),
        lambda done, total: bars({"kind": "recordings", "done": done, "total": total, "unit": "B"}),
    )
    windows, published = prepared.windows, dataset.published
    found = {"classes": len(windows.classes), "channels": len(windows.channels), **dataset.figures()}
    used = {"subjects": len(np.unique(windows.subject)), "windows": len(windows)}
    return {
        "name": name,
        "title": dataset.title,
        "simulated": dataset.simulated,
        "figures": [
            {"figure": key, "paper": published.get(key), "files": found.get(key), "windows": used.get(key)}
            for key in dict.fromkeys([*published, *found, *used])
        ],
        "classes": [{"class": c, "subjects": n.subjects, "windows": n.windows} for c, n in prepared.counts.items()],
        "left out": [{"class": c, "subjects": n.subjects, "windows": n.windows} for c, n in prepared.left_out.items()],
        "quality": [row.to_row() for row in prepared.quality],
        "notices": list(prepared.notices),
    }


def show_card(name: str, data_root: str | Path | None, as_json: bool) -> None:
    """Print the card of a data set."""
    with Bars() as bars:
        card = card_of(name, data_root, bars)
    if as_json:
        print_json(card)
        return
    print(f"{card['title']}{' (simulated files)' if card['simulated'] else ''}")
    for part, said in (
        ("figures", "What it holds: in the paper's Table 1, in the files, in the windows made of them"),
        ("classes", "Classes"),
        ("quality", "Quality of the recordings as they came, before gaps were filled"),
    ):
        print(f"\n{said}")
        print_rows(card[part], False)
    print()
    for notice in card["notices"]:
        print(notice)
