"""A small registered data set, so that whole experiments run in a second."""

import pytest

from rdpd_core.datasets import DATASETS
from tests.few_trees import FewTrees
from tests.toys import ToyDataset


@pytest.fixture
def toy(monkeypatch, tmp_path):
    """The toy data set under its name in the registry, small forests, and caches and work in a folder of the test."""
    monkeypatch.setattr("rdpd_core.experiments.forest.ForestParams", FewTrees)
    monkeypatch.setitem(DATASETS._entries, "toy", ToyDataset)
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    return ToyDataset
