"""What a view of a page is called, made of its choices, and how long ago something was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86400


class Page(NamedTuple):
    """A page that can be gone back to.

    Attributes:
        file: Of the page.
        title: As in the navigation.
        icon: As in the navigation.
        parts: The choices that make up the title of a view, with how each is said.
    """

    file: str
    title: str
    icon: str
    parts: tuple[tuple[str, Callable[[str], str]], ...]


def _dataset(name: str) -> str:
    from rdpd_core.datasets import DATASETS  # a page that asks for a data set has it loaded; Start should not wait for it

    return DATASETS.get(name).title if name in DATASETS.names() else name


def _edits(text: str) -> str:
    count = text.count("!") + 1 if text else 0
    return f"{count} {'edit' if count == 1 else 'edits'}" if count else ""


def _spaced(text: str) -> str:
    return text.replace("_", " ")


def _jobs(text: str) -> str:
    ids = [job[:6] for job in text.split(",") if job]
    return f"{'job' if len(ids) == 1 else 'jobs'} {', '.join(ids[:3])}{', …' if len(ids) > 3 else ''}" if ids else ""


def _study(name: str) -> str:
    return " ".join(name.split(".")[:2])


def _model(key: str) -> str:
    return key.rpartition("/")[2]


def _word(before: str, after: str = "") -> Callable[[str], str]:
    """Give what puts a word before or after a value; an empty value says nothing."""
    return lambda value: f"{before}{value}{after}" if value else ""


def _named(names: Mapping[str, str]) -> Callable[[str], str]:
    """Give what says only the values that have a name."""
    return lambda value: names.get(value, "")


PARTS_OF_CASE = {"subject": "all its windows", "group": "several subjects side by side"}
PARTS_OF_REPRESENT = {"look": "where they look", "layers": "what their layers say"}
PARTS_OF_EXPLAIN = {"pair": "teacher above student", "methods": "other methods and baselines"}
PARTS_OF_COHORT = {"wrong": "who is wrong", "classes": "classes by subject", "sure": "how sure"}
PARTS_OF_COMPARE = {
    "curves": "curves",
    "sides": "two selections",
    "models": "learning and size",
    "missing": "missing channels",
}
PARTS_OF_MODEL = {
    "lineage": "lineage",
    "cost": "cost",
    "fits": "which data it fits",
    "pair": "beside another",
    "out": "hand out",
}
_WINDOW = (("subject", _word("subject ")), ("window", _word("window ")))
PAGES = {
    "case": Page(
        "views/case.py",
        "Case study",
        ":material/clinical_notes:",
        (("set", _dataset), *_WINDOW, ("part", _named(PARTS_OF_CASE))),
    ),
    "whatif": Page("views/whatif.py", "What-if", ":material/tune:", (("data", _dataset), *_WINDOW, ("edits", _edits))),
    "lab": Page("views/lab.py", "Channel lab", ":material/hub:", (("job", lambda job: f"lab {job[:6]}"),)),
    "results": Page("views/results.py", "Results", ":material/fact_check:", (("name", _study),)),
    "represent": Page(
        "views/represent.py",
        "Representations",
        ":material/compare:",
        (("set", _dataset), ("view", lambda text: f"students read {_spaced(text)}"), ("part", _named(PARTS_OF_REPRESENT))),
    ),
    "explain": Page(
        "views/explain.py",
        "Attributions",
        ":material/manage_search:",
        (("set", _dataset), *_WINDOW, ("model", _model), ("part", _named(PARTS_OF_EXPLAIN))),
    ),
    "cohort": Page(
        "views/cohort.py",
        "Cohort",
        ":material/groups:",
        (("set", _dataset), ("view", lambda text: f"students read {_spaced(text)}"), ("part", _named(PARTS_OF_COHORT))),
    ),
    "distill": Page(
        "views/distill.py",
        "Distill",
        ":material/model_training:",
        (("data", _dataset), ("view", lambda text: f"students read {_spaced(text)}"), ("seeds", _word("", " seeds"))),
    ),
    "jobs": Page("views/jobs.py", "Jobs", ":material/progress_activity:", (("job", lambda job: f"job {job[:6]}"),)),
    "compare": Page(
        "views/compare.py",
        "Compare",
        ":material/leaderboard:",
        (("jobs", _jobs), ("part", _named(PARTS_OF_COMPARE))),
    ),
    "data": Page("views/data.py", "Data", ":material/database:", (("set", _dataset),)),
    "models": Page("views/models.py", "Models", ":material/neurology:", (("model", _model), ("part", _named(PARTS_OF_MODEL)))),
}


def choices(page: str, told: Mapping[str, object]) -> str:
    """Give the choices of a view in a few words.

    Args:
        page: One of PAGES.
        told: Every choice by name.
    """
    words = [say(str(told[name])) for name, say in PAGES[page].parts if name in told]
    return " · ".join(word for word in words if word)


def ago(seconds: float) -> str:
    """Give how long ago something was, in one unit."""
    s = max(0.0, seconds)
    found = next(((size, unit) for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if s >= size), None)
    return "just now" if found is None else f"{int(s // found[0])} {found[1]} ago"
