"""Times, gaps, people and classes: what recordings become, and what is said about it."""

import math

import numpy as np
import pytest

from rdpd_core.errors import DataError, ParameterError
from rdpd_core.intake.building import Builder
from rdpd_core.intake.formats.base import Column, Piece, Table
from rdpd_core.intake.mapping import Mapping, Trace, conversion
from rdpd_core.intake.quality import Quality
from rdpd_core.intake.times import rate_of


def table(rate_hz=None, pieces=None, **columns):
    made = [Column(n, None, v) if isinstance(v[0], str) else Column(n, np.asarray(v, dtype=float)) for n, v in columns.items()]
    return Table("delimited", tuple(made), pieces or (Piece(len(made[0])),), rate_hz)


def build(given, *channels, **said):
    builder = Builder(given, Mapping(tuple(Trace(c, c) for c in channels), **said))
    return list(builder.recordings()), builder.notices(), builder


def test_a_long_gap_ends_a_recording_and_a_short_one_is_bridged():
    times = np.r_[np.arange(100), np.arange(103, 200), np.arange(500, 600)] * 0.02
    made, notices, builder = build(table(t=times, x=10 * times), "x", time="t")
    assert builder.rate == 50
    assert [m.signal.shape[1] for m in made] == [200, 100]
    np.testing.assert_allclose(made[0].signal[0], np.arange(200) * 0.2, rtol=1e-5)
    assert notices == ("Gaps of more than 1 s, each of which ends a recording: 1.",)


def test_rows_out_of_order_and_twice_are_sorted_and_counted():
    times = np.arange(50) * 0.1
    shuffled = np.r_[times[25:], times[:25], times[:5]]
    made, notices, _ = build(table(t=shuffled, x=shuffled**2), "x", time="t")
    np.testing.assert_allclose(made[0].signal[0], times**2, atol=1e-5)
    assert "Rows with the time of an earlier one, left out: 5." in notices
    assert any("sorted by time" in notice for notice in notices)


def test_jittered_clock_in_ms_gives_its_mean_rate():
    draw = np.random.default_rng(0)
    times = np.round(np.cumsum(draw.normal(20, 1.5, 2000)))
    assert rate_of(times / 1000) == 50


def test_people_classes_and_recordings_are_kept_apart():
    who, what = ["007"] * 6 + ["NA"] * 6, ["a"] * 3 + ["b"] * 3 + ["a"] * 6
    made, _, _ = build(table(who=who, what=what, x=np.arange(12)), "x", rate_hz=10.0, subject="who", label="what")
    assert [(m.subject, m.label, m.signal.shape[1]) for m in made] == [("007", "a", 3), ("007", "b", 3), ("NA", "a", 6)]


def test_a_long_table_gives_each_channel_its_own_clock():
    rows = [("hr", t, 60 + t) for t in range(0, 20, 2)] + [("temp", t, 36.0) for t in range(0, 20, 5)]
    name, t, value = zip(*rows, strict=True)
    made, _, _ = build(
        table(name=list(name), t=t, value=value), "hr", "temp", time="t", rate_hz=1.0, names="name", values="value", gap_s=6.0
    )
    assert made[0].signal.shape == (2, 19)
    np.testing.assert_allclose(made[0].signal[0], 60 + np.arange(19))
    assert np.isnan(made[0].signal[1][16:]).all()  # after the last value nothing is known


def test_infinite_values_are_missing_and_counted():
    made, notices, _ = build(table(x=[1, np.inf, 3, -np.inf, 1e300]), "x", rate_hz=1.0)
    np.testing.assert_array_equal(made[0].signal[0], [1, np.nan, 3, np.nan, np.nan])
    assert notices == ("Values that were infinite or too large and count as missing: 3.",)


