"""The command line: `python -m rdpd_core COMMAND`. Options of an experiment come from its own declaration."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rdpd_core.errors import RdpdError

PROGRAM = "python -m rdpd_core"


def build_parser() -> argparse.ArgumentParser:
    """Give the parser of all commands."""
    from rdpd_core.experiments import Experiment

    parser = argparse.ArgumentParser(prog=PROGRAM, description="Which sensors are enough, and how much can a teacher help?")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, does: str, call: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=does, description=does)
        sub.add_argument("--json", action="store_true", help="print JSON")
        sub.set_defaults(call=call)
        return sub

    sub = command("datasets", "list the data sets: what is here, and how to get the rest", _datasets)
    sub.add_argument("--data-root", help="folder of the data sets; else RDPD_DATA, else the platform's data folder")
    sub = command("models", "list trained models, those shipped and those made here", _models)
    sub.add_argument("--dataset", help="only models of this data set")
    sub.add_argument("--verify", action="store_true", help="read every weights file and check its digest")
    command("methods", "list distillation methods and their settings", _methods)
    sub = command("compare", "train teacher and students, and compare them on the test subjects", _compare)
    sub.add_argument("dataset", help="name of a data set")
    _experiment_options(sub, Experiment)
    _place_options(sub)
    sub.add_argument("--save", action="store_true", help="keep all models")
    sub.add_argument("--csv", type=Path, help="write the table to this file as well")
    sub = command("evaluate", "score one trained model", _evaluate)
    sub.add_argument("model", help="DATASET/NAME, or NAME")
    sub.add_argument("--dataset", help="data set to score on; must fit the model")
    sub.add_argument("--part", choices=("train", "valid", "test"), default="test", help="which subjects")
    sub.add_argument("--noise", type=float, default=0.0, help="amplitude of noise on the model's channels (Equation 16)")
    _place_options(sub)
    sub = command("bench", "time cohort training against a plain loop; prints ratios", _bench)
    sub.add_argument("--shapes", nargs="+", default=["pamap2", "mimic3"], help="shapes of the paper")
    sub.add_argument("--members", nargs="+", type=int, default=[1, 10, 50], help="cohort sizes")
    sub.add_argument("--repeats", type=int, default=3, help="runs of each; medians count")
    sub.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    sub = command("pretrain", "rebuild the models that come with the program", _pretrain)
    sub.add_argument("--out", type=Path, help="folder to write to; else pretrained/ of the program")
    sub.add_argument("--only", nargs="+", help="only these data sets")
    _place_options(sub)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a failure that a user can cause is one line on standard error and exit code 1."""
    given = build_parser().parse_args(arguments)
    try:
        given.call(given)
    except RdpdError as error:
        print(f"{PROGRAM} {given.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{PROGRAM} {given.command}: stopped", file=sys.stderr)
        return 130
    return 0


def _experiment_options(sub: argparse.ArgumentParser, kind: Any) -> None:
    words = {
        "view": "named view, or channels separated by commas; the data set's first view if left out",
        "split": "named split, or all of them: all",
        "teacher": "name of a stored teacher; one is trained per seed if left out",
    }
    for f in dataclasses.fields(kind):
        option, meta = f"--{f.name.replace('_', '-')}", f.metadata
        if f.name in words:
            sub.add_argument(option, help=words[f.name])
        elif f.name == "arms":
            sub.add_argument(option, nargs="+", help=f"rows of the comparison; default: {' '.join(f.default)}")
        elif "options" in meta:
            sub.add_argument(option, choices=meta["options"], help=f"{meta['help']}; default {f.default}")
        elif "low" in meta:
            sub.add_argument(option, type=meta["kind"], help=f"{meta['help']}; default {f.default}")


def _place_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--data-root", help="folder of the data sets; else RDPD_DATA, else the platform's data folder")
    sub.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def _datasets(given: argparse.Namespace) -> None:
    from rdpd_core.datasets import DATASETS

    rows = []
    for kind in DATASETS:
        here = kind(given.data_root).present()
        rows.append(
            {
                "name": kind.name, "title": kind.title, "here": "simulated" if kind.simulated else "yes" if here else "no",
                "channels": len(kind.channels), "classes": len(kind.classes), "rate (Hz)": kind.preparation.rate_hz,
                "window (s)": kind.preparation.window_s, "views": ", ".join(kind.views), "licence": kind.licence,
            }
        )  # fmt: skip
    _print_rows(rows, given.json)
    if not given.json:
        for kind in DATASETS:
            if not kind(given.data_root).present():
                print(f"\n{kind.name}: {kind.obtain} It belongs in {kind(given.data_root).folder}")


def _models(given: argparse.Namespace) -> None:
    from rdpd_core.store import Store

    store = Store.default()
    listing = store.list(given.dataset)
    rows = []
    for card in listing.cards:
        scores = card.scores.get("test", {}).get("values", {})
        row = {"model": card.key, "title": card.title, "recipe": card.recipe, "parameters": card.parameters["used"]}
        row |= {f"test {name}": round(scores[name], 3) for name in ("roc_auc", "pr_auc", "macro_f1") if name in scores}
        rows.append(row | ({"verified": bool(store.verify(card.dataset, card.name))} if given.verify else {}))
    _print_rows(rows, given.json)
    for problem in listing.problems:
        print(f"refused: {problem.dataset}/{problem.name}: {problem.reason}", file=sys.stderr)


