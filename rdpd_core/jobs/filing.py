"""Carrying the models of a finished job into the user's store."""

from __future__ import annotations

from rdpd_core.errors import ModelFileError
from rdpd_core.jobs.folder import JobFolder

FILED = "filed"


def file_models(folder: JobFolder, overwrite: bool = True) -> list[str]:
    """Copy what a job made into the default store, each model checked on the way; give their keys.

    Args:
        folder: Of the job.
        overwrite: Replace models of the same name, as a job that went on does with its own. Without it a model that is there
            already, byte for byte, is left alone.

    Raises:
        ModelFileError: A model is not as it was written, or another one of its name is there and may not be replaced.
        DataError: The disk is full, or the store cannot be written.
    """
    from rdpd_core.store import Store

    made, store = Store([folder.models]), Store.default()
    listing, there = made.list(), {} if overwrite else {card.key: card.weights_sha256 for card in store.list().cards}
    if listing.problems and not overwrite:
        raise ModelFileError(f"{listing.problems[0].dataset}/{listing.problems[0].name}: {listing.problems[0].reason}")
    for card in listing.cards:
        weights, checked = made.load(card.dataset, card.name)
        if overwrite or there.get(card.key) != card.weights_sha256:
            store.save(checked, weights, overwrite=overwrite)
    (folder.path / FILED).touch()
    return [card.key for card in listing.cards]


def is_awaited(folder: JobFolder) -> bool:
    """Say whether models that were made here or on a cluster, and are to be kept, are not in the store yet."""
    result, spec = folder.record("result"), folder.spec()
    if result is None or not result["models"] or spec.kind == "study" or not spec.keep_models:
        return False
    return folder.record("launch") is not None and not is_filed(folder)


def is_filed(folder: JobFolder) -> bool:
    """Say whether that was done."""
    return (folder.path / FILED).exists()
