"""Trained models on disk: a card that says what each is, and its weights."""

from rdpd_core.store.cards import ModelCard
from rdpd_core.store.store import Listing, Problem, Store, pretrained_root

__all__ = ["Listing", "ModelCard", "Problem", "Store", "pretrained_root"]
