"""Courses of learning and sizes of models, from what a job keeps of them."""

import pytest

from rdpd_core.errors import DataError
from rdpd_core.experiments.compared import Selection, table_of
from rdpd_core.experiments.compared.learned import learning_chart, network_of, size_chart, sizes
from tests.core.experiments.compared.made import entry, outcomes


def test_a_course_is_the_mean_of_the_models_that_still_learn():
    chart = learning_chart(entry(1), "lead I", outcomes(), ("direct",))
    (line,) = chart.series
    assert line.x == (1, 2, 3, 4)
    assert line.y == pytest.approx((0.61, 0.71, 0.81, 0.92))  # seed 0 stopped after 3 epochs
    assert line.ends[0] == pytest.approx((0.6, 0.62))
    assert [row["models"] for row in chart.rows] == [2, 2, 2, 1]
    assert "Direct best 0.800 to 0.920 over 2 models" in chart.words


def test_models_from_the_store_have_no_course():
    kept = [{**o, "training": {}} for o in outcomes()]
    with pytest.raises(DataError, match="keeps no course"):
        learning_chart(entry(1), "lead I", kept)


def test_sizes_are_those_of_the_paper():
    """Table 5 of RDPD, PTBDB: a student of lead I has 19.8 thousand parameters."""
    one = entry(1)
    grown = {**outcomes()[0], "arm": "forest", "model": "forest"}
    found = sizes([one], lambda given: [*outcomes(), grown])
    assert set(found) == {"abcd1234.1/teacher", "abcd1234.1/direct", "abcd1234.1/rdpd"}
    assert found["abcd1234.1/direct"].parameters == pytest.approx(19_800, rel=0.01)
    assert found["abcd1234.1/direct"].multiply_adds > 0
    assert found["abcd1234.1/direct"].latency is None
    assert network_of(one, outcomes()[0]).channels == 15
    chart = size_chart(table_of([one], Selection((one.job,), score="accuracy")), found)
    assert chart.x.logarithmic
    assert len(chart.rows) == 3  # of the four arms one keeps no models
    assert {row["parameters"] for row in chart.rows if row["arm"] != "teacher"} == {found["abcd1234.1/rdpd"].parameters}


@pytest.mark.slow
def test_latency_is_measured_when_it_is_asked_for():
    one = entry(1)
    found = sizes([one], lambda given: outcomes(("direct",), 1), timed=True)
    took = found["abcd1234.1/direct"].latency
    assert took.runs == 200
    assert 0 < took.low_ms <= took.median_ms <= took.high_ms
    chart = size_chart(table_of([one], Selection((one.job,))), found, timed=True)
    assert "latency" in chart.x.title
    assert chart.rows[0]["latency_ms"] == took.median_ms


def test_without_sizes_there_is_no_picture():
    one = entry(1)
    with pytest.raises(DataError, match="run them again"):
        size_chart(table_of([one], Selection((one.job,))), {})
