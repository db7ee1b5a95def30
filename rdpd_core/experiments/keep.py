"""Keeping what an experiment made: a model card for every outcome, saved with its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rdpd_core.evaluation import evaluate
from rdpd_core.evaluation.weighted import quick_scores
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.outcome import Outcome
from rdpd_core.experiments.run import Result
from rdpd_core.models import MODELS
from rdpd_core.runtime import versions
from rdpd_core.store import ModelCard, Store

SCORED = ("roc_auc", "pr_auc", "macro_f1", "accuracy")


def model_name(outcome: Outcome, view: str) -> str:
    """Give the name a model is kept under: arm, view, split and seed."""
    words = [outcome.arm] if outcome.arm == "teacher" else [outcome.arm, _slug(view)]
    return "-".join([*words, f"split_{outcome.split}", f"seed{outcome.seed}"])


def card_of(result: Result, outcome: Outcome, created: str, intervals: bool = True) -> ModelCard:
    """Give the card of one outcome.

    Args:
        result: The experiment it belongs to.
        outcome: Which model.
        created: UTC, ISO 8601.
        intervals: Whether scores get intervals, which take most of the time; without, a card is some thirty times faster.
    """
    experiment, loaded = result.experiment, result.loaded[outcome.split]
    arm, windows = ARMS[outcome.arm], loaded.prepared.windows
    channels = [windows.channels[row] for row in outcome.rows]
    is_teacher = arm.role == "teacher"
    model = MODELS.get(outcome.model)(len(channels), len(windows.classes), windows.samples, outcome.model_params)
    return ModelCard(
        name=model_name(outcome, experiment.view),
        dataset=experiment.dataset,
        simulated=loaded.dataset.simulated,
        role="teacher" if is_teacher else "student",
        arm=outcome.arm,
        title=f"{arm.title}, {'all channels' if is_teacher else experiment.view}, seed {outcome.seed}",
        model=outcome.model,
        model_params=outcome.model_params.to_dict(),
        method=outcome.method,
        method_params=dict(outcome.method_params),
        recipe=experiment.recipe,
        view="all" if is_teacher else experiment.view,
        channels=tuple(channels),
        classes=windows.classes,
        sampling_rate=windows.sampling_rate,
        window_samples=windows.samples,
        segments=outcome.model_params.segments,
        normalization={**loaded.statistics.select(outcome.rows).to_dict(), "standardize": loaded.prepared.standardize},
        split=outcome.split,
        seed=outcome.seed,
        data_digest=windows.digest,
        scores={part: _short(predictions, intervals) for part, predictions in outcome.predictions.items()},
        parameters={"used": model.count_parameters(), "with_dormant": model.count_parameters(dormant=True)},
        teacher=outcome.teacher,
        training={**outcome.training, "experiment": experiment.departures()},
        versions=versions(),
        licence=loaded.dataset.licence,
        created=created,
    )


def keep(
    result: Result,
    store: Store,
    created: str,
    outcomes: Iterable[Outcome] | None = None,
    hurry: Callable[[], bool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[ModelCard]:
    """Save outcomes with their cards, replacing models of the same name; give the cards as written.

    A teacher that was taken from the store is there already and is left alone; a forest has no weights that could be kept.

    Args:
        result: Of an experiment.
        store: Where to save.
        created: UTC, ISO 8601.
        outcomes: Those to save; None saves all.
        hurry: Asked before every card; from a yes on, scores are kept without intervals.
        on_progress: Told how many are saved, of how many; may raise to end it, what is saved stays.
    """
    chosen = [o for o in (result.outcomes if outcomes is None else outcomes) if is_new(result.experiment, o)]
    cards = []
    for outcome in chosen:
        card = card_of(result, outcome, created, intervals=hurry is None or not hurry())
        cards.append(store.save(card, outcome.weights, overwrite=True))
        if on_progress is not None:
            on_progress(len(cards), len(chosen))
    return cards


def is_new(experiment: Experiment, outcome: Outcome) -> bool:
    """Say whether an outcome holds a network that an experiment made itself."""
    return bool(outcome.weights) and not (experiment.teacher and outcome.arm == "teacher")


def _short(predictions: Any, intervals: bool) -> dict[str, Any]:
    """Give the scores of a card: without the per-class intervals, which the windows give again."""
    scores = (evaluate(predictions, SCORED) if intervals else quick_scores(predictions)).to_dict()
    scores["per_class_intervals"] = {}
    return scores


def _slug(view: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in view.lower())
