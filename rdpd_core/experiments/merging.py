"""Results of parts of one experiment put together: other seeds, other splits, one comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.data import Loaded
from rdpd_core.experiments.experiment import ALL_SPLITS, SEVERAL, Experiment
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.experiments.run import Result
from rdpd_core.experiments.tuning import Choice

_APART = ("seeds", "first_seed", "split")
_LISTED = 5


def merge(results: Sequence[Result]) -> Result:
    """Give the result of the experiment that these are parts of, ordered as if it had been run at once.

    What the whole lacks, and an arm whose settings were chosen differently for some seeds, is said in the notices. The merged
    result has no teachers to hand on.

    Raises:
        DataError: There is none.
        IncompatibleError: They differ in more than seeds and splits, or hold one model in two versions.
    """
    if not results:
        raise DataError("there are no results to merge; train at least one part")
    first = results[0]
    for other in results[1:]:
        _check_same(first, other)
    found: dict[tuple[str, int, str], Outcome] = {}
    for result in results:
        for outcome in result.outcomes:
            _add(found, outcome)
    loaded = {split: own for result in results for split, own in result.loaded.items()}
    whole = _whole(results)
    places, arms = list(whole.splits), list(ARMS)
    ordered = sorted(found.values(), key=lambda o: (places.index(o.split), arms.index(o.arm), o.seed))
    choices: dict[str, dict[str, Choice]] = {}
    for result in results:
        for split, chosen in result.choices.items():
            choices[split] = {**chosen, **choices.get(split, {})}
    said = dict.fromkeys(sentence for result in results for sentence in result.notices)
    notices = (*said, *_apart(results), *_lacking(whole, found))
    return Result(whole, tuple(ordered), choices, {s: loaded[s] for s in places if s in loaded}, notices, {})


def _check_same(first: Result, other: Result) -> None:
    one, two = first.experiment.to_dict(), other.experiment.to_dict()
    differ = [f"{n} ({one[n]} and {two[n]})" for n in one if n not in _APART and one[n] != two[n]]
    if differ:
        raise IncompatibleError(f"the results differ in {', '.join(differ)}; merge parts of one experiment only")
    for split in set(first.loaded) & set(other.loaded):
        _check_data(first.loaded[split], other.loaded[split], split)


def _check_data(one: Loaded, two: Loaded, split: str) -> None:
    same = one.prepared.windows.digest == two.prepared.windows.digest
    if not (same and one.statistics.to_dict() == two.statistics.to_dict()):
        raise IncompatibleError(
            f"the results were made from different recordings of {one.dataset.name} (split {split}); train them on the same"
        )


def _add(found: dict[tuple[str, int, str], Outcome], outcome: Outcome) -> None:
    key = (outcome.arm, outcome.seed, outcome.split)
    before = found.setdefault(key, outcome)
    same = set(before.weights) == set(outcome.weights) and all(
        torch.equal(before.weights[name], weight) for name, weight in outcome.weights.items()
    )
    if not same:
        raise IncompatibleError(
            f"two results hold {_named(key)}, trained differently; give every seed and split once, or leave one of them out"
        )


def _whole(results: Sequence[Result]) -> Experiment:
    """Give the smallest experiment that asks for all seeds and splits of the parts."""
    seeds = [seed for result in results for seed in result.experiment.seed_list]
    splits = {split for result in results for split in result.experiment.splits}
    every = DATASETS.get(results[0].experiment.dataset).splits
    chosen = ALL_SPLITS if splits == set(every) and len(every) > 1 else SEVERAL.join(s for s in every if s in splits)
    first = min(seeds)
    return replace(results[0].experiment, first_seed=first, seeds=max(seeds) - first + 1, split=chosen)


def _lacking(whole: Experiment, found: dict[tuple[str, int, str], Outcome]) -> list[str]:
    arms = [arm for arm in whole.arms if not (arm == "teacher" and whole.teacher)]
    asked = [(arm, seed, split) for split in whole.splits for arm in arms for seed in whole.seed_list]
    missing = [key for key in asked if key not in found]
    if not missing:
        return []
    more = f", and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
    listed = ", ".join(map(_named, missing[:_LISTED]))
    return [f"Of {len(asked)} models {len(missing)} are missing: {listed}{more}. Every number is of those that are there."]


def _apart(results: Sequence[Result]) -> list[str]:
    """Give a sentence for every arm whose settings differ between parts of one split."""
    used: dict[tuple[str, str], dict[str, list[int]]] = {}
    for result in results:
        for split, chosen in result.choices.items():
            for arm, choice in chosen.items():
                by_settings = used.setdefault((split, arm), {})
                words = ", ".join(f"{name} {value:g}" for name, value in choice.settings.items())
                by_settings.setdefault(words, []).extend(result.experiment.seed_list)
    return [
        f"{ARMS[arm].title} (split {split}) was trained with settings chosen for each block of seeds by itself: "
        + "; ".join(f"seeds {min(seeds)} to {max(seeds)} {words}" for words, seeds in by_settings.items())
        + ". Its spread over seeds holds the spread of that choice too."
        for (split, arm), by_settings in used.items()
        if len(by_settings) > 1
    ]


def _named(key: tuple[str, int, str]) -> str:
    arm, seed, split = key
    return f"{ARMS[arm].title}, seed {seed}, split {split}"