def test_dates_of_another_century_and_times_of_day():
    days = [f"2119-03-04 12:00:{s:02d}" for s in range(30)]
    made, _, builder = build(table(t=days, x=np.arange(30)), "x", time="t", time_unit="date")
    assert builder.rate == 1
    assert made[0].signal.shape == (1, 30)
    clock = [f"00:00:{s:02d},500" for s in range(30)]
    assert build(table(t=clock, x=np.arange(30)), "x", time="t", time_unit="date")[2].rate == 1
    with pytest.raises(DataError, match="column 't', row 2: neither a time"):
        build(table(t=["2020-01-01", "soon"], x=[1, 2]), "x", time="t", time_unit="date")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"time": "clock"}, "time: there is no column 'clock'; the file has t, x, who"),
        ({}, "neither a column of time nor a rate"),
        ({"time": "who"}, "times in s must be numbers"),
        ({"rate_hz": 1.0, "subject": "gone"}, "subject: there is no column"),
    ],
)
def test_what_does_not_fit_the_file_is_said(said, why):
    with pytest.raises((DataError, ParameterError), match=why):
        build(table(t=[0, 1, 2], x=[1, 2, 3], who=["a", "b", "c"]), "x", **said)


def test_units():
    assert conversion("g", "m/s^2", "x") == (9.80665, 0.0)
    assert conversion("°/s", "rad/s", "x")[0] == pytest.approx(math.pi / 180)
    assert conversion("m/s²", "m/s^2", "x") == (1.0, 0.0)
    factor, offset = conversion("degF", "degC", "x")
    assert 98.6 * factor + offset == pytest.approx(37)
    with pytest.raises(ParameterError, match="channel x: from uT to m/s\\^2 there is no way; give g, m/s\\^2, mg"):
        conversion("uT", "m/s^2", "x")


def test_a_mapping_comes_back_from_json():
    mapping = Mapping((Trace("a", "x", "g", "wrist", 2.0, 1.0),), time="t", time_unit="ms", labels={"1": "walk"}, gap_s=2.0)
    assert Mapping.from_dict(mapping.to_dict()) == mapping
    for wrong in ({"traces": []}, {"traces": [{"column": "a"}]}, {"traces": 3}, {**mapping.to_dict(), "more": 1}, {}):
        with pytest.raises(ParameterError):
            Mapping.from_dict(wrong)


def test_quality_says_what_is_bad():
    time = np.arange(1000) / 50
    rows = {
        "good": np.sin(time), "flat": np.r_[np.sin(time[:500]), np.zeros(500)], "clipped": np.clip(3 * np.sin(9 * time), -1, 1),
        "constant": np.ones(1000), "gappy": np.r_[np.full(300, np.nan), np.sin(time[300:])],
    }  # fmt: skip
    made, _, builder = build(table(**rows), *rows, rate_hz=50.0)
    quality = Quality(builder.mapping.traces)
    for one in [*made, made[0]._replace(subject="other")]:
        quality.add(one)
    report = quality.report()
    said = " ".join(report["warnings"])
    assert [c["name"] for c in report["channels"] if c["flat"] > 0.4] == ["flat", "constant"]
    assert "clipped stands at its smallest or largest value" in said
    assert "constant is constant (1" in said
    assert "gappy is missing during 30%" in said
    assert "1 recordings are copies of another one, 1 of them under another subject" in said
    assert "good" not in said


def test_impossible_values_and_a_channel_that_is_the_label_are_named():
    traces = (Trace("hr", "hr", "1/min"), Trace("code", "code"))
    quality = Quality(traces)
    for label, code in (("a", 1.0), ("b", 2.0)):
        given = table(hr=np.r_[np.full(10, 70.0), 9999], code=np.full(11, code))
        (made,) = Builder(given, Mapping(traces, rate_hz=1.0)).recordings()
        quality.add(made._replace(label=label))
    said = " ".join(quality.report()["warnings"])
    assert "hr: 9.09% of its values lie outside 10 to 300 1/min" in said
    assert "code has one constant value in each class: it is the label" in said
    assert quality.report()["channels"][0]["high"] == 9999  # nothing is clipped silently
