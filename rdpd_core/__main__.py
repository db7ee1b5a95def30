"""The command line: `python -m rdpd_core COMMAND`. Options of an experiment come from its own declaration."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rdpd_core.errors import RdpdError
from rdpd_core.terminal import Bars, LazyParser, print_json, print_rows

PROGRAM = "python -m rdpd_core"


def build_parser() -> argparse.ArgumentParser:
    """Give the parser of all commands; each declares its options when it is asked for."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Which sensors are enough, and how much can a teacher help?")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=LazyParser)

    def command(name: str, does: str, declare: Callable[[argparse.ArgumentParser], None]) -> None:
        commands.add_parser(name, help=does, description=does).declare = declare

    command("datasets", "list the data sets: what is here, and how to get the rest", _datasets_options)
    command("data", "look at files of your own, add them as a data set, verify and delete it", _data_options)
    command("simulate", "write simulated files in the form of a data set, to run without the original", _simulate_options)
    command("download", "fetch an open data set from its publisher, the licence shown first", _download_options)
    command("models", "list trained models; take one in, hand one out, say what one costs", _models_options)
    command("methods", "list distillation methods and their settings", lambda sub: _calls(sub, _methods))
    command("compare", "train teacher and students, and compare them on the test subjects", _compare_options)
    command("analyze", "ask stored models: where they look, how sure they are, who is misjudged", _analyze_options)
    command("jobs", "start, watch, stop, resume and carry away work that outlives this terminal", _jobs_options)
    command("study", "named studies: tables and figures of the paper redone, every subset of some channels", _study_options)
    command("results", "show results of studies, those that come with the program and those made here", _results_options)
    command("report", "compare finished experiments: table, curves, and a page that can be made again", _report_options)
    command("evaluate", "score one trained model", _evaluate_options)
    command("bench", "time cohort training against a plain loop; prints ratios", _bench_options)
    command("pretrain", "rebuild the models that come with the program", _pretrain_options)
    return parser


def _calls(sub: argparse.ArgumentParser, call: Callable[[argparse.Namespace], int | None]) -> None:
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.set_defaults(call=call)


def _datasets_options(sub: argparse.ArgumentParser) -> None:
    _calls(sub, _datasets)
    sub.add_argument("name", nargs="?", help="show this one's card: figures, classes, quality; reads it, the first time whole")
    sub.add_argument("--data-root", help="folder of the data sets; else RDPD_DATA, else the platform's data folder")


def _data_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.jobs import data_commands

    data_commands.declare(sub)


def _simulate_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments import dataset_commands

    _calls(sub, dataset_commands.simulate)
    dataset_commands.declare_simulate(sub)


def _download_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments import dataset_commands

    _calls(sub, dataset_commands.fetch)
    dataset_commands.declare_download(sub)


def _models_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments import model_commands

    _calls(sub, _models)
    model_commands.declare(sub)
    sub.add_argument("--dataset", help="only models of this data set")
    sub.add_argument("--verify", action="store_true", help="read every weights file and check its digest")


def _compare_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments.options import experiment_options, place_options

    _calls(sub, _compare)
    experiment_options(sub)
    place_options(sub)
    sub.add_argument("--save", action="store_true", help="keep all models")
    sub.add_argument("--csv", type=Path, help="write the table to this file as well")


def _analyze_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments import analyze_commands

    analyze_commands.declare(sub)


def _jobs_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.jobs import commands

    commands.declare(sub)


def _report_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.jobs import report_command

    report_command.declare(sub)


def _study_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.jobs import study_commands

    study_commands.declare(sub)


def _results_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments import result_commands

    result_commands.declare(sub)


def _evaluate_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments.options import place_options

    _calls(sub, _evaluate)
    sub.add_argument("model", help="DATASET/NAME, or NAME")
    sub.add_argument("--dataset", help="data set to score on; must fit the model")
    sub.add_argument("--part", choices=("train", "valid", "test"), default="test", help="which subjects")
    sub.add_argument("--noise", type=float, default=0.0, help="amplitude of noise on the model's channels (Equation 16)")
    place_options(sub)


