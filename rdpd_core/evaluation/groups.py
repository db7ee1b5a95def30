"""Groups of people by what is recorded of them, and whether one of them fares otherwise than the rest.

Each person is in one group, so people are what is counted, hidden where they are too few, and relabeled at random for the null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from rdpd_core.runtime import numpy_generator

MOST_GROUPS = 12
PERMUTATIONS = 2000
SEVERAL, UNKNOWN = "several", "not recorded"
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(\D*)$")


def grouped(facts: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    """Give the group of each person by attribute, for attributes that tell people apart without naming them.

    Numbers are averaged over a person's recordings and cut into thirds of people if they take many values; words that differ
    within a person become "several". Attributes with one group, or more than 12, are left out.

    Args:
        facts: Person and facts of each recording.
    """
    names = dict.fromkeys(name for _, own in facts for name in own)
    people = sorted({person for person, _ in facts})
    found = {}
    for name in names:
        given = {p: [own[name] for q, own in facts if q == p and name in own] for p in people}
        groups = _thirds(given) or {p: _word(values) for p, values in given.items()}
        if 2 <= len(set(groups.values()) - {UNKNOWN}) <= MOST_GROUPS:
            found[name] = groups
    return found


def _word(values: Sequence[str]) -> str:
    different = set(values)
    return UNKNOWN if not different else SEVERAL if len(different) > 1 else different.pop()


def _thirds(given: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    """Give thirds of people by their mean number; None if these are no numbers of one unit, or few different ones."""
    read = {p: [_NUMBER.match(v) for v in values] for p, values in given.items()}
    matches = [m for own in read.values() for m in own]
    if (
        not matches
        or not all(matches)
        or len({m[2].strip() for m in matches}) > 1
        or len({m[1] for m in matches}) <= MOST_GROUPS
    ):
        return None
    unit = matches[0][2].strip()
    means = {p: float(np.mean([float(m[1]) for m in own])) for p, own in read.items() if own}
    low, high = np.quantile(list(means.values()), [1 / 3, 2 / 3])
    words = [f"up to {low:.4g}", f"{low:.4g} to {high:.4g}", f"above {high:.4g}"]
    names = [f"{word} {unit}".strip() for word in words]
    return {p: names[int(means[p] > low) + int(means[p] > high)] if p in means else UNKNOWN for p in given}


def shown_groups(groups: Mapping[str, str], least: int) -> tuple[list[str], list[str]]:
    """Give the groups that may be shown, and those that are hidden because fewer than `least` people are in them.

    A single hidden group could be found by subtraction, so that the smallest of the others is hidden with it.
    """
    size = {name: sum(own == name for own in groups.values()) for name in sorted(set(groups.values()))}
    hidden = [name for name, n in size.items() if n < least]
    rest = sorted((n, name) for name, n in size.items() if n >= least)
    if len(hidden) == 1 and rest:
        hidden.append(rest.pop(0)[1])
    return [name for name in size if name not in hidden], hidden


def gap_p(right: np.ndarray, size: np.ndarray, inside: np.ndarray, key: object = 0, permutations: int = PERMUTATIONS) -> float:
    """Give the two-sided p of the difference in share between the people inside a group and the others, by relabeling people.

    Args:
        right: (U,), windows that are right, by person.
        size: (U,), windows.
        inside: (U,), who is in the group.
        key: Keys the relabeling.
        permutations: How many are drawn.
    """
    generator = numpy_generator("groups", key)
    labels = generator.permuted(np.tile(inside, (permutations, 1)), axis=1)
    values = _gap(right, size, np.concatenate([inside[None], labels]))
    return float((np.abs(values) >= abs(values[0]) - 1e-12).mean())


def _gap(right: np.ndarray, size: np.ndarray, labels: np.ndarray) -> np.ndarray:
    inside = labels.astype(np.float64)
    return (inside @ right) / (inside @ size) - ((1 - inside) @ right) / ((1 - inside) @ size)
