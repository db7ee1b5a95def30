"""Dropout patterns: keyed by the member's seed and the epoch, and by nothing else."""

import pytest
import torch

from rdpd_core.models import Site
from rdpd_core.models.base import kept_scale
from rdpd_core.training.dropout import KeyedDropout
from tests.core.training.made import CPU

SITES = {"a": Site((3, 40), 0.5), "b": Site((7,), 0.25)}


def drawn(seeds, epoch=1, batches=1, sites=SITES):
    """Give the patterns of the last of some batches of an epoch."""
    made = KeyedDropout(seeds, CPU)
    made.start_epoch(epoch)
    return [made.patterns(sites) for _ in range(batches)][-1]


@pytest.mark.parametrize("seeds", [(1, 2, 3), (3, 1, 2), (2, 1), (5, 5, 1), (4, 9, 4, 9), (7,)], ids=str)
def test_a_seed_draws_the_same_in_any_company_and_place(seeds):
    together = drawn(seeds, batches=3)
    for at, seed in enumerate(seeds):
        alone = drawn((seed,), batches=3)
        for site in SITES:
            assert torch.equal(together[site][at], alone[site][0]), (site, seed)


def test_seeds_epochs_and_batches_differ():
    base = drawn((1,))["a"]
    assert not torch.equal(base, drawn((2,))["a"])
    assert not torch.equal(base, drawn((1,), epoch=2)["a"])
    assert not torch.equal(base, drawn((1,), batches=2)["a"])


def test_patterns_are_bytes_of_0_and_1_in_the_shape_of_the_site():
    patterns = drawn((1, 2))
    assert {n: tuple(p.shape) for n, p in patterns.items()} == {"a": (2, 3, 40), "b": (2, 7)}
    assert all(p.dtype == torch.uint8 and p.max() <= 1 for p in patterns.values())


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.95])
def test_the_share_dropped_and_the_scale_fit_the_rate(rate):
    kept = drawn((1, 2), sites={"a": Site((400, 100), rate)})["a"].double().mean().item()
    assert kept == pytest.approx(1 - rate, abs=0.01)
    assert kept * kept_scale(rate) == pytest.approx(1, rel=0.02)
    assert 1 / kept_scale(rate) == pytest.approx(1 - rate, abs=1 / 512)