def _bench_options(sub: argparse.ArgumentParser) -> None:
    _calls(sub, _bench)
    sub.add_argument("--shapes", nargs="+", default=["pamap2", "mimic3"], help="shapes of the paper")
    sub.add_argument("--members", nargs="+", type=int, default=[1, 10, 50], help="cohort sizes")
    sub.add_argument("--repeats", type=int, default=3, help="runs of each; medians count")
    sub.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    sub.add_argument("--lab", action="store_true", help="time a cohort of the channel lab against its students one by one")
    sub.add_argument("--attribution", action="store_true", help="time attributions instead: one by one, at once, and captum")


def _pretrain_options(sub: argparse.ArgumentParser) -> None:
    from rdpd_core.experiments.options import place_options

    _calls(sub, _pretrain)
    sub.add_argument("--out", type=Path, help="folder to write to; else pretrained/ of the program")
    sub.add_argument("--only", nargs="+", help="only these data sets")
    place_options(sub)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a failure that a user can cause is one line on standard error and exit code 1."""
    given = build_parser().parse_args(arguments)
    os.umask(0o077)  # what is written from here on is for nobody else to read
    name = " ".join([PROGRAM, given.command, *filter(None, [getattr(given, "action", None)])])
    try:
        code = given.call(given) or 0
        sys.stdout.flush()
        return code
    except RdpdError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _datasets(given: argparse.Namespace) -> None:
    from rdpd_core.datasets import listed

    if given.name:
        from rdpd_core.experiments.dataset_commands import show_card

        show_card(given.name, given.data_root, given.json)
        return
    rows, kinds = [], listed()
    for kind in kinds:
        here = kind(given.data_root).present()
        rows.append(
            {
                "name": kind.name, "title": kind.title, "here": "simulated" if kind.simulated else "yes" if here else "no",
                "channels": len(kind.channels), "classes": len(kind.classes), "rate (Hz)": kind.preparation.rate_hz,
                "window (s)": kind.preparation.window_s, "views": ", ".join(kind.views), "licence": kind.licence,
            }
        )  # fmt: skip
    print_rows(rows, given.json)
    if not given.json:
        for kind in kinds:
            if not kind(given.data_root).present():
                print(f"\n{kind.name}: {kind.obtain} It belongs in {kind(given.data_root).folder}")


def _models(given: argparse.Namespace) -> None:
    from rdpd_core.experiments import model_commands
    from rdpd_core.store import Store

    if model_commands.call(given):
        return
    store = Store.default()
    listing = store.list(given.dataset)
    rows = []
    for card in listing.cards:
        scores = card.scores.get("test", {}).get("values", {})
        row = {"model": card.key, "title": card.title, "recipe": card.recipe, "parameters": card.parameters["used"]}
        row |= {f"test {name}": round(scores[name], 3) for name in ("roc_auc", "pr_auc", "macro_f1") if name in scores}
        rows.append(row | ({"verified": bool(store.verify(card.dataset, card.name))} if given.verify else {}))
    print_rows(rows, given.json)
    for problem in listing.problems:
        print(f"refused: {problem.dataset}/{problem.name}: {problem.reason}", file=sys.stderr)


def _methods(given: argparse.Namespace) -> None:
    from rdpd_core.methods import METHODS

    rows = [
        {"name": m.name, "title": m.title, "imitates": m.family, "settings": ", ".join(m.Params.__dataclass_fields__),
         "reference": m.reference}
        for m in METHODS
    ]  # fmt: skip
    print_rows(rows, given.json)


def _compare(given: argparse.Namespace) -> None:
    from rdpd_core.evaluation import tables
    from rdpd_core.experiments import comparison_of, keep, run
    from rdpd_core.experiments.options import experiment_of
    from rdpd_core.experiments.printed import record_of, text_of
    from rdpd_core.files import write_atomic
    from rdpd_core.store import Store

    experiment = experiment_of(given)
    with Bars() as progress:
        result = run(experiment, given.data_root, given.device, report=progress)
        progress({"kind": "stage", "title": "intervals and tests"})
        comparison = comparison_of(result)
    cards = keep(result, Store.default(), _now()) if given.save else []
    if given.csv:
        write_atomic(given.csv, tables.to_csv(comparison).encode())
    record = record_of(result, comparison)
    if given.json:
        print_json({**record, "saved": [card.key for card in cards]})
        return
    print("\n".join([text_of(record), *(f"saved: {card.key}" for card in cards)]))


def _evaluate(given: argparse.Namespace) -> None:
    from rdpd_core.evaluation import METRICS
    from rdpd_core.evaluation.scores import cell
    from rdpd_core.experiments.score import score_model
    from rdpd_core.store import Store

    with Bars() as progress:
        card, scores, notices = score_model(
            Store.default(), given.model, given.dataset, given.part, given.noise, given.data_root, given.device, progress
        )
    if given.json:
        print_json({"model": card.key, "part": given.part, "noise": given.noise, "scores": scores.to_dict()})
        return
    shown = {m: scores.per_class[m] for m in ("roc_auc", "pr_auc") if m in scores.per_class}
    print(f"{card.title} ({card.key}), {given.part} subjects, noise amplitude {given.noise:g}")
    print_rows([{"score": METRICS[name].title, "value [95%]": scores.cell(name)} for name in scores.values], False)
    by_class = [
        {"class": name, "windows": scores.support[name]}
        | {METRICS[m].title: cell(values[name], scores.per_class_intervals.get(m, {}).get(name)) for m, values in shown.items()}
        for name in next(iter(shown.values()))
    ]
    print()
    print_rows(by_class, False)
    print(scores.basis())
    for sentence in notices:
        print(sentence)


def _bench(given: argparse.Namespace) -> None:
    if given.attribution:
        _bench_attribution(given)
        return
    if given.lab:
        _bench_lab(given)
        return
    from rdpd_core.experiments.bench import bench
    from rdpd_core.runtime import pick_device

    timings = bench(
        given.shapes, given.members, pick_device(given.device), given.repeats, lambda text: print(text, file=sys.stderr)
    )
    if given.json:
        print_json([t.to_dict() for t in timings])
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
    print_rows(rows, False)
    print("Faster than a plain PyTorch loop in the same run; the share counts the convolution's products alone.")


def _bench_lab(given: argparse.Namespace) -> None:
    from rdpd_core.experiments import bench_lab
    from rdpd_core.runtime import pick_device

    say = partial(print, file=sys.stderr)
    found = bench_lab.bench(repeats=given.repeats, device=pick_device(given.device), say=say)
    if given.json:
        print_json(found)
        return
    print_rows([{"students together": found["students"], "times faster per student": f"{found['ratio']:.1f}"}], False)
    print("Faster than the same students trained one after another by the same trainer, in the same run.")


def _bench_attribution(given: argparse.Namespace) -> None:
    from rdpd_core.experiments import bench_attribution

    found = bench_attribution.bench(repeats=given.repeats)
    if given.json:
        print_json(found)
        return
    print_rows(bench_attribution.rows(found), False)
    print(bench_attribution.basis(found))


def _pretrain(given: argparse.Namespace) -> None:
    from rdpd_core.experiments.pretrain import pretrain
    from rdpd_core.store.store import pretrained_root

    with Bars() as progress:
        cards = pretrain(given.out or pretrained_root(), given.only, given.data_root, given.device, progress)
    print_rows([{"model": card.key, "parameters": card.parameters["used"]} for card in cards], given.json)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    sys.exit(main())
