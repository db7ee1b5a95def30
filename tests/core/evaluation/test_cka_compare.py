"""Grids of several models: means, matching layers, and what may be said of a difference."""

from dataclasses import replace

import numpy as np
import pytest

from rdpd_core.errors import IncompatibleError
from rdpd_core.evaluation.cka_compare import NO_MATCH, averaged, changes, matching, mean_diagonal
from rdpd_core.evaluation.cka_matrix import ABOVE, compare_layers
from rdpd_core.runtime import numpy_generator

ABOUT = {"subject": np.repeat([f"s{at}" for at in range(6)], 12), "recording": np.repeat([f"r{at}" for at in range(12)], 6)}
N = 72


def layers(seed: int, arm: str, noise: float, width: int = 6) -> dict[str, np.ndarray]:
    """Give a model's layers: what every model sees of the windows, and noise of its own."""
    common, own = numpy_generator("windows").normal(size=(N, 4)), numpy_generator("model", arm, seed)
    return {name: np.column_stack([common, noise * own.normal(size=(N, width))]) for name in ("a", "b")}


def grids(arm: str, noise: float, seeds: int, draws: int = 100):
    """Give a grid per seed: the teacher of that seed beside the student."""
    pairs = [(layers(seed, "teacher", 0.5), layers(seed, arm, noise)) for seed in range(seeds)]
    return [compare_layers(*pair, **ABOUT, draws=draws, shuffles=40) for pair in pairs]


ONE = compare_layers({"a": layers(0, "x", 1.0)["a"]}, {"a": layers(0, "y", 1.0)["a"]}, **ABOUT, draws=100, shuffles=0)


def test_the_mean_over_models_resamples_them_too():
    found = grids("far", 1.0, 4, draws=400)
    mean = averaged(found)
    assert mean.models == 4
    assert np.allclose(mean.values(), np.mean([g.values() for g in found], axis=0))
    assert np.allclose(mean.spread, np.std([g.values() for g in found], axis=0, ddof=1))
    cell = mean.cells[0][0]
    assert cell.interval.low < cell.value < cell.interval.high
    assert cell.null == pytest.approx(np.percentile(np.mean([g.wrong[:, 0, 0] for g in found], axis=0), [2.5, 97.5]))
    assert cell.mark == ABOVE
    assert averaged(found[:1]) is found[0]
    assert mean.to_dict()["models"] == 4


def test_matching_layers_are_those_of_one_name_else_of_one_depth():
    assert matching(("a", "b", "c"), ("c", "a")) == [(0, 1), (2, 0)]
    assert matching(("a", "b", "c"), ("x", "y", "z")) == [(0, 0), (1, 1), (2, 2)]
    assert matching(("a", "b", "c"), ("x", "y")) == [(0, 0), (2, 1)]
    assert matching((), ("x",)) == []


def test_the_mean_diagonal_has_its_interval_and_null():
    grid = grids("near", 0.5, 1)[0]
    cell = mean_diagonal(grid)
    assert cell.value == pytest.approx(np.mean([grid.values()[0, 0], grid.values()[1, 1]]))
    assert cell.interval.low < cell.interval.high
    assert cell.null[0] < 0 < cell.null[1]
    still = compare_layers({"a": np.ones((N, 2))}, {"a": np.ones((N, 2))}, **ABOUT)
    assert mean_diagonal(still).reason == NO_MATCH


def test_a_difference_of_arms_is_seen_with_enough_seeds():
    near, far = grids("near", 0.5, 7), grids("far", 2.0, 7)
    cells, along = changes(near, far, "Direct")
    assert along.claim == "better"
    assert along.says.startswith("more like the teacher than Direct (n=7 seeds")
    assert along.interval.low > 0
    assert along.value == pytest.approx(
        np.mean([mean_diagonal(a).value - mean_diagonal(b).value for a, b in zip(near, far, strict=True)])
    )
    assert cells[0][1].value == pytest.approx(
        np.mean([a.values()[0, 1] - b.values()[0, 1] for a, b in zip(near, far, strict=True)])
    )
    assert changes(far, near, "x")[1].says.startswith("less like the teacher than x")
    assert along.to_dict()["claim"] == "better"


def test_few_seeds_claim_nothing():
    _, along = changes(grids("near", 0.5, 3), grids("far", 2.0, 3), "Direct")
    assert along.claim == "none"
    assert along.says == "too few seeds to say (n=3)"
    assert along.interval.low > 0  # the two networks do differ; what taught them may not be why


@pytest.mark.slow
def test_arms_that_differ_in_seeds_only_are_rarely_told_apart():
    """An A/A test: 200 comparisons of two arms that were made alike."""
    called = 0
    for trial in range(200):
        draw = numpy_generator("alike", trial)
        value = 0.5 + 0.05 * draw.normal(size=(2, 6))  # a mean diagonal per arm and seed
        people = 0.02 * draw.normal(size=100)  # what resampled people add to both
        sides = [[_made(v, people + 0.01 * draw.normal(size=100)) for v in row] for row in value]
        called += changes(*sides, "x", seed=trial)[1].claim != "none"
    assert called <= 14  # 7%


def _made(value: float, noise: np.ndarray):
    """Give a grid of one cell by hand."""
    cell = replace(ONE.cells[0][0], value=float(value))
    return replace(ONE, cells=((cell,),), drawn=(value + noise)[:, None, None])


def test_what_is_undefined_says_why():
    near = [
        compare_layers({"a": np.ones((N, 2)), "b": layers(s, "t", 1.0)["b"]}, layers(s, "n", 1.0), **ABOUT) for s in range(2)
    ]
    cells, along = changes(near, near, "x")
    assert cells[0][0].value is None
    assert "same for every" in cells[0][0].reason
    assert along.value == 0.0
    nothing = [compare_layers({"a": np.ones((N, 2))}, {"a": np.ones((N, 2))}, **ABOUT)]
    assert changes(nothing, nothing, "x")[1].reason == NO_MATCH


def test_grids_of_other_windows_are_refused():
    one = compare_layers(layers(0, "x", 1), layers(0, "y", 1), **ABOUT, draws=0, shuffles=0)
    half = {name: x[:36] for name, x in ABOUT.items()}
    other = compare_layers(*({n: x[:36] for n, x in layers(0, k, 1).items()} for k in "xy"), **half, draws=0, shuffles=0)
    with pytest.raises(IncompatibleError, match="other windows"):
        averaged([one, other])
    with pytest.raises(IncompatibleError, match="1 seeds against 2"):
        changes([one], [one, one], "x")
