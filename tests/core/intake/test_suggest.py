"""What columns probably mean, told by their names, units and values."""

import numpy as np
import pytest

from rdpd_core.intake.formats.base import Column, Piece, Table
from rdpd_core.intake.looking import look
from rdpd_core.intake.suggest import axis_of, match, sensor_of, suggest
from rdpd_core.types import Channel

DRAW = np.random.default_rng(0)
MOVES = np.stack([0.05 * DRAW.normal(size=500), 1 + 0.05 * DRAW.normal(size=500), 0.05 * DRAW.normal(size=500)])


def told(rate_hz=None, **columns):
    made = tuple(
        Column(n, None, v) if isinstance(v[0], str) else Column(n, np.asarray(v, dtype=float)) for n, v in columns.items()
    )
    return look(Table("delimited", made, (Piece(len(made[0])),), rate_hz))


@pytest.mark.parametrize(("size", "unit"), [(1.0, "g"), (9.81, "m/s^2"), (1000.0, "mg")])
def test_gravity_tells_the_unit_of_all_axes_together(size, unit):
    """One axis alone would mislead: across the pull of the earth it shows nearly 0 in any unit."""
    found = suggest(told(rate_hz=50.0, ax=size * MOVES[0], ay=size * MOVES[1], az=size * MOVES[2]))
    assert found.signals == {"ax": unit, "ay": unit, "az": unit}
    assert "all axes together" in found.why[-1]


@pytest.mark.parametrize(
    ("name", "values", "unit"),
    [
        ("timestamp", 1732000000000 + 20 * np.arange(500), "ms"),
        ("time (s)", np.arange(500) / 50, "s"),
        ("t", 1.7e9 + np.arange(500) / 50, "s"),
        ("Zeitstempel (us)", 20_000 * np.arange(500), "us"),
        ("timestamp", 1.7e18 + 2e7 * np.arange(500), "ns"),
        ("date", [f"2025-01-01T00:00:{n / 50:09.6f}" for n in range(500)], "date"),
    ],
)
def test_the_column_of_time_and_its_unit(name, values, unit):
    found = suggest(told(**{name: values, "acc_x": MOVES[0], "count": np.arange(500)}))
    assert (found.time, found.time_unit) == (name, unit)
    assert list(found.signals) == ["acc_x"]  # another clock or a counter of rows is no channel


def test_people_classes_and_recordings_by_their_names():
    found = suggest(told(rate_hz=1.0, Subject_ID=["1", "2"], activity=["a", "b"], Trial=[1, 2], x=[0.5, 0.25]))
    assert (found.subject, found.label, found.recording) == ("Subject_ID", "activity", "Trial")


@pytest.mark.parametrize(
    ("name", "sensor", "axis"),
    [
        ("RA_xacc", "acc", "x"), ("accelerometer_y", "acc", "y"), ("Gyroscope Z (rad/s)", "gyro", "z"), ("az", "acc", "z"),
        ("rotationRateX", "gyro", "x"), ("magX", "mag", "x"), ("heart", "", ""), ("Linear Acceleration x (m/s^2)", "acc", "x"),
    ],
)  # fmt: skip
def test_sensor_and_axis_of_a_name(name, sensor, axis):
    assert (sensor_of(name), axis_of(name)) == (sensor, axis)


def test_channels_of_students_find_their_columns():
    wanted = [Channel(f"RA_{axis}{kind}", unit, "arm") for kind, unit in (("acc", "m/s^2"), ("mag", "a.u.")) for axis in "xyz"]
    signals = {"ax": "g", "ay": "g", "az": "g", "mx": "uT", "my": "uT", "mz": "uT"}
    assert match(signals, wanted) == {"RA_xacc": "ax", "RA_yacc": "ay", "RA_zacc": "az"}  # uT cannot become a.u.
    leads = [Channel("I", "mV", "limb"), Channel("II", "mV", "limb")]
    assert match({"Lead I": "mV", "lead ii": ""}, leads) == {"I": "Lead I", "II": "lead ii"}
