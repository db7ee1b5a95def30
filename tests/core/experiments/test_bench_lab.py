"""The benchmark of the channel lab: who is timed, and that the ratio is the one of its times."""

import pytest

from rdpd_core.errors import ParameterError
from rdpd_core.experiments import bench_lab


def test_it_times_a_cohort_of_whole_subsets_and_some_of_its_students(monkeypatch):
    alone, sizes = bench_lab._alone, []
    monkeypatch.setattr(bench_lab, "_alone", lambda one, *rest: (sizes.append(len(one.channels)), alone(one, *rest))[1])
    said = []
    found = bench_lab.bench(windows=8, alone=3, repeats=2, say=said.append, members=12)
    assert found["ratio"] == pytest.approx(found["one by one (s)"] / found["together (s)"])
    assert (found["students"], found["subsets"], len(said)) == (12, 63, 2)
    assert len(sizes) == 6
    assert min(sizes) < max(sizes)


@pytest.mark.parametrize("wrong", [{"windows": 0}, {"alone": 0}, {"repeats": 0}, {"members": 5}])
def test_nothing_to_time_is_refused(wrong):
    with pytest.raises(ParameterError, match="give more"):
        bench_lab.bench(**wrong)
