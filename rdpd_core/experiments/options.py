"""Options of commands that ask for experiments, taken from what an experiment says of itself."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.experiment import ROLES, Experiment
from rdpd_core.experiments.networks import networks_of
from rdpd_core.experiments.study import grid

_WORDS = {
    "view": "named view, or channels separated by commas; the data set's first view if left out",
    "split": "named split, some joined by +, or all of them: all",
    "teacher": "name of a stored teacher; one is trained per seed if left out",
}
_NO_AXES = ("dataset",)


def experiment_options(parser: argparse.ArgumentParser) -> None:
    """Declare the data set, and an option for every setting of an experiment."""
    parser.add_argument("dataset", help="name of a data set")
    settings_options(parser)


def settings_options(parser: argparse.ArgumentParser, beside: Sequence[str] = ()) -> None:
    """Declare an option for every setting of an experiment, but for those named in `beside`."""
    for f in dataclasses.fields(Experiment):
        if f.name in beside:
            continue
        option, meta = f"--{f.name.replace('_', '-')}", f.metadata
        if f.name in _WORDS:
            parser.add_argument(option, help=_WORDS[f.name])
        elif f.name == "architecture":
            told = f"settings of the networks, of a role ({', '.join(ROLES)}) or of all: student.filters=32 dropout=0.2"
            parser.add_argument(option, nargs="+", metavar="ROLE.SETTING=VALUE", help=told)
        elif f.name == "arms":
            parser.add_argument(option, nargs="+", help=f"rows of the comparison; default: {' '.join(f.default)}")
        elif "options" in meta:
            parser.add_argument(option, choices=meta["options"], help=f"{meta['help']}; default {f.default}")
        elif "low" in meta:
            parser.add_argument(option, type=meta["kind"], help=f"{meta['help']}; default {f.default}")


def grid_option(parser: argparse.ArgumentParser) -> None:
    """Declare the option that makes a study of an experiment."""
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="FIELD=V1,V2",
        help="an experiment for each of these values; given again, for every combination. "
        "Several channels of a view, arms of a comparison, or settings of networks are joined by +: --grid view=I+II,V1",
    )


def place_options(parser: argparse.ArgumentParser) -> None:
    """Declare where data sets lie and what computes."""
    parser.add_argument("--data-root", help="folder of the data sets; else RDPD_DATA, else the platform's data folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def experiment_of(given: argparse.Namespace) -> Experiment:
    """Give the experiment that was asked for.

    Raises:
        UnknownNameError: Data set, view, arm or split is unknown.
        ParameterError: A number is outside its range.
    """
    names = {f.name for f in dataclasses.fields(Experiment)}
    values = {name: value for name, value in vars(given).items() if name in names and value is not None}
    return Experiment(**values | read_lists(values))


def read_lists(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings among those of a command line that are lists of words, as an experiment takes them.

    Raises:
        UnknownNameError: A role or setting of a network is unknown.
        ParameterError: A setting of a network has another form, or is out of range.
    """
    makers = {"arms": tuple, "architecture": networks_of}
    return {name: make(values[name]) for name, make in makers.items() if name in values}


def experiments_of(base: Experiment, axes: Sequence[str]) -> list[Experiment]:
    """Give the experiments of a grid; just `base` if there are no axes.

    Args:
        base: What all have in common.
        axes: As "noise=0,0.5,1".

    Raises:
        ParameterError: An axis has no values, or is there twice.
        UnknownNameError: No such setting.
    """
    found: dict[str, list[Any]] = {}
    for axis in axes:
        name, _, text = axis.partition("=")
        field = name.strip().replace("-", "_")
        if field in _NO_AXES:
            known = [f.name for f in dataclasses.fields(Experiment) if f.name not in _NO_AXES]
            raise UnknownNameError("setting of a grid", field, known)
        values = [value.strip() for value in text.split(",") if value.strip()]
        if not values or field in found:
            raise ParameterError(f"--grid {axis!r}: give a setting once, with its values, as in noise=0,0.5,1")
        joined = {
            "view": lambda v: v.replace("+", ","), "arms": lambda v: tuple(v.split("+")),
            "architecture": lambda v: networks_of(v.split("+")),
        }.get(field, str)  # fmt: skip
        found[field] = [joined(value) for value in values]
    return grid(base, found) if found else [base]
