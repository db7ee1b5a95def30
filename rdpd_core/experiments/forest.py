"""The outside yardstick: a random forest on simple numbers about windows, under the same conditions as the students.

It learns from the same training windows, with the same noise on its channels, the same wrong labels and the same missing
ones; a window without label teaches it nothing, as it has no teacher. A forest is not kept in the store: its format would run
code.

References:
    Breiman, Machine Learning 45, 2001 (random forests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.evaluation import Predictions
from rdpd_core.experiments.arms import Arm
from rdpd_core.experiments.build import poor_rows
from rdpd_core.experiments.outcome import CHUNK, Outcome
from rdpd_core.experiments.work import Work
from rdpd_core.files import digest_json
from rdpd_core.models import MODELS
from rdpd_core.params import Params, number
from rdpd_core.preprocessing.features import window_features
from rdpd_core.training import Resident, State

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier

FOREST = "forest"
PARTS = ("valid", "test")
LEAST = 1e-7
"""A class that no tree names gets this probability, so that its logarithm is a number."""


@dataclass(frozen=True)
class ForestParams(Params):
    """Settings of the forest; the defaults are scikit-learn's, with more trees."""

    trees: int = number(300, 1, 100_000, "trees in the forest")
    leaf: int = number(1, 1, 10_000, "fewest training windows in a leaf")


def params_of(model: str) -> type[Params]:
    """Give the record of settings of a network, or of the forest.

    Raises:
        UnknownNameError: No such network.
    """
    return ForestParams if model == FOREST else MODELS.get(model).Params


def forests(work: Work, arm: Arm) -> list[Outcome]:
    """Give a forest for each seed; a stop leaves the rest out.

    Args:
        work: The split; its labels are those that students learn from.
        arm: Reads the view, or all channels.

    Raises:
        DataError: No training window has a label.
        IncompatibleError: The keeper holds the forests of another experiment.
    """
    work = work.of_rich() if arm.whole else work
    experiment, channels = work.experiment, work.loaded.prepared.windows.channels
    rows = tuple(range(len(channels))) if arm.whole else poor_rows(experiment, work.loaded)
    amplitude = 0.0 if arm.whole else experiment.poor_noise
    work.begin(arm.name)
    kept = _kept(work, arm)
    known = (work.target >= 0).numpy()
    if not known.any():
        raise DataError("no training window has a label, and a random forest learns from nothing else; leave out the forests")
    groups, features = [channels[row].group for row in rows], {}
    made: list[Outcome] = []
    for at, seed in enumerate(experiment.seed_list):
        if work.oversight.should_stop():
            break
        if f"{seed}.test" not in kept:
            features = features or {p: _features(work.residents[p], rows, groups, amplitude, experiment.noise_kind) for p in
                                    ("train", *PARTS)}  # fmt: skip
            kept |= _grown(features, work.target.numpy(), known, seed, len(work.loaded.prepared.windows.classes))
            _keep(work, arm, kept)
        work.predicted(arm.name, at, experiment.seeds)
        facts = {"trees": ForestParams().trees, "windows": int(known.sum())}
        made.append(
            Outcome(
                arm.name, seed, work.loaded.split, rows, FOREST, ForestParams(), "labels", {}, {},
                {part: _answers(kept[f"{seed}.{part}"], work, part) for part in PARTS}, facts, None,
            )
        )  # fmt: skip
    return made


def grow(
    features: np.ndarray, target: np.ndarray, seed: int, params: ForestParams | None = None, threads: int = 1
) -> RandomForestClassifier:
    """Grow a forest.

    Args:
        features: (N, F).
        target: (N,), class numbers, none missing.
        seed: Of the drawing of windows and features.
        params: Settings; None takes the defaults.
        threads: How many to use; the result does not depend on it.
    """
    from sklearn.ensemble import RandomForestClassifier

    how = params or ForestParams()
    model = RandomForestClassifier(how.trees, min_samples_leaf=how.leaf, random_state=seed, n_jobs=threads)
    return model.fit(features, target)


def log_probability(model: RandomForestClassifier, features: np.ndarray, classes: int) -> np.ndarray:
    """Give the logarithm of the forest's probabilities, (N, classes); a class it never saw has the least there is."""
    found = np.full((len(features), classes), LEAST)
    found[:, model.classes_] = np.maximum(model.predict_proba(features), LEAST)
    return np.log(found)


def _grown(
    features: dict[str, np.ndarray], target: np.ndarray, known: np.ndarray, seed: int, classes: int
) -> dict[str, torch.Tensor]:
    model = grow(features["train"][known], target[known], seed, threads=torch.get_num_threads())
    return {f"{seed}.{p}": torch.from_numpy(log_probability(model, features[p], classes)).float() for p in PARTS}


def _features(data: Resident, rows: tuple[int, ...], groups: list[str], amplitude: float, kind: str) -> np.ndarray:
    """Give the numbers about every window of a part, with the noise that students have on their channels."""
    parts = []
    for index in torch.arange(len(data), device=data.device).split(CHUNK):
        x = data.poor(index, rows)
        x = x + amplitude * data.noise_at(rows, kind, 0, index) if amplitude else x
        parts.append(window_features(x.cpu().numpy(), groups))
    return np.concatenate(parts)


def _answers(logits: torch.Tensor, work: Work, part: str) -> Predictions:
    own = getattr(work.loaded.splits, part)
    return Predictions.from_logits(logits, target=own.target, subject=own.subject, recording=own.recording, classes=own.classes)


def _made_for(work: Work) -> str:
    return digest_json([work.experiment.digest(), work.windows_digest])


def _kept(work: Work, arm: Arm) -> dict[str, torch.Tensor]:
    """Give what forests said that were grown before the work was interrupted."""
    keeper = work.oversight.keeper
    kept = None if keeper is None else keeper.load(work.key(arm.name))
    if kept is None:
        return {}
    if kept.facts["made_for"] != _made_for(work):
        raise IncompatibleError(
            f"the forests kept for {work.key(arm.name)} belong to another experiment or other windows; start anew"
        )
    return dict(kept.tensors)


def _keep(work: Work, arm: Arm, kept: dict[str, torch.Tensor]) -> None:
    if work.oversight.keeper is not None:
        state = State({name: t.contiguous() for name, t in kept.items()}, {"made_for": _made_for(work)})
        work.oversight.keeper.save(work.key(arm.name), state, len(kept) == len(PARTS) * work.experiment.seeds)
