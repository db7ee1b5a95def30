"""Job folders made by hand: what a worker would have told of a teacher, a search and its students, and nothing trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from streamlit.testing.v1 import AppTest

from rdpd_core.evaluation import Predictions, Run, compare
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.build import member_name, teacher_name
from rdpd_core.jobs import Desk, JobFolder, Spec, locks
from rdpd_core.jobs.engines.local import Local
from rdpd_core.jobs.events import EventWriter

STUDENTS = ("direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd")
REACH = {"teacher": 0.96, "direct": 0.82, "distill": 0.85, "rdpd_r1": 0.86, "rdpd_r2": 0.87, "rdpd": 0.9, "oracle": 0.83}
ALIKE = {"direct": 0.1, "distill": 0.2, "rdpd_r1": 0.25, "rdpd_r2": 0.8, "rdpd": 0.9}
TAUGHT = np.array([0.04, 0.05, 0.08, 0.3, 0.25, 0.1, 0.06, 0.05, 0.04, 0.03])
SPLIT = "five folds, 1"


class Full(Local):
    """This machine without room for any worker: what waits goes on waiting."""

    def launch(self, folder: JobFolder, spec: Spec, attempt: int) -> None:
        """Start nothing."""


class Course(NamedTuple):
    """How far a made-up job went.

    Attributes:
        stage: The last that was begun: "reading", "teacher", "search-0", "students" or "tables".
        epoch: How many epochs of it were told.
        epochs: Most epochs of the teacher and the students; a search has half of them.
        seeds: How many.
        arms: Students.
        candidates: How many settings the search tries for each arm.
        every_s: Seconds between two epochs.
        patience: Members stop when they had their best epoch so long ago; 0 lets them go on.
    """

    stage: str = "students"
    epoch: int = 12
    epochs: int = 40
    seeds: int = 3
    arms: tuple[str, ...] = STUDENTS
    candidates: int = 4
    every_s: float = 1.5
    patience: int = 0


STAGES = ("reading", "teacher", "search-0", "students", "tables")


def desk(root: Path) -> Desk:
    """Give a desk that starts no worker."""
    return Desk(root / "jobs", {"local": Full(root / "slots")})


@contextmanager
def nothing_starts(root: Path) -> Iterator[None]:
    """Hold the one place where a running app would start a worker."""
    with locks.hold(root / "slots" / "cpu-0") as held:
        assert held
        yield


def open_page(folder: Path, code: str, **address: str) -> AppTest:
    """Run a page of these lines, beside empty ones where those of the app are.

    Args:
        folder: Where to write it.
        code: Of the page.
        **address: What stands in the address; "__" is a dot.
    """
    views = folder / "page" / "views"
    views.mkdir(parents=True, exist_ok=True)
    others = ["jobs", "distill", "models", "start", "case", "compare"]
    for name in others:
        (views / f"{name}.py").touch()
    (views / "tried.py").write_text(code, encoding="utf-8")
    main = f"import streamlit as st\nst.navigation([st.Page(f'views/{{n}}.py') for n in {['tried', *others]}]).run()\n"
    (views.parent / "main.py").write_text(main, encoding="utf-8")
    at = AppTest.from_file(str(views.parent / "main.py"), default_timeout=60)
    for key, value in address.items():
        at.query_params[key.replace("__", ".")] = value
    return at.run()


def texts(at: AppTest) -> str:
    """Give all words of a page without the signs that keep Markdown from reading them."""
    kinds = (at.markdown, at.caption, at.info, at.warning, at.error, at.success, at.text, at.subheader)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def spec(title: str = "Lead I on the simulated clinic", kind: str = "experiment", **changes: Any) -> Spec:
    """Give what a job is asked to do."""
    asked = {"dataset": "simulated_ecg", "view": "lead_I", "seeds": 3, "recipe": "tuned", **changes}
    return Spec(kind=kind, title=title, dataset="simulated_ecg", experiments=(asked,))


def submit(office: Desk, given: Spec, course: Course | None = None) -> JobFolder:
    """Hand in a job that waits; with a course, one that began and whose worker is not there any more."""
    job, _ = office.submit(given)
    if course is not None:
        tell(job.folder, course)
    return job.folder


def alive(folder: JobFolder) -> None:
    """Note that a worker reads and computes; who holds the folder's lock then is that worker."""
    folder.write_record("launch", {"attempt": 1, "engine": "local", "idle": 0, "mark": [], "at": 0.0, "handle": None})
    folder.write_record("alive", {"attempt": 1, "pid": 1, "host": "here", "threads": 1, "at": time.time()})


