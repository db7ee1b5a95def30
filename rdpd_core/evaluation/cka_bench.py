"""What CKA costs, against whole Gram matrices, side by side in one run: `python -m rdpd_core.evaluation.cka_bench`.

The plain way holds two n x n matrices, as the definition is written, so it is timed at a size that it can bear; the ratio is
taken there, where both are run, and not extrapolated.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from rdpd_core.errors import ParameterError, RdpdError
from rdpd_core.evaluation.cka import cka, minibatch_cka
from rdpd_core.evaluation.cka_matrix import compare_layers
from rdpd_core.evaluation.cka_stream import Stream
from rdpd_core.runtime import numpy_generator
from rdpd_core.terminal import print_json, print_rows

PLAIN_MOST = 20_000


@dataclass(frozen=True)
class Cost:
    """What one way costs.

    Attributes:
        way: What was run.
        n: Examples.
        features: Columns of each layer.
        seconds: Wall clock, the best of the repeats.
        cpu_s: Processor time of that repeat over all threads, in s; unlike the clock, hardly moved by other programs.
        peak_mb: Most memory held beside the two layers, in MB.
        value: The CKA it gave.
        ratio: How many times less processor time than whole Gram matrices at this n; None where these were not run.
    """

    way: str
    n: int
    features: int
    seconds: float
    cpu_s: float
    peak_mb: float
    value: float
    ratio: float | None = None


def plain(x: np.ndarray, y: np.ndarray) -> float:
    """Give the unbiased CKA as its definition is written, with whole Gram matrices."""
    n, grams = len(x), [x @ x.T, y @ y.T]
    for gram in grams:
        np.fill_diagonal(gram, 0)

    def hsic(k: np.ndarray, other: np.ndarray) -> float:
        sums = k.sum(axis=0) @ other.sum(axis=0)
        return np.sum(k * other) + k.sum() * other.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * sums

    return float(hsic(*grams) / np.sqrt(hsic(grams[0], grams[0]) * hsic(grams[1], grams[1])))


def streamed(x: np.ndarray, y: np.ndarray) -> float | None:
    """Give it from batches that are not kept."""
    stream = Stream()
    for at in range(0, len(x), 1024):
        stream.add(x[at : at + 1024], y[at : at + 1024])
    return stream.result().value


def with_all(x: np.ndarray, y: np.ndarray) -> float | None:
    """Give it with 500 resamples of 50 people and 200 wrong pairings."""
    people = (np.arange(len(x)) * 50 // len(x)).astype(str)
    return compare_layers({"a": x}, {"a": y}, people, people).cells[0][0].value


def bench(n: int, features: int, plain_n: int, repeats: int = 3) -> list[Cost]:
    """Time every way.

    Args:
        n: Examples.
        features: Columns of each layer.
        plain_n: Examples at which whole Gram matrices are run, too.
        repeats: Runs of each of the short ways; the best counts.

    Raises:
        ParameterError: The plain way would not fit in memory.
    """
    if not 4 <= plain_n <= PLAIN_MOST or n < 4 or features < 1 or repeats < 1:
        raise ParameterError(f"n={n}, features={features}, plain-n={plain_n}: give 4 or more, 1 or more, and 4 to {PLAIN_MOST}")
    x, y = _layers(n, features)
    small = x[:plain_n], y[:plain_n]
    exact, whole = (_cost(way, call, *small, repeats) for way, call in (("exact", _exact), ("whole Gram matrices", plain)))
    ratio = whole.cpu_s / max(exact.cpu_s, 1e-9)
    ways = (("exact", _exact, repeats), ("exact, one pass over batches", streamed, repeats),
            ("batches of 256, 1 epoch", _batches, 1), ("exact, with interval and null", with_all, 1))  # fmt: skip
    return [
        whole,
        Cost(**{**asdict(exact), "ratio": ratio}),
        *(_cost(way, call, x, y, count) for way, call, count in ways),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what every way costs."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.evaluation.cka_bench", description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000, help="examples")
    parser.add_argument("--features", type=int, default=128, help="columns of each layer")
    parser.add_argument("--plain-n", type=int, default=8000, help="examples at which whole Gram matrices are run, too")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each short way; the best counts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    try:
        costs = bench(given.n, given.features, given.plain_n, given.repeats)
    except RdpdError as error:
        print(f"cka_bench: {error}", file=sys.stderr)
        return 1
    rows = [
        {
            "way": c.way, "n": c.n, "features": c.features, "seconds": f"{c.seconds:.3f}", "processor (s)": f"{c.cpu_s:.3f}",
            "peak memory (MB)": f"{c.peak_mb:.0f}", "CKA": f"{c.value:.5f}",
            "times faster": "" if c.ratio is None else f"{c.ratio:.0f}",
        }
        for c in costs
    ]  # fmt: skip
    if given.json:
        print_json([asdict(c) for c in costs])
    else:
        print_rows(rows, False)
        print(
            "Times faster: processor time of whole Gram matrices of as many examples, in this run. Memory is beside the layers."
        )
    return 0


def _layers(n: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    draw = numpy_generator("cka bench", n, features)
    common = draw.standard_normal((n, 8), dtype=np.float32)
    mixed = (common @ draw.standard_normal((8, features), dtype=np.float32) for _ in range(2))
    return tuple(side + draw.standard_normal((n, features), dtype=np.float32) for side in mixed)


def _exact(x: np.ndarray, y: np.ndarray) -> float | None:
    return cka(x, y).value


def _batches(x: np.ndarray, y: np.ndarray) -> float | None:
    return minibatch_cka(x, y, epochs=1).value


def _cost(way: str, call: Callable[[np.ndarray, np.ndarray], float], x: np.ndarray, y: np.ndarray, repeats: int) -> Cost:
    times, value = [], 0.0
    tracemalloc.start()
    try:
        for _ in range(repeats):
            start = time.perf_counter(), time.process_time()
            value = call(x, y)
            times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Cost(way, len(x), x.shape[1], *min(times), peak / 1e6, float(value))


if __name__ == "__main__":
    sys.exit(main())
