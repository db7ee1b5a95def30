"""The loop that trains a cohort: every member stops on its own and keeps its own best epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rdpd_core.errors import StoppedError, TrainingError
from rdpd_core.runtime import torch_generator
from rdpd_core.training.augment import AUGMENTATIONS
from rdpd_core.training.checks import check_teachers, check_windows
from rdpd_core.training.cohort import Cohort, Member
from rdpd_core.training.dropout import KeyedDropout
from rdpd_core.training.history import Row, epoch_row
from rdpd_core.training.knowledge import CHUNK, Knowledge, LiveTeacher
from rdpd_core.training.resident import Resident
from rdpd_core.training.selection import score_members
from rdpd_core.training.settings import TrainingParams

COMPACT_AT = 0.75  # members that have stopped are dropped from the stack once so few are left
Event = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """What training made of one member.

    Attributes:
        member: Who.
        weights: Of its best epoch, as it would have them alone.
        own: The method's own trainable parts at that epoch.
        best_epoch: Counted from 1.
        epochs: How many it was trained for.
        score: Validation score of its best epoch.
        history: A row per epoch.
        train_pass: Outputs of the training pass of its best epoch, logits (N, K) and attention (N, S), if they were kept.
    """

    member: Member
    weights: dict[str, Tensor]
    own: dict[str, Tensor]
    best_epoch: int
    epochs: int
    score: float
    history: list[Row]
    train_pass: tuple[Tensor, Tensor | None] | None = None


class EpochLosses(NamedTuple):
    """The weighted terms of one epoch: names, values (steps, terms, M), and the share of the windows in each step (steps,)."""

    names: tuple[str, ...]
    values: Tensor
    share: Tensor

    def means(self) -> list[dict[str, float]]:
        """Give the mean over windows of every term, by member."""
        means = torch.einsum("stm,s->mt", self.values, self.share)
        return [dict(zip(self.names, row, strict=True)) for row in means.tolist()]

    def broken(self, at: int) -> tuple[str, float]:
        """Give the first term of a member that is not a number, and what it is; the others follow from it."""
        mine = self.values[:, :, at].flatten()
        first = int((~torch.isfinite(mine)).nonzero()[0])
        return self.names[first % len(self.names)], float(mine[first])


class Trainer:
    """Trains one cohort on one set of windows."""

    def __init__(
        self,
        cohort: Cohort,
        train: Resident,
        valid: Resident,
        params: TrainingParams,
        knowledge: Knowledge | LiveTeacher | None = None,
        target: Tensor | None = None,
        on_event: Callable[[Event], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Prepare; nothing runs before `run`.

        Args:
            cohort: Who learns; its weights are changed.
            train: Training windows, N of them.
            valid: Validation windows.
            params: How.
            knowledge: What the teachers say; needed unless the method uses labels only.
            target: (N,) labels to train on in place of the true ones; -1 marks windows without label.
            on_event: Told after every step {"step", "steps", "epoch"}, and after every epoch the rows of all members.
            should_stop: Asked after every step; when it says yes, members keep the best epoch so far.

        Raises:
            IncompatibleError: Members, windows and teachers do not fit together.
            ShapeError: Labels do not fit the windows or the classes.
            DataError: A channel that is read holds values that are not numbers.
        """
        self.cohort, self.train, self.valid, self.params = cohort, train, valid, params
        self.knowledge = knowledge
        self.target = train.target if target is None else target.to(train.device)
        check_windows(cohort, train, valid, self.target)
        if cohort.method.uses_teacher:
            check_teachers(cohort, train, knowledge, params.augment)
        self.on_event, self.should_stop = on_event or (lambda event: None), should_stop or (lambda: False)
        self.epoch = 0
        self.stopped = False
        self.history: dict[str, list[Row]] = {m.name: [] for m in cohort.members}
        self.best: dict[str, Trained] = {}
        self._finished: set[str] = set()
        self._optimizer = self._new_optimizer()
        self._dropout = KeyedDropout([m.seed for m in cohort.members], cohort.device)

    def run(self) -> list[Trained]:
        """Train until every member has stopped; give them in the order of the cohort.

        Raises:
            TrainingError: A loss or score is not a number.
            StoppedError: The stop came before the first epoch was scored.
        """
        order = [m.name for m in self.cohort.members]
        while self.epoch < self.params.epochs and len(self.cohort) and not self.stopped:
            self._one_epoch()
        missing = [name for name in order if name not in self.best]
        if missing:
            raise StoppedError(f"stopped before the first epoch ended, so there is no best model of {missing[0]!r} to keep")
        for name in order:
            kept = self.best[name]
            self.best[name] = Trained(**{**vars(kept), "epochs": len(self.history[name]), "history": self.history[name]})
        return [self.best[name] for name in order]

    def _one_epoch(self) -> None:
        losses, passed = self._train_pass(self.epoch + 1)
        if self.stopped:
            return
        self.epoch += 1
        scores = self._score()
        self._keep_rows(losses, scores, passed)
        self._drop_finished()

    def _train_pass(self, epoch: int) -> tuple[EpochLosses, tuple[Tensor, Tensor | None] | None]:
        p, count = self.params, len(self.train)
        key = ("order", p.order_seed, epoch if p.shuffle == "each_epoch" else 0)
        batches = torch.randperm(count, generator=torch_generator(*key)).to(self.train.device).split(p.batch_size)
        self._dropout.start_epoch(epoch)
        changes = torch_generator("augment", p.order_seed, epoch)
        values: list[Tensor] = []
        passed = self._room_for_pass(count) if p.keep_train_pass else None
        for step, index in enumerate(batches):
            terms, logits, attention = self._step(index, changes)
            values.append(torch.stack([term.detach() for term in terms.values()]))
            if passed is not None:
                passed[0][:, index] = logits.detach().float()
                if attention is not None:
                    passed[1][:, index] = attention.detach().float()
            self.on_event({"kind": "step", "epoch": epoch, "step": step + 1, "steps": len(batches)})
            if self.should_stop():
                self.stopped = True
                break
        share = torch.tensor([len(index) / count for index in batches[: len(values)]], device=self.train.device)
        return EpochLosses(tuple(terms), torch.stack(values), share), passed

    def _step(self, index: Tensor, changes: torch.Generator) -> tuple[dict[str, Tensor], Tensor, Tensor | None]:
        p, cohort = self.params, self.cohort
        noise = self._noise()
        live = isinstance(self.knowledge, LiveTeacher)
        if p.augment == "none" and not live:
            rich, x = None, self.train.poor(index, cohort.union, noise)
        else:
            rich = AUGMENTATIONS[p.augment](self.train.rich(index), p.augment_strength, changes)
            x = rich[:, list(cohort.union)]
            if noise is not None:
                x = torch.cat([x, self.train.poor(index, cohort.union, noise)[:, len(cohort.union) :]], 1)
        said = self.knowledge.at(index, rich) if cohort.method.uses_teacher else None
        keep = self._dropout.patterns(cohort.template.sites(len(index)))
        with torch.autocast(cohort.device.type, torch.bfloat16, enabled=p.precision == "bfloat16"):
            terms, logits, attention = cohort.losses(x, self.target[index], said, keep)
        loss = torch.stack(list(terms.values())).sum()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return terms, logits, attention

    def _score(self) -> Tensor:
        parts = []
        for index in torch.arange(len(self.valid), device=self.valid.device).split(CHUNK):
            parts.append(self.cohort.outputs(self.valid.poor(index, self.cohort.union, self._noise()))[0])
        return score_members(self.params.selection, torch.cat(parts, 1), self.valid.target)

    def _keep_rows(self, epoch: EpochLosses, scores: Tensor, passed: tuple[Tensor, Tensor | None] | None) -> None:
        rows, means = {}, epoch.means()
        learned = {name: value.detach().tolist() for name, value in self.cohort.own.items()}
        for at, (member, score) in enumerate(zip(self.cohort.members, scores.tolist(), strict=True)):
            if member.name in self._finished:
                continue
            sound = all(math.isfinite(value) for value in means[at].values())
            self._check_finite(member, *((f"validation {self.params.selection}", score) if sound else epoch.broken(at)))
            row = epoch_row(self.epoch, means[at], score, {name: column[at] for name, column in learned.items()})
            self.history[member.name].append(row)
            rows[member.name] = row
            if member.name not in self.best or score > self.best[member.name].score:
                self.best[member.name] = self._member_now(at, score, passed)
        self.on_event({"kind": "epoch", "epoch": self.epoch, "members": rows})

    def _member_now(self, at: int, score: float, passed: tuple[Tensor, Tensor | None] | None) -> Trained:
        kept = None if passed is None else tuple(None if t is None else t[at].cpu().clone() for t in passed)
        cohort = self.cohort
        return Trained(cohort.members[at], cohort.extract(at), cohort.extract_own(at), self.epoch, self.epoch, score, [], kept)

    def _check_finite(self, member: Member, name: str, value: float) -> None:
        if not math.isfinite(value):
            raise TrainingError(
                f"{name} of {member.name!r} became {value} in epoch {self.epoch}; nothing was kept. "
                "Lower the learning rate or the term weights; if a teacher is stored, check that it gives numbers"
            )

    def _drop_finished(self) -> None:
        # Who stopped stays stopped, even while too few have for clearing the stack: company must not change a member.
        self._finished |= {
            m.name for m in self.cohort.members if self.epoch - self.best[m.name].best_epoch >= self.params.patience
        }
        running = [i for i, m in enumerate(self.cohort.members) if m.name not in self._finished]
        if not running or len(running) <= COMPACT_AT * len(self.cohort):
            moments = [self._optimizer.state[w] for w in self.cohort.trainable()]
            self.cohort.select(running)
            self._optimizer = self._new_optimizer()
            at = torch.tensor(running, device=self.cohort.device, dtype=torch.long)
            for weight, state in zip(self.cohort.trainable(), moments, strict=True):
                self._optimizer.state[weight] = {k: v if k == "step" else v[at] for k, v in state.items()}
            self._dropout = KeyedDropout([m.seed for m in self.cohort.members], self.cohort.device)

    def _new_optimizer(self) -> torch.optim.Adam:
        fused = self.cohort.device.type in ("cpu", "cuda")
        return torch.optim.Adam(self.cohort.trainable(), self.params.learning_rate, fused=fused)

    def _noise(self) -> tuple[str, int] | None:
        return (self.params.noise_kind, self.params.noise_seed) if self.cohort.noisy else None

    def _room_for_pass(self, count: int) -> tuple[Tensor, Tensor | None]:
        one = torch.arange(1, device=self.valid.device)
        sample = self.cohort.outputs(self.valid.poor(one, self.cohort.union, self._noise()))
        return tuple(None if t is None else t.new_empty(t.shape[0], count, t.shape[2]) for t in sample)