def end(folder: JobFolder, status: str, reason: str = "", **more: Any) -> None:
    """Write how a job ended."""
    writer = EventWriter(folder.events)
    writer.write({"kind": "ended", "status": status, "reason": reason})
    writer.close()
    result = {"status": status, "reason": reason, "ended": time.time(), "models": [], "tables": [], **more}
    folder.write_record("result", result)


def tell(folder: JobFolder, course: Course) -> None:
    """Write the events of a course, the last of them now."""
    told: list[dict[str, Any]] = [{"kind": "started", "attempt": 1, "pid": 1, "host": "here", "threads": 1, "again": False}]
    for stage in STAGES[: STAGES.index(course.stage) + 1]:
        told += _stage(stage, course, course.epoch if stage == course.stage else course.epochs)
    writer = EventWriter(folder.events)
    begin = time.time() - sum(event.get("took", 0.0) for event in told)
    for event in told:
        begin += event.pop("took", 0.0)
        writer.write({"t": round(begin, 3), **event})
    writer.close()


def _stage(stage: str, course: Course, epoch: int) -> list[dict[str, Any]]:
    if stage == "reading":
        reading = {"kind": "stage", "key": "reading", "title": "reading simulated_ecg"}
        plan = {"kind": "plan", "stages": [_planned(name, course) for name in ("teacher", "search-0", "students")]}
        return [reading, {"kind": "recordings", "done": 240, "total": 240}, plan]
    if stage == "tables":
        scored = {"kind": "scoring", "done": 3, "total": 10}
        return [{"kind": "stage", "key": "models", "title": "scoring and saving models"}, scored]
    return _training(stage, course, min(epoch, _most(stage, course)))


def _most(stage: str, course: Course) -> int:
    return course.epochs // 2 if stage.startswith("search") else course.epochs


def _title(stage: str, course: Course) -> str:
    titles = {"teacher": "teacher", "search-0": "choosing settings on validation subjects"}
    return titles.get(stage, f"{len(course.arms) * course.seeds} students")


def _planned(stage: str, course: Course) -> dict[str, Any]:
    return {
        "key": f"{SPLIT}/{stage}", "title": _title(stage, course), "members": len(_members(stage, course)),
        "epochs": _most(stage, course), "steps_per_epoch": 20, "optional": stage.startswith("search"),
    }  # fmt: skip


def _members(stage: str, course: Course) -> dict[str, tuple[str, int]]:
    """Give the arm and the seed (of a search: the candidate) of every member, by name."""
    if stage == "teacher":
        return {teacher_name(seed): ("teacher", seed) for seed in range(course.seeds)}
    if stage.startswith("search"):
        imitating = [arm for arm in course.arms if ARMS[arm].imitates]
        return {f"{arm} {at}": (arm, at) for arm in imitating for at in range(course.candidates)}
    return {member_name(ARMS[arm], seed): (arm, seed) for arm in course.arms for seed in range(course.seeds)}


