"""Every scored diagnosis of the 2021 challenge as a question of its own: does the header name it, whatever else it names?

A recording can have several diagnoses, and a model here chooses one class. So several labels become one question each, as in
binary relevance: every question has a teacher and students of its own, and all recordings take part, those without any of the
scored diagnoses too. The recordings are stored once for all questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rdpd_core.datasets.base import DATASETS
from rdpd_core.datasets.challenge2021 import SCORED, Challenge2021, Entry
from rdpd_core.errors import ParameterError
from rdpd_core.files import data_root
from rdpd_core.types import Recording

OTHER = "other"


class Question(Challenge2021):
    """One diagnosis against everything else; each question is a class of its own, made by `question`.

    Attributes:
        diagnosis: What is asked for.
    """

    diagnosis: ClassVar[str]
    asks = Challenge2021.name
    kept_in = Challenge2021.name
    stored_as = "challenge2021_all"
    download = None
    classes_in_every_part = True  # a part without a single yes, or no, could not be scored

    @property
    def used(self) -> list[Entry]:
        """All records."""
        return self.entries

    def recordings_from(self, first: int) -> Iterator[Recording]:
        """Yield all records from a position on, without labels; their scored diagnoses stand among the facts."""
        self.remarks.clear()
        entries = self.entries[first:]
        for entry, found in zip(entries, self.read(entries), strict=True):
            named = ", ".join(entry.classes) or "none that is scored"
            yield replace(found, facts={**found.facts, "diagnoses": named})

    def labels(self) -> Mapping[str, str]:
        """Give record to class."""
        return {e.name: self.diagnosis if self.diagnosis in e.classes else OTHER for e in self.entries}

    def cautions(self) -> list[str]:
        """Name the sources of which no record has the diagnosis: there it may be that nobody looked for it."""
        seen = {e.source for e in self.entries}
        silent = sorted(seen - {e.source for e in self.entries if self.diagnosis in e.classes})
        if not silent or len(silent) == len(seen):
            return []
        return [
            f"No record of {' or '.join(silent)} is called {self.diagnosis}: perhaps it was not looked for there, so that a "
            "model may tell sources apart and not people."
        ]

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Refuse: the files are those of the data set that is asked.

        Raises:
            ParameterError: Always.
        """
        raise ParameterError(f"{cls.name} reads the files of {cls.asks}; simulate that")


def question(diagnosis: str) -> type[Question]:
    """Give the data set that asks for a diagnosis."""
    told = {
        "__doc__": f"Is it {diagnosis}?",
        "name": f"{Challenge2021.name}_{diagnosis.lower().replace(' ', '_')}",
        "diagnosis": diagnosis,
        "title": f"PhysioNet challenge 2021: {diagnosis} or not",
        "summary": (
            f"12-lead ECG of seven sources, all recordings, also those with several diagnoses: {diagnosis} or not; the files "
            "do not say which recordings share a patient, so a random division may put one person into two parts"
        ),
        "classes": (diagnosis, OTHER),
    }
    return type(f"Question_{told['name']}", (Question,), told)


QUESTIONS = {kind.name: kind for kind in map(question, dict.fromkeys(SCORED.values()))}


def here() -> dict[str, type[Question]]:
    """Give the questions if the files are where data sets lie; they can be asked for by name wherever these are."""
    return QUESTIONS if (data_root() / Challenge2021.name).is_dir() else {}


DATASETS.unlisted(QUESTIONS)
DATASETS.also(here)
