"""Trainings that were done once are not done again: their last state is kept by the digest of all it depends on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import safetensors.torch
from torch import Tensor

from rdpd_core.experiments.build import MODEL, model_params
from rdpd_core.experiments.outcome import rebuild
from rdpd_core.experiments.work import Work
from rdpd_core.files import cache_root, digest_bytes, digest_json, to_json, write_atomic
from rdpd_core.models import Model
from rdpd_core.training import Cohort, Keeper, State, Trained, TrainingParams

FORMAT = 1
DIGEST = 64


class Remembering:
    """A keeper that also knows how a training ended somewhere else, and tells others how this one ended.

    What it finds in the cache is believed only if its digest is right; the trainer itself refuses a state that was made for
    other members, settings or windows.
    """

    def __init__(self, path: Path, inner: Keeper | None) -> None:
        """Remember where the end of this training is kept, and who keeps the rest of the work."""
        self.path, self.inner = path, inner

    def load(self, stage: str) -> State | None:
        """Give the state of this work, else the end of the same training elsewhere."""
        own = None if self.inner is None else self.inner.load(stage)
        return own if own is not None else read_state(self.path)

    def due(self, stage: str, epoch_ended: bool) -> bool:
        """Say whether the inner keeper wants to save."""
        return self.inner is not None and self.inner.due(stage, epoch_ended)

    def save(self, stage: str, state: State, done: bool) -> None:
        """Hand the state on; a training that is done is kept for all."""
        if self.inner is not None:
            self.inner.save(stage, state, done)
        if done:
            write_state(self.path, state)


def train_once(work: Work, stage: str, cohort: Cohort, params: TrainingParams, target: Tensor | None = None) -> list[Trained]:
    """Train a cohort on labels, or take what the very same training gave before.

    Args:
        work: The split.
        stage: Name of the stage.
        cohort: Who learns.
        params: How.
        target: (M, N) labels of every member; None takes those of the work's training windows.
    """
    labels = work.residents["train"].target if target is None else target
    plain = [
        FORMAT, cohort.model, cohort.params.to_dict(), cohort.method.name, cohort.method.params.to_dict(),
        [[m.name, m.seed, m.channels, m.noise, dict(m.settings)] for m in cohort.members], params.to_dict(),
        work.windows_digest, work.residents["valid"].digest(), cohort.device.type,
        digest_bytes(labels.cpu().numpy().tobytes()),
    ]  # fmt: skip
    path = cache_root() / "taught" / f"{digest_json(plain)}.state"
    remembering = Remembering(path, work.oversight.keeper)
    return replace(work, oversight=replace(work.oversight, keeper=remembering)).train(
        stage, cohort, params=params, target=target
    )


def teacher_models(work: Work, made: Sequence[Trained]) -> tuple[Model, ...]:
    """Give the networks of trained teachers, on the work's device."""
    params, windows = model_params(work.experiment, work.loaded, "teacher"), work.loaded.prepared.windows
    rows = tuple(range(len(windows.channels)))
    return tuple(rebuild(MODEL, params, t.weights, windows, rows).to(work.device) for t in made)


def write_state(path: Path, state: State) -> None:
    """Write a state behind its digest, atomically."""
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    data = safetensors.torch.save(tensors, {"facts": to_json(state.facts)})
    write_atomic(path, digest_bytes(data).encode() + data)


def read_state(path: Path) -> State | None:
    """Give the state that `write_state` wrote; None if there is none, or a byte of it has changed."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if digest_bytes(data[DIGEST:]).encode() != data[:DIGEST]:
        return None  # what is kept can be made again
    length = int.from_bytes(data[DIGEST : DIGEST + 8], "little")
    facts = json.loads(data[DIGEST + 8 : DIGEST + 8 + length])["__metadata__"]["facts"]
    return State(safetensors.torch.load(data[DIGEST:]), json.loads(facts))