def _training(stage: str, course: Course, epochs: int) -> list[dict[str, Any]]:
    key, members, most = f"{SPLIT}/{stage}", _members(stage, course), _most(stage, course)
    watched = {
        "kind": "watched", "stage": key, "subject": "s012", "recording": "s012_1", "position": 4, "offset_s": 5.0,
        "seconds": 10.0, "class": "bundle branch block", "segments": len(TAUGHT),
    }  # fmt: skip
    if stage != "teacher":
        watched["teacher"] = {teacher_name(seed): TAUGHT.tolist() for seed in range(course.seeds)}
    told = [{"kind": "stage", "key": key, "title": _title(stage, course)}, watched]
    where = {"epoch": 0, "step": 0, "done": False}
    told.append({"kind": "training", "stage": key, "members": list(members), "epochs": most, "steps": 20, **where})
    for epoch in range(1, epochs + 1):
        who = {n: of for n, of in members.items() if not course.patience or epoch <= _stops(*of, course)}
        rows = {name: row(*of, epoch) for name, of in who.items()}
        looks = {name: [look(*of, epoch).round(5).tolist()] for name, of in who.items()}
        if who:
            told.append(
                {"kind": "epoch", "stage": key, "epoch": epoch, "members": rows, "attention": looks, "took": course.every_s}
            )
    if epochs:
        told.append({"kind": "checkpoint", "stage": key, "serial": 1, "bytes": 800_000, "done": epochs == most})
    return told


def _stops(arm: str, seed: int, course: Course) -> int:
    return course.patience + 3 * seed + len(arm)


def table(arms: tuple[str, ...] = ("teacher", "direct", "rdpd"), seeds: int = 3, **asked: Any) -> dict[str, Any]:
    """Give what a job keeps of an experiment: a comparison of made-up answers on 60 windows of 12 subjects."""
    draw = np.random.default_rng(0)
    target = np.arange(60) % 3
    about = {"target": target, "subject": [f"s{at // 5:02d}" for at in range(60)], "recording": ["r"] * 60}
    runs = []
    for arm in arms:
        for seed in range(seeds):
            said = draw.random((60, 3)) + 2 * (REACH[arm] - 0.5) * np.eye(3)[target]
            answers = Predictions(said / said.sum(axis=1, keepdims=True), classes=("a", "b", "c"), **about)
            runs.append(Run(arm, seed, SPLIT, answers))
    settings = {"temperature": 2.5, "soft_weight": 1.0, "attention_weight": 3.0, "combined_weight": 0.3}
    choice = {"settings": settings, "score": 0.871, "candidates": 16, "source": None}
    return {
        "experiment": {"dataset": "simulated_ecg", "view": "lead_I", **asked},
        "command": "python -m rdpd_core compare simulated_ecg --view lead_I",
        "comparison": compare(runs, "direct", draws=100).to_dict(),
        "chosen": {SPLIT: {"rdpd": choice, "direct": {**choice, "score": None, "candidates": 1}}},
        "notices": ["Simulated data: no person was measured."],
    }


def row(arm: str, seed: int, epoch: int) -> dict[str, Any]:
    """Give what an epoch tells of a member: its score rises, and its terms fall."""
    wave = 0.012 * np.sin(1.7 * epoch + 2 * seed + len(arm))
    rise = 1 - np.exp(-epoch / (6 + 2 * seed))
    own = {"hard": 1.4, "soft": 0.9, "attention": 0.5, "combined": 1.1} if arm in ALIKE else {"hard": 1.2}
    weights = {"hard_weight": 1.0} | dict(ARMS[arm].weights)
    losses = {t: float(v * weights.get(f"{t}_weight", 1.0) * (1.05 - REACH[arm] * rise + wave)) for t, v in own.items()}
    return {"epoch": epoch, "losses": losses, "score": float(0.5 + (REACH[arm] - 0.5) * rise + wave * rise - 0.004 * seed)}


def look(arm: str, seed: int, epoch: int) -> np.ndarray:
    """Give where a member looks, (S,): from everywhere alike towards where the teacher looks."""
    share = ALIKE.get(arm, 1.0) * (1 - np.exp(-epoch / (8 + seed)))
    even = np.full(len(TAUGHT), 1 / len(TAUGHT)) + 0.02 * np.cos(np.arange(len(TAUGHT)) + seed + len(arm))
    return share * TAUGHT + (1 - share) * even / even.sum()
