"""A trainer's state as plain tensors and facts, and back: at any step, also in the middle of an epoch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.files import digest_bytes
from rdpd_core.training.keeper import State
from rdpd_core.training.trained import Trained

if TYPE_CHECKING:
    from rdpd_core.training.trainer import Trainer

FORMAT = 2
_FACTS = ("format", "made_for", "epoch", "stack", "finished", "history", "best", "averaged", "moments", "running")
_SHOWN = 5


def made_for(trainer: Trainer) -> dict[str, Any]:
    """Give what a state depends on: members, networks, method, settings and windows, as JSON would give it back."""
    cohort = trainer.cohort
    plain = {
        "members": {m.name: {**asdict(m), "settings": dict(m.settings)} for m in trainer.everyone},
        "order": trainer.order,
        "network": {"model": cohort.model, **cohort.params.to_dict()},
        "method": {"name": cohort.method.name, **cohort.method.params.to_dict()},
        "training": trainer.params.to_dict(),
        "windows": {
            "train": trainer.train.digest(),
            "valid": trainer.valid.digest(),
            "labels": digest_bytes(trainer.target.cpu().numpy().tobytes()),
        },
        "device": cohort.device.type,
    }
    return json.loads(json.dumps(plain))


def capture(trainer: Trainer) -> State:
    """Give everything the trainer needs to go on from here; once nothing is left to do, only what it made."""
    going = not trainer.over
    tensors = {**_best_tensors(trainer), **(_stack_tensors(trainer) if going else {}), **_running_tensors(trainer)}
    running = trainer.running
    facts = {
        "format": FORMAT,
        "made_for": trainer.made_for,
        "epoch": trainer.epoch,
        "stack": [m.name for m in trainer.cohort.members] if going else [],
        "finished": sorted(trainer.finished),
        "history": {name: list(rows) for name, rows in trainer.history.items()},
        "best": {name: {"epoch": t.best_epoch, "score": t.score} for name, t in trainer.best.items()},
        "averaged": 0 if trainer.averages is None else trainer.averages.steps,
        "moments": [name for name, weight in trainer.cohort.named() if trainer.optimizer.state.get(weight)] if going else [],
        "running": None if running is None else {"step": running.step, "terms": list(running.names)},
    }
    return State(tensors, facts)


def restore(trainer: Trainer, state: State) -> None:
    """Put a new trainer where another one was.

    Raises:
        IncompatibleError: The state was made for other members, settings or windows; what differs is named.
        DataError: A fact or a tensor is missing, or has the wrong shape.
    """
    facts, read = state.facts, _Reader(state.tensors)
    if missing := [name for name in _FACTS if name not in facts]:
        raise DataError(f"the saved training state lacks {', '.join(missing)}; start the training anew")
    if facts["format"] != FORMAT:
        raise DataError(f"the saved training state has format {facts['format']}, this program reads {FORMAT}; start anew")
    if differ := list(_differences(trainer.made_for, facts["made_for"])):
        more = f", and {len(differ) - _SHOWN} more" if len(differ) > _SHOWN else ""
        raise IncompatibleError(
            f"the saved training state belongs to another training: {'; '.join(differ[:_SHOWN])}{more}. "
            "Go on with the same settings, or start anew"
        )
    here = [m.name for m in trainer.cohort.members]
    if gone := [name for name in facts["stack"] if name not in here]:
        raise IncompatibleError(f"{', '.join(gone)} ended in this trainer already; restore the state into a new one")
    trainer.best = {name: _read_best(trainer, read, name, about, facts) for name, about in facts["best"].items()}
    trainer.history = {name: list(facts["history"][name]) for name in trainer.history}
    trainer.finished, trainer.epoch = set(facts["finished"]), int(facts["epoch"])
    trainer.keep_only([here.index(name) for name in facts["stack"]])
    _read_stack(trainer, read, facts["moments"])
    if trainer.averages is not None:
        _read_averages(trainer, read, int(facts["averaged"]))
    trainer.running = None
    if facts["running"] is not None:
        _read_running(trainer, read, facts["running"])


def _best_tensors(trainer: Trainer) -> dict[str, Tensor]:
    found = {}
    for name, trained in trainer.best.items():
        place = f"best.{trainer.order.index(name)}"
        found |= {f"{place}.weights.{n}": w for n, w in trained.weights.items()}
        found |= {f"{place}.own.{n}": w for n, w in trained.own.items()}
        found |= _pass_tensors(place, trained.train_pass)
    return found


def _pass_tensors(place: str, passed: tuple[Tensor, Tensor | None] | None) -> dict[str, Tensor]:
    parts = {} if passed is None else {"logits": passed[0], "attention": passed[1]}
    return {f"{place}.pass.{name}": _copy(t) for name, t in parts.items() if t is not None}


def _stack_tensors(trainer: Trainer) -> dict[str, Tensor]:
    found = {}
    for name, weight in trainer.cohort.named():
        found[f"stack.{name}"] = _copy(weight)
        if moments := trainer.optimizer.state.get(weight):
            found |= {f"first.{name}": _copy(moments["exp_avg"]), f"second.{name}": _copy(moments["exp_avg_sq"])}
            found["adam_step"] = _copy(moments["step"])
    if trainer.averages is not None:
        found |= {name: _copy(mean) for name, mean in trainer.averages.tensors().items()}
    return found


def _running_tensors(trainer: Trainer) -> dict[str, Tensor]:
    running = trainer.running
    if running is None:
        return {}
    found = {"running.changes": running.changes.get_state(), "running.dropout": trainer.dropout.state()}
    if running.values:
        found["running.values"] = _copy(torch.stack(running.values))
    return found | _pass_tensors("running", running.passed)


def _read_best(trainer: Trainer, read: _Reader, name: str, about: Mapping[str, Any], facts: Mapping[str, Any]) -> Trained:
    place, cohort = f"best.{trainer.order.index(name)}", trainer.cohort
    member = trainer.everyone[trainer.order.index(name)]
    weights = {n: read(f"{place}.weights.{n}", shape) for n, shape in cohort.shapes(member).items()}
    own = {n: read(f"{place}.own.{n}", tuple(w.shape[1:])) for n, w in cohort.own.items()}
    passed = None
    if trainer.params.keep_train_pass:
        sample = cohort.sample_output()
        passed = _read_pass(read, place, [None if t is None else (len(trainer.train), t.shape[-1]) for t in sample[:2]])
    return Trained(member, weights, own, int(about["epoch"]), int(facts["epoch"]), float(about["score"]), [], passed)


def _read_pass(read: _Reader, place: str, shapes: list[tuple[int, ...] | None]) -> tuple[Tensor, Tensor | None]:
    names = ("logits", "attention")
    return tuple(None if s is None else read(f"{place}.pass.{n}", s) for n, s in zip(names, shapes, strict=True))


def _read_stack(trainer: Trainer, read: _Reader, moments: list[str]) -> None:
    device = trainer.cohort.device
    steps_on = device if trainer.optimizer.defaults["fused"] else torch.device("cpu")
    for name, weight in trainer.cohort.named() if len(trainer.cohort) else ():
        with torch.no_grad():
            weight.copy_(read(f"stack.{name}", tuple(weight.shape)))
        if name in moments:
            first, second = (read(f"{which}.{name}", tuple(weight.shape)).to(device) for which in ("first", "second"))
            # Every weight counts for itself: a shared count would be raised once for each.
            step = read("adam_step", ()).to(steps_on)
            trainer.optimizer.state[weight] = {"step": step, "exp_avg": first, "exp_avg_sq": second}


def _read_averages(trainer: Trainer, read: _Reader, steps: int) -> None:
    averages = trainer.averages
    averages.steps = steps
    if len(trainer.cohort):
        for name, mean in averages.means.items():
            mean.copy_(read(f"mean.{name}", tuple(mean.shape)))


def _read_running(trainer: Trainer, read: _Reader, about: Mapping[str, Any]) -> None:
    device, members = trainer.cohort.device, len(trainer.cohort)
    running = trainer.begin(trainer.epoch + 1)
    step, terms = int(about["step"]), tuple(about["terms"])
    if not 0 <= step <= len(running.batches):
        raise DataError(f"the saved training state stands at step {step}, an epoch has {len(running.batches)}; start anew")
    running.changes.set_state(read("running.changes", None))
    trainer.dropout.restore(read("running.dropout", None))
    if step:
        running.names, running.values = terms, list(read("running.values", (step, len(terms), members)).to(device))
    if running.passed is not None:
        shapes = [None if t is None else tuple(t.shape) for t in running.passed]
        running.passed = tuple(None if t is None else t.to(device) for t in _read_pass(read, "running", shapes))
    trainer.running = running


class _Reader:
    """Gives copies of tensors after checking that they are there and have the right shape."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = tensors

    def __call__(self, name: str, shape: tuple[int, ...] | None) -> Tensor:
        if name not in self.tensors:
            raise DataError(f"the saved training state lacks the tensor {name}; start the training anew")
        found = self.tensors[name]
        if shape is not None and tuple(found.shape) != tuple(shape):
            raise DataError(
                f"the saved tensor {name} is {tuple(found.shape)}, but must be {tuple(shape)}; start the training anew"
            )
        return found.clone(memory_format=torch.contiguous_format)


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)


def _differences(here: Any, there: Any, path: str = "") -> Iterator[str]:
    """Yield in words where two plain values differ."""
    if isinstance(here, dict) and isinstance(there, dict):
        for name in sorted({*here, *there}):
            if name not in there or name not in here:
                yield f"{_named(path, name)} is {'not in it' if name in here else 'only in it'}"
            else:
                yield from _differences(here[name], there[name], _named(path, name))
    elif here != there:
        yield f"{path} is {_shown(here)} here and {_shown(there)} in it"


def _named(path: str, name: str) -> str:
    return f"{path} {name}".strip()


def _shown(value: Any) -> str:
    return text if len(text := str(value)) <= 40 else f"{text[:37]}..."
