"""A job's events gathered into what a page draws; each look reads only what is new."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rdpd_core.jobs import events
from rdpd_core.jobs.events import Event

NOTES = 200
SMOOTH = 8


@dataclass
class Stage:
    """One stage of training.

    Attributes:
        key: Identifier.
        title: For people.
        members: Names of the models that are trained.
        epochs: At most.
        steps: In an epoch.
        epoch: Finished ones.
        step: Of the running epoch.
        began: Seconds since 1970.
        ended: Seconds since 1970, or None.
        scores: By member, (epoch, validation score) in order.
        losses: By member and term, a value for each entry of `scores`.
        attention: By member, for each epoch the rows of the watched windows.
        watched: What is watched: subject, recording, seconds, segments, and the teacher's rows.
    """

    key: str
    title: str = ""
    members: tuple[str, ...] = ()
    epochs: int = 0
    steps: int = 0
    epoch: int = 0
    step: int = 0
    began: float = 0.0
    ended: float | None = None
    scores: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    losses: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    attention: dict[str, list[tuple[int, list[list[float]]]]] = field(default_factory=dict)
    watched: Event | None = None
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=SMOOTH))

    @property
    def share(self) -> float:
        """Give how much of its longest possible course is over, 0 to 1."""
        if self.ended is not None:
            return 1.0
        within = self.step / self.steps if self.steps else 0.0
        return min(1.0, (self.epoch + within) / self.epochs) if self.epochs else 0.0

    def most_left_s(self, now: float) -> float | None:
        """Give the seconds left at most, from the last epochs; members that stop early make it less. None if unknown."""
        if self.ended is not None or len(self.ends) < 2:
            return None
        pace = (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)
        left = max(0, self.epochs - self.epoch)
        return max((left - 1) * pace, left * pace - (now - self.ends[-1]), 0.0)  # an epoch that takes long is not over yet


class Progress:
    """What is known of one job from its events."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing.

        Args:
            path: Of the events.
        """
        self.path, self.offset = path, 0
        self.stages: dict[str, Stage] = {}
        self.plan: list[Event] = []
        self.now: Event = {"kind": "stage", "key": "", "title": ""}
        self.points: list[Event] = []
        self.count: tuple[int, int | None] | None = None
        self.starts: list[Event] = []
        self.notes: deque[Event] = deque(maxlen=NOTES)
        self.damaged: list[str] = []
        self.last_t = 0.0
        self.read = 0

    def update(self) -> bool:
        """Read what is new; say whether there was anything."""
        found = events.read(self.path, self.offset)
        for event in found.events:
            self._take(event)
        self.damaged += found.damaged
        self.read += len(found.events)
        grew, self.offset = found.offset > self.offset, found.offset
        return grew

    def stage(self, key: str) -> Stage:
        """Give a stage, made if it is new."""
        return self.stages.setdefault(key, Stage(key))

    @property
    def current(self) -> Stage | None:
        """Give the stage that trains now, or None."""
        return next((stage for stage in reversed(self.stages.values()) if stage.ended is None and stage.members), None)

    def _take(self, event: Event) -> None:
        self.last_t = event["t"]
        take = getattr(self, f"_take_{event['kind']}", None)
        if take is not None:
            take(event)

    def _take_plan(self, event: Event) -> None:
        self.plan = event["stages"]

    def _take_points(self, event: Event) -> None:
        self.points += event["points"]

    def _take_started(self, event: Event) -> None:
        self.starts.append(event)
        self.notes.append(event)

    def _take_stage(self, event: Event) -> None:
        for stage in self.stages.values():
            stage.ended = stage.ended or (event["t"] if stage.members and stage.key != event.get("key") else None)
        self.now, self.count = event, None

    def _take_recordings(self, event: Event) -> None:
        self.count = (event["done"], event["total"])

    _take_scoring = _take_recordings

    def _take_training(self, event: Event) -> None:
        stage = self.stage(event["stage"])
        stage.title, stage.members = self.now["title"], tuple(event["members"])
        stage.epochs, stage.steps, stage.epoch, stage.step = event["epochs"], event["steps"], event["epoch"], 0
        stage.began, stage.ended = stage.began or event["t"], None
        stage.ends.clear()
        stage.ends.append(event["t"])

    def _take_step(self, event: Event) -> None:
        stage = self.stage(event["stage"])
        if event["epoch"] - 1 > stage.epoch:  # an epoch that was told before a crash is not told again
            stage.ends.append(event["t"])
        stage.epoch, stage.step = event["epoch"] - 1, event["step"]

    def _take_epoch(self, event: Event) -> None:
        stage = self.stage(event["stage"])
        stage.epoch, stage.step = event["epoch"], 0
        stage.ends.append(event["t"])
        for name, row in event["members"].items():
            stage.scores.setdefault(name, []).append((row["epoch"], row["score"]))
            terms = stage.losses.setdefault(name, {})
            for term, value in row["losses"].items():
                terms.setdefault(term, []).append(value)
        for name, rows in event.get("attention", {}).items():
            stage.attention.setdefault(name, []).append((event["epoch"], rows))

    def _take_watched(self, event: Event) -> None:
        self.stage(event["stage"]).watched = event

    def _take_note(self, event: Event) -> None:
        self.notes.append(event)

    _take_checkpoint = _take_restored = _take_damaged = _take_note

    def _take_ended(self, event: Event) -> None:
        self.notes.append(event)
        for stage in self.stages.values():
            stage.ended = stage.ended or event["t"]

    def facts(self) -> dict[str, Any]:
        """Give a summary in plain values."""
        stage = self.current
        return {
            "stage": self.now.get("title", ""), "done": None if self.count is None else self.count[0],
            "total": None if self.count is None else self.count[1], "epoch": None if stage is None else stage.epoch,
            "epochs": None if stage is None else stage.epochs, "events": self.read, "starts": len(self.starts),
        }  # fmt: skip