def _methods(given: argparse.Namespace) -> None:
    from rdpd_core.methods import METHODS

    rows = [
        {"name": m.name, "title": m.title, "imitates": m.family, "settings": ", ".join(m.Params.__dataclass_fields__),
         "reference": m.reference}
        for m in METHODS
    ]  # fmt: skip
    _print_rows(rows, given.json)


def _compare(given: argparse.Namespace) -> None:
    from rdpd_core.evaluation import tables
    from rdpd_core.experiments import Experiment, command_of, comparison_of, keep, run
    from rdpd_core.files import write_atomic
    from rdpd_core.store import Store

    names = {f.name for f in dataclasses.fields(Experiment)}
    values = {name: value for name, value in vars(given).items() if name in names and value is not None}
    if "arms" in values:
        values["arms"] = tuple(values["arms"])
    experiment = Experiment(**values)
    with _Progress() as progress:
        result = run(experiment, given.data_root, given.device, report=progress)
        progress({"kind": "stage", "title": "intervals and tests"})
        comparison = comparison_of(result)
    cards = keep(result, Store.default(), _now()) if given.save else []
    if given.csv:
        write_atomic(given.csv, tables.to_csv(comparison).encode())
    if given.json:
        chosen = {split: {arm: dataclasses.asdict(c) for arm, c in found.items()} for split, found in result.choices.items()}
        _print_json(
            {
                "experiment": experiment.to_dict(),
                "comparison": comparison.to_dict(),
                "chosen": chosen,
                "notices": list(result.notices),
                "saved": [c.key for c in cards],
            }
        )
        return
    kind = next(iter(result.loaded.values())).dataset
    print(f"{kind.title}{' (simulated)' if kind.simulated else ''}, view {experiment.view}, recipe {experiment.recipe}\n")
    print(tables.text(comparison))
    for sentence in result.notices:
        print(sentence)
    for split, found in result.choices.items():
        for arm, choice in found.items():
            if choice.candidates > 1 or choice.source:
                kept = ", ".join(f"{k} {v:g}" for k, v in choice.settings.items() if k != "hard_weight" and v)
                how = f"as for {choice.source}" if choice.source else f"best of {choice.candidates}"
                print(f"chosen on validation subjects ({split}), {arm}: {kept}, {how}")
    print(f"repeat: {command_of(experiment)}")
    for card in cards:
        print(f"saved: {card.key}")


def _evaluate(given: argparse.Namespace) -> None:
    from rdpd_core.evaluation import METRICS
    from rdpd_core.evaluation.scores import cell
    from rdpd_core.experiments.score import score_model
    from rdpd_core.store import Store

    with _Progress() as progress:
        card, scores, notices = score_model(
            Store.default(), given.model, given.dataset, given.part, given.noise, given.data_root, given.device, progress
        )
    if given.json:
        _print_json({"model": card.key, "part": given.part, "noise": given.noise, "scores": scores.to_dict()})
        return
    shown = {m: scores.per_class[m] for m in ("roc_auc", "pr_auc") if m in scores.per_class}
    print(f"{card.title} ({card.key}), {given.part} subjects, noise amplitude {given.noise:g}")
    _print_rows([{"score": METRICS[name].title, "value [95%]": scores.cell(name)} for name in scores.values], False)
    by_class = [
        {"class": name, "windows": scores.support[name]}
        | {METRICS[m].title: cell(values[name], scores.per_class_intervals.get(m, {}).get(name)) for m, values in shown.items()}
        for name in next(iter(shown.values()))
    ]
    print()
    _print_rows(by_class, False)
    print(scores.basis())
    for sentence in notices:
        print(sentence)


def _bench(given: argparse.Namespace) -> None:
    from rdpd_core.experiments.bench import bench
    from rdpd_core.runtime import pick_device

    timings = bench(
        given.shapes, given.members, pick_device(given.device), given.repeats, lambda text: print(text, file=sys.stderr)
    )
    if given.json:
        _print_json([t.to_dict() for t in timings])
        return
    rows = [
        {
            "shape": t.shape, "students": t.members, "dropout": t.dropout_place.replace("_", " "),
            "times faster per student": f"{t.ratio:.1f}",
            "share of matrix rate": f"{t.matrix_share:.0%}",
            "peak memory (MB)": "unknown" if t.peak_mb is None else f"{t.peak_mb:.0f}",
        }
        for t in timings
    ]  # fmt: skip
    _print_rows(rows, False)
    print("Faster than a plain PyTorch loop in the same run; the share counts the convolution's products alone.")


def _pretrain(given: argparse.Namespace) -> None:
    from rdpd_core.experiments.pretrain import pretrain
    from rdpd_core.store.store import pretrained_root

    with _Progress() as progress:
        cards = pretrain(given.out or pretrained_root(), given.only, given.data_root, given.device, progress)
    _print_rows([{"model": card.key, "parameters": card.parameters["used"]} for card in cards], given.json)


class _Progress:
    """Draws stages and bars on standard error, where a person watches."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.title = ""

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __call__(self, event: dict[str, Any]) -> None:
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
                self.bar = tqdm(total=total, desc=label, leave=False, delay=0.2)
            self.bar.update(done - self.bar.n)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def _print_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    import pandas as pd

    if as_json:
        _print_json(rows)
    elif rows:
        print(pd.DataFrame(rows).fillna("").to_string(index=False, justify="left"))
    else:
        print("none")


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    sys.exit(main())
