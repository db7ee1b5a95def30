"""Carrying the models of a finished job into the user's store."""

from __future__ import annotations

from rdpd_core.jobs.folder import JobFolder

FILED = "filed"


def file_models(folder: JobFolder) -> list[str]:
    """Copy what a job made into the default store, each model checked on the way; give their keys. Done once only.

    Raises:
        ModelFileError: A model is not as it was written.
        DataError: The disk is full, or the store cannot be written.
    """
    from rdpd_core.store import Store

    made, store = Store([folder.models]), Store.default()
    keys = []
    for card in made.list().cards:
        weights, checked = made.load(card.dataset, card.name)
        store.save(checked, weights, overwrite=True)
        keys.append(card.key)
    (folder.path / FILED).touch()
    return keys


def is_filed(folder: JobFolder) -> bool:
    """Say whether that was done."""
    return (folder.path / FILED).exists()
