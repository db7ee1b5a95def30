"""What the command `models` does with single models: take in, hand out, and say what one costs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rdpd_core.errors import DataError
from rdpd_core.terminal import CREDENTIALED, print_json, print_rows


def declare(sub: argparse.ArgumentParser) -> None:
    """Declare the options."""
    one = sub.add_mutually_exclusive_group()
    one.add_argument("--export", nargs=2, metavar=("MODEL", "FOLDER"), help="write card and weights to FOLDER/NAME")
    one.add_argument(
        "--import", dest="take", nargs="+", metavar="FILE", help="keep a model: its folder, its zip, or both files"
    )
    one.add_argument(
        "--onnx", nargs=2, metavar=("MODEL", "FILE"), help="write as ONNX and compare with PyTorch on real windows"
    )
    one.add_argument("--cost", metavar="MODEL", help="count multiply-adds of a window, and time one window on one thread")
    sub.add_argument("--runs", type=int, default=200, help="with --cost: windows to time")
    sub.add_argument("--windows", type=int, default=64, help="with --onnx: windows to compare on")
    sub.add_argument("--data-root", help="with --onnx: folder of the data sets; else RDPD_DATA")
    sub.add_argument(CREDENTIALED, action="store_true", help="also a model of credentialed data, whose agreement must allow it")


def call(given: argparse.Namespace) -> bool:
    """Do what was asked for with a single model; say whether anything was."""
    for name, act in (("export", _export), ("take", _take), ("onnx", _onnx), ("cost", _cost)):
        if getattr(given, name) is not None:
            _say(act(given), given.json)
            return True
    return False


def _say(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    flat = {k: v for k, v in found.items() if not isinstance(v, (dict, list))}
    print_rows([{"": name, "is": value} for name, value in flat.items()], False)
    for name, value in found.items():
        if name not in flat:
            print(f"\n{name}:")
            print_rows(value if isinstance(value, list) else [value], False)


def _export(given: argparse.Namespace) -> dict[str, Any]:
    from rdpd_core.datasets import leaving
    from rdpd_core.experiments.score import find_card
    from rdpd_core.store import Store
    from rdpd_core.store.exchange import export_folder

    store = Store.default()
    card = find_card(store, given.export[0])
    leaving.check(card.dataset, given.credentialed, given.data_root)
    folder = export_folder(store, card.dataset, card.name, Path(given.export[1]))
    return {"model": card.key, "folder": str(folder)}


def _take(given: argparse.Namespace) -> dict[str, Any]:
    from rdpd_core.store import Store
    from rdpd_core.store.exchange import take_in

    card = take_in(Store.default(), _files(list(map(Path, given.take))))
    return {"model": card.key, "title": card.title}


def _files(paths: list[Path]) -> dict[str, bytes]:
    """Give the bytes of files, or of the two files of a folder."""
    from rdpd_core.store.store import CARD, WEIGHTS

    if len(paths) == 1 and paths[0].is_dir():
        paths = [paths[0] / CARD, paths[0] / WEIGHTS]
    try:
        return {str(path): path.read_bytes() for path in paths}
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}; name a folder, a zip or both files") from error


def _onnx(given: argparse.Namespace) -> dict[str, Any]:
    from rdpd_core.datasets import leaving
    from rdpd_core.experiments.fitting import real_windows
    from rdpd_core.experiments.score import find_card
    from rdpd_core.files import write_atomic
    from rdpd_core.store import Store
    from rdpd_core.store.onnx_export import check_packages, export_onnx

    check_packages()
    store = Store.default()
    model, card = store.open(*find_card(store, given.onnx[0]).key.split("/"))
    leaving.check(card.dataset, given.credentialed, given.data_root)
    data, found = export_onnx(model, card, real_windows(card, given.windows, given.data_root))
    write_atomic(Path(given.onnx[1]), data)
    said = {"largest difference of a probability": found.probability, "largest difference of attention": found.attention}
    return {"model": card.key, "file": given.onnx[1], "bytes": len(data), "windows compared": found.windows, **said}


def _cost(given: argparse.Namespace) -> dict[str, Any]:
    import torch

    from rdpd_core.experiments.score import find_card
    from rdpd_core.store import Store
    from rdpd_core.store.cost import latency, multiply_adds

    store = Store.default()
    model, card = store.open(*find_card(store, given.cost).key.split("/"))
    count = multiply_adds(model)
    devices = [torch.device("cpu")] + ([torch.device("cuda")] if torch.cuda.is_available() else [])
    times = [latency(model, device, given.runs).to_dict() for device in devices]
    size = store.size_bytes(card.dataset, card.name)
    about = {"model": card.key, "bytes on disk": size, "multiply-adds of a window": count.total, "how": count.how}
    return {**about, "multiply-adds by layer": count.parts, "time of one window": times}
