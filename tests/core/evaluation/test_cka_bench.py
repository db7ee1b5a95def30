"""The benchmark of CKA: every way gives the same value, and memory does not grow with n times n."""

import json

import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.cka_bench import bench, main


def test_every_way_gives_the_same_value():
    costs = bench(600, 5, 600, 1)
    values = {c.way: c.value for c in costs}
    exact = values.pop("exact")
    assert values.pop("batches of 256, 1 epoch") == pytest.approx(exact, abs=0.05)
    assert set(values) == {"whole Gram matrices", "exact, one pass over batches", "exact, with interval and null"}
    for value in values.values():
        assert value == pytest.approx(exact, rel=1e-4)  # the plain way computes in the features' single precision
    assert [c.ratio is None for c in costs] == [True, False, True, True, True, True]


@pytest.mark.slow
def test_memory_is_linear_in_n():
    peak = {c.way: c.peak_mb for c in bench(4000, 4, 4000, 1)}
    assert peak["whole Gram matrices"] > 2 * 4000**2 * 4 / 1e6
    assert peak["exact"] < 2
    assert peak["exact, one pass over batches"] < 1


def test_the_command_prints(capsys):
    assert main(["--n", "300", "--features", "3", "--plain-n", "200", "--repeats", "1"]) == 0
    assert "times faster" in capsys.readouterr().out
    assert main(["--n", "300", "--features", "3", "--plain-n", "200", "--repeats", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["n"] == 200
    assert main(["--plain-n", "100000"]) == 1
    assert "plain-n=100000" in capsys.readouterr().err
    with pytest.raises(ParameterError):
        bench(3, 1, 4)
