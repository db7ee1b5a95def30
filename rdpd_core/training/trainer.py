"""The loop that trains a cohort: every member stops on its own and keeps its own best epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from rdpd_core.errors import ParameterError, StoppedError, TrainingError
from rdpd_core.runtime import torch_generator
from rdpd_core.training import mixing
from rdpd_core.training.augment import AUGMENTATIONS, BY_CHANNEL
from rdpd_core.training.averages import Averages
from rdpd_core.training.checks import check_teachers, check_windows
from rdpd_core.training.cohort import Cohort, Member
from rdpd_core.training.dropout import KeyedDropout
from rdpd_core.training.history import Row, epoch_row
from rdpd_core.training.keeper import Keeper, State
from rdpd_core.training.knowledge import CHUNK, Knowledge, LiveTeacher, kept_answers
from rdpd_core.training.order import drawn, harder
from rdpd_core.training.resident import Resident
from rdpd_core.training.running import EpochLosses, RunningEpoch
from rdpd_core.training.schedules import HEARD, IMITATION, SCHEDULES
from rdpd_core.training.selection import score_members
from rdpd_core.training.settings import TrainingParams
from rdpd_core.training.state import capture, made_for, restore
from rdpd_core.training.trained import Trained

COMPACT_AT = 0.75  # members that have stopped are dropped from the stack once so few are left
Event = dict[str, Any]


class Trainer:
    """Trains one cohort on one set of windows.

    Attributes:
        everyone: All members, also those that have ended and left the stack.
        order: Their names.
        epoch: How many epochs were scored.
        running: The epoch on its way, if training stands in the middle of one.
        history: A row per epoch of every member.
        best: What there is of every member's best epoch.
        finished: Names of those whose patience ended.
        stopped: Whether somebody asked to stop.
    """

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
        keeper: Keeper | None = None,
        stage: str = "training",
        watch: Sequence[int] = (),
    ) -> None:
        """Prepare; nothing runs before `run`.

        Args:
            cohort: Who learns; its weights are changed.
            train: Training windows, N of them.
            valid: Validation windows.
            params: How.
            knowledge: What the teachers say; needed unless the method uses labels only.
            target: (N,) labels to train on in place of the true ones, or (M, N), those of every member; -1 marks windows
                without label.
            on_event: Told when training begins {"members", "epochs", "steps", "epoch", "step", "done"}, after every step
                {"step", "steps", "epoch"}, and after every epoch the rows of all members. Each says its "stage".
            should_stop: Asked after every step; when it says yes, members keep the best epoch so far.
            keeper: Gives the state to go on from, and keeps the state when it is due, at a stop and at the end.
            stage: The name of this training in its keeper and its events.
            watch: Positions of validation windows; epochs tell where every member looks in them.

        Raises:
            IncompatibleError: Members, windows and teachers do not fit together.
            ShapeError: Labels do not fit the windows or the classes.
            DataError: A channel that is read holds values that are not numbers.
            ParameterError: A watched window is not there.
        """
        self.cohort, self.train, self.valid, self.params = cohort, train, valid, params
        self.knowledge = knowledge
        self.target = train.target if target is None else target.to(train.device)
        check_windows(cohort, train, valid, self.target)
        if cohort.method.uses_teacher:
            check_teachers(cohort, train, knowledge, params.asks_live)
        if lost := [at for at in watch if not 0 <= at < len(valid)]:
            raise ParameterError(f"watched window {lost[0]}: choose among {len(valid)} validation windows, counted from 0")
        self.on_event, self.should_stop = on_event or (lambda event: None), should_stop or (lambda: False)
        self.keeper, self.stage, self.watch = keeper, stage, tuple(watch)
        self.everyone, self.order = cohort.members, [m.name for m in cohort.members]
        self.epoch, self.running, self.stopped = 0, None, False
        self.history: dict[str, list[Row]] = {name: [] for name in self.order}
        self.best: dict[str, Trained] = {}
        self.finished: set[str] = set()
        self.optimizer = self._new_optimizer()
        self.averages = Averages(cohort, params.averaging) if params.averaging else None
        self.dropout = KeyedDropout([m.seed for m in cohort.members], cohort.device)
        self._imitation, self._heard = 1.0, 1.0
        self._labels = self.target  # of those in the stack, where each has its own
        self._looked: Tensor | None = None
        self._saved: tuple | None = None

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self.running is None and (self.epoch >= self.params.epochs or not len(self.cohort))

    @cached_property
    def made_for(self) -> dict[str, Any]:
        """What a state of this trainer depends on."""
        return made_for(self)

    def state(self) -> State:
        """Give everything needed to go on from here, at any step."""
        return capture(self)

    def restore(self, state: State) -> None:
        """Go on from a state of a trainer like this one; to be asked of a new trainer only.

        Raises:
            IncompatibleError: The state was made for other members, settings or windows; what differs is named.
            DataError: Something is missing in it, or has the wrong shape.
        """
        restore(self, state)

    def run(self) -> list[Trained]:
        """Train until every member has stopped; give them in the order of the cohort.

        Raises:
            TrainingError: A loss or score is not a number.
            StoppedError: The stop came before the first epoch was scored.
            IncompatibleError: The keeper's state belongs to another training.
        """
        if self.keeper is not None and (found := self.keeper.load(self.stage)) is not None:
            self.restore(found)
            self._saved = self._position()
        self._begin_telling()
        while not self.over and not self._asked_to_stop():
            self._one_epoch()
            if not self.stopped:
                self._save_if_due(epoch_ended=True)
        self._save()
        missing = [name for name in self.order if name not in self.best]
        if missing:
            raise StoppedError(f"stopped before the first epoch ended, so there is no best model of {missing[0]!r} to keep")
        return [replace(self.best[name], epochs=len(rows), history=rows) for name, rows in self.history.items()]

    def begin(self, epoch: int) -> RunningEpoch:
        """Give an epoch before its first step; what it draws does not depend on earlier ones."""
        p, count = self.params, len(self.train)
        key = ("order", p.order_seed, epoch if p.shuffle == "each_epoch" else 0)
        order = drawn(self.train.owner, p.balance, torch_generator(*key))
        batches = order.to(self.train.device).split(p.batch_size)
        self.dropout.start_epoch(epoch)
        changes = torch_generator("augment", p.order_seed, epoch)
        return RunningEpoch(epoch, batches, changes, self._room_for_pass(count) if p.keep_train_pass else None)

    def keep_only(self, keep: list[int]) -> None:
        """Leave only some members in the stack, by position, each with its moments."""
        moments = [self.optimizer.state[w] for w in self.cohort.trainable()]
        self.cohort.select(keep)
        self.optimizer = self._new_optimizer()
        at = torch.tensor(keep, device=self.cohort.device, dtype=torch.long)
        for weight, state in zip(self.cohort.trainable(), moments, strict=True):
            self.optimizer.state[weight] = {k: v if k == "step" else v[at] for k, v in state.items()}
        if self._labels.ndim > 1:
            self._labels = self._labels[at]
        if self.averages is not None:
            self.averages.select(keep)
        self.dropout = KeyedDropout([m.seed for m in self.cohort.members], self.cohort.device)

    def _begin_telling(self) -> None:
        steps = -(-len(self.train) // self.params.batch_size)
        step = 0 if self.running is None else self.running.step
        where = {"epoch": self.epoch, "step": step, "done": self.over}
        self._tell("training", members=self.order, epochs=self.params.epochs, steps=steps, **where)

    def _tell(self, kind: str, **facts: Any) -> None:
        self.on_event({"kind": kind, "stage": self.stage, **facts})

    def _asked_to_stop(self) -> bool:
        self.stopped = self.stopped or self.should_stop()
        return self.stopped

    def _position(self) -> tuple:
        return self.epoch, -1 if self.running is None else self.running.step, self.over

    def _save_if_due(self, epoch_ended: bool) -> None:
        if self.keeper is not None and self.keeper.due(self.stage, epoch_ended):
            self._save()

    def _save(self) -> None:
        if self.keeper is not None and self._saved != self._position():
            self.keeper.save(self.stage, self.state(), self.over)
            self._saved = self._position()

    def _one_epoch(self) -> None:
        losses, passed = self._train_pass(self.epoch + 1)
        if self.stopped:
            return
        self.epoch, self.running = self.epoch + 1, None
        with self._spoken_for():
            event = self._keep_rows(losses, self._score(), passed)
        self._drop_finished()
        self._tell("epoch", **event)

    def _train_pass(self, epoch: int) -> tuple[EpochLosses, tuple[Tensor, Tensor | None] | None]:
        if self.running is None or self.running.epoch != epoch:
            self.running = self.begin(epoch)
        running = self.running
        for index in running.batches[running.step :]:
            self._set_pace((epoch - 1 + running.step / len(running.batches)) / self.params.epochs)
            running.add(index, *self._step(index, running.changes))
            self._tell("step", epoch=epoch, step=running.step, steps=len(running.batches))
            if self._asked_to_stop():
                break
            self._save_if_due(epoch_ended=False)
        return running.losses(), running.passed

    def _step(self, index: Tensor, changes: torch.Generator) -> tuple[dict[str, Tensor], Tensor, Tensor | None]:
        p, cohort, target = self.params, self.cohort, self._labels[..., index]
        mix = mixing.draw(len(index), p.mixing, changes, cohort.device) if p.mixing else None
        x, rich = self._windows(index, changes, mix)
        if mix is not None:
            target = mix.labels(target, cohort.classes)
        said, there = None, None
        if cohort.method.uses_teacher:
            said, there = self.knowledge.at(index, rich), self._imitated(index, mix)
        keep = self.dropout.patterns(cohort.template.sites(len(index)))
        with torch.autocast(cohort.device.type, torch.bfloat16, enabled=p.precision == "bfloat16"):
            terms, logits, attention = cohort.losses(x, target, said, keep, there)
        if self._imitation != 1:
            terms = {name: self._imitation * term if name in cohort.method.imitates else term for name, term in terms.items()}
        loss = torch.stack(list(terms.values())).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.averages is not None:
            self.averages.update(cohort)
        return terms, logits, attention

    def _imitated(self, index: Tensor, mix: mixing.Mix | None) -> Tensor | None:
        """Say which windows of a batch are imitated by now, (B,), or (M, B) by member; None is all."""
        there = None if self.knowledge.there is None else self.knowledge.there[index]
        if self._heard < 1:
            early = self.cohort.by_teacher(self._harder[:, index] < self._heard)
            there = early if there is None else there & early
        return there if there is None or mix is None else mix.both(there)

    @cached_property
    def _harder(self) -> Tensor:
        """Of how many of its subject's windows a teacher is less sure, for every training window as it is: (G, N)."""
        said = self.knowledge if isinstance(self.knowledge, Knowledge) else kept_answers(self.knowledge, self.train)
        return harder(said.logits, self.train.owner.to(said.logits.device))

    def _windows(self, index: Tensor, changes: torch.Generator, mix: mixing.Mix | None = None) -> tuple[Tensor, Tensor | None]:
        """Give what members read of a batch, with their noise behind it, and the rich windows if teachers are asked live."""
        p, rows, noise = self.params, self.cohort.union, self._noise()
        live = self.cohort.method.uses_teacher and isinstance(self.knowledge, LiveTeacher)
        if not p.changes_windows and not live:
            return self.train.poor(index, rows, noise), None
        by = self.train.offsets(index, changes) if p.offsets else None
        everything = live or p.augment in BY_CHANNEL  # so that members see the same changes in any company
        seen = range(self.train.channels) if everything else rows
        changed = self.train.some(index, seen, by)
        changed = AUGMENTATIONS[p.augment](changed, p.augment_strength, changes, self.train.frame(seen))
        if mix is not None:
            changed = mix.windows(changed)
        x = changed[:, list(rows)] if everything else changed
        if noise is not None:
            x = torch.cat([x, self.train.poor(index, rows, noise)[:, len(rows) :]], 1)
        return x, changed if live else None

    def _set_pace(self, progress: float) -> None:
        """Set the step size, how much imitation weighs, and of how many windows, for a progress from 0 to 1."""
        kind = self.params.imitation
        self._imitation, self._heard = IMITATION[kind](progress), HEARD[kind](progress) if kind in HEARD else 1.0
        rate = self.params.learning_rate * SCHEDULES[self.params.schedule](progress)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _spoken_for(self) -> AbstractContextManager[None]:
        """Let the means of the weights be scored and kept, if there are any."""
        return nullcontext() if self.averages is None else self.averages.in_place(self.cohort)

    def _score(self) -> Tensor:
        parts, looked = [], {}
        for at, index in enumerate(torch.arange(len(self.valid), device=self.valid.device).split(CHUNK)):
            logits, attention = self.cohort.outputs(self.valid.poor(index, self.cohort.union, self._noise()))
            parts.append(logits)
            if attention is not None:
                looked |= {w: attention[:, w - at * CHUNK] for w in self.watch if w // CHUNK == at}
        self._looked = torch.stack([looked[w] for w in self.watch], 1) if looked else None  # (M, watched, S)
        return score_members(self.params.selection, torch.cat(parts, 1), self.valid.target)

    def _keep_rows(self, epoch: EpochLosses, scores: Tensor, passed: tuple[Tensor, Tensor | None] | None) -> Event:
        """Keep what the epoch made of every member that still learns; give what is to be told of it."""
        rows, means = {}, epoch.means()
        learned = {name: value.detach().tolist() for name, value in self.cohort.own.items()}
        for at, (member, score) in enumerate(zip(self.cohort.members, scores.tolist(), strict=True)):
            if member.name in self.finished:
                continue
            sound = all(math.isfinite(value) for value in means[at].values())
            self._check_finite(member, *((f"validation {self.params.selection}", score) if sound else epoch.broken(at)))
            row = epoch_row(self.epoch, means[at], score, {name: column[at] for name, column in learned.items()})
            self.history[member.name].append(row)
            rows[member.name] = row
            if member.name not in self.best or score > self.best[member.name].score:
                self.best[member.name] = self._member_now(at, score, passed)
        event = {"epoch": self.epoch, "members": rows}
        return event if self._looked is None else {**event, "attention": self._attention(set(rows))}

    def _attention(self, names: set[str]) -> dict[str, list[list[float]]]:
        """Give where members look in the watched windows, by name: a list per window."""
        looked = zip(self.cohort.members, self._looked.tolist(), strict=True)
        return {m.name: [[round(v, 5) for v in row] for row in rows] for m, rows in looked if m.name in names}

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
        self.finished |= {
            m.name for m in self.cohort.members if self.epoch - self.best[m.name].best_epoch >= self.params.patience
        }
        running = [i for i, m in enumerate(self.cohort.members) if m.name not in self.finished]
        if not running or len(running) <= COMPACT_AT * len(self.cohort):
            self.keep_only(running)

    def _new_optimizer(self) -> torch.optim.Adam:
        fused = self.cohort.device.type in ("cpu", "cuda")
        return torch.optim.Adam(self.cohort.trainable(), self.params.learning_rate, fused=fused)

    def _noise(self) -> tuple[str, int] | None:
        return (self.params.noise_kind, self.params.noise_seed) if self.cohort.noisy else None

    def _room_for_pass(self, count: int) -> tuple[Tensor, Tensor | None]:
        one = torch.arange(1, device=self.valid.device)
        sample = self.cohort.outputs(self.valid.poor(one, self.cohort.union, self._noise()))
        return tuple(None if t is None else t.new_zeros(t.shape[0], count, t.shape[2]) for t in sample)
