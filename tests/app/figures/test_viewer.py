"""The signal viewer: true paper, standard arrangement, strips with units, few points, and one line under the cursor."""

import numpy as np
import pytest

from app.figures.viewer import STANDARD, Settings, attention_below, beats, describe_viewer, viewer_figure, viewer_table
from rdpd_core.errors import ParameterError, ShapeError, UnknownNameError
from rdpd_core.types import Channel
from tests.app.made import LEADS, beat, case

ECG = tuple(Channel(name, "mV", "limb" if at < 6 else "chest") for at, name in enumerate(LEADS))
MOTION = tuple(
    Channel(f"{short}_{axis}{kind}", unit, group)
    for short, group in (("T", "torso"), ("RA", "right_arm"))
    for kind, unit in (("acc", "m/s^2"), ("gyro", "rad/s"))
    for axis in "xyz"
)
VITALS = (Channel("heart rate", "1/min", "vitals"), Channel("SpO2", "%", "vitals"))


def heart(seconds=10.0, rate=200.0, leads=12):
    """Give beats on some leads."""
    return np.tile(beat(np.arange(round(seconds * rate)) / rate), (leads, 1)).astype(np.float32)


def traces(fig, name):
    """Give the traces of a name."""
    return [trace for trace in fig.data if trace.name == name]


def pixels(fig):
    """Give the pixels of a second and of a unit of the first value axis, from the size of the figure and its axes."""
    layout = fig.layout
    across = layout.width - layout.margin.l - layout.margin.r
    up = (layout.height - layout.margin.t - layout.margin.b) * np.ptp(layout.yaxis.domain)
    return across / np.ptp(layout.xaxis.range), up / np.ptp(layout.yaxis.range)


@pytest.mark.parametrize("speed", [12.5, 25.0, 50.0])
@pytest.mark.parametrize("gain", [5.0, 10.0, 20.0])
def test_a_square_of_the_paper_is_a_square(speed, gain):
    fig = viewer_figure(ECG, heart(4.0), 200.0, Settings(speed=speed, gain=gain))
    per_s, per_mv = pixels(fig)
    across, up = fig.layout.xaxis, fig.layout.yaxis
    assert (across.dtick * speed, up.dtick * gain) == pytest.approx((5.0, 5.0))
    assert (across.minor.dtick * speed, up.minor.dtick * gain) == pytest.approx((1.0, 1.0))
    assert across.dtick * per_s == pytest.approx(up.dtick * per_mv, rel=2e-3)
    assert per_s / speed == pytest.approx(4.0, rel=2e-3)
    assert (up.scaleanchor, up.scaleratio) == ("x", gain / speed)  # also where a narrow browser makes the figure smaller


def test_a_pulse_of_1_mv_and_200_ms_is_10_by_5_mm():
    signal = np.zeros((1, 1000), dtype=np.float32)
    signal[0, 400:500] = 1.0
    fig = viewer_figure(ECG[:1], signal, 500.0)
    (trace,) = traces(fig, "I")
    per_s, per_mv = pixels(fig)
    millimeter = per_s / 25
    high = np.flatnonzero(np.asarray(trace.customdata) > 0.5)
    assert np.ptp(trace.y) * per_mv / millimeter == pytest.approx(10.0, rel=2e-3)
    assert len(high) * trace.dx * per_s / millimeter == pytest.approx(5.0, rel=2e-3)
    assert trace.x0 + high[0] * trace.dx == pytest.approx(0.8, abs=0.5 / per_s)
    (mark,) = traces(fig, "calibration")
    top = [x for x, y in zip(mark.x, mark.y, strict=True) if y == max(mark.y)]
    assert np.ptp(mark.y) * per_mv / millimeter == pytest.approx(10.0, rel=2e-3)
    assert np.ptp(top) * per_s / millimeter == pytest.approx(5.0, rel=2e-3)


def test_the_standard_arrangement_shows_quarters_and_a_rhythm_strip():
    signal = heart() + np.arange(12)[:, None]
    fig = viewer_figure(ECG, signal, 200.0, Settings(layout=STANDARD))
    starts = {"I": 0.0, "aVR": 2.5, "V1": 5.0, "V4": 7.5, "III": 0.0, "V6": 7.5}
    for name, start in starts.items():
        (trace,) = traces(fig, name)
        assert trace.x0 == pytest.approx(start)
        assert len(trace.y) * trace.dx == pytest.approx(2.5)
        assert np.allclose(trace.customdata, signal[LEADS.index(name), round(start * 200) : round(start * 200) + 500])
    quarter, rhythm = sorted(traces(fig, "II"), key=lambda trace: len(trace.y))
    assert len(rhythm.y) * rhythm.dx == pytest.approx(10.0)
    assert np.median(rhythm.y) < np.median(quarter.y)
    (first,), (second,) = traces(fig, "I"), traces(fig, "aVR")
    assert np.median(first.y) == pytest.approx(np.median(second.y), abs=0.05)  # on one line of the sheet


def test_the_standard_arrangement_needs_the_standard_leads():
    with pytest.raises(ParameterError, match="twelve"):
        viewer_figure(ECG[:6], heart(leads=6), 200.0, Settings(layout=STANDARD))
    with pytest.raises(ParameterError, match="twelve"):
        viewer_figure(ECG, heart(), 200.0, Settings(layout=STANDARD, groups=("limb",)))


def test_half_an_hour_of_15_leads_stays_small_and_keeps_a_spike():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(15, 30 * 60 * 200)).astype(np.float32)
    signal[7, 123_457] = 90.0
    channels = [*ECG, *(Channel(f"v{axis}", "mV", "Frank") for axis in "xyz")]
    fig = viewer_figure(channels, signal, 200.0)
    assert fig.layout.width == 1200
    assert len(fig.to_json()) < 300_000
    (trace,) = traces(fig, "V2")
    assert max(trace.y) == 90.0
    at = trace.x0 + np.argmax(trace.y) * trace.dx
    assert fig.layout.xaxis.title.text.endswith("(min)")
    assert at * 60 == pytest.approx(123_457 / 200, abs=30 * 60 / 1100)
    assert all(len(trace.y) <= 4 * 1200 for trace in fig.data)
    assert all(axis.range[0] < 0 < axis.range[1] for axis in (fig.layout.yaxis, fig.layout.yaxis15))


@pytest.mark.parametrize("spike", [0, 777, 3999])
def test_a_spike_of_one_sample_is_on_the_paper(spike):
    signal = heart(8.0, 500.0)
    signal[3, spike] = 2.5
    fig = viewer_figure(ECG, signal, 500.0)
    (trace,) = traces(fig, "aVR")
    assert max(trace.customdata) == 2.5
    assert len(trace.y) <= 4 * fig.layout.width


def test_axes_of_a_motion_sensor_share_a_strip_and_are_told_apart_by_dash_and_color():
    signal = np.random.default_rng(0).normal(size=(12, 125))
    fig = viewer_figure(MOTION, signal, 25.0, Settings(poor=("T_yacc",)))
    three = [traces(fig, f"T_{axis}acc")[0] for axis in "xyz"]
    assert {trace.yaxis for trace in three} == {"y"}
    assert len({trace.line.dash for trace in three}) == len({trace.line.color for trace in three}) == 3
    assert len({trace.yaxis for trace in fig.data}) == 4
    heads = [note.text for note in fig.layout.annotations]
    assert "torso · acceleration</b> (m/s²)" in heads[0]
    assert "▸</b>y" in heads[0]
    assert "right arm · rotation</b> (rad/s)" in heads[3]
    assert three[1].line.width > three[0].line.width
    low, high = fig.layout.yaxis.range
    assert low < signal[:3].min() < signal[:3].max() < high


def test_leads_called_x_y_and_z_are_not_laid_over_each_other():
    channels = [Channel(f"v{axis}", "mV", "Frank") for axis in "xyz"]
    fig = viewer_figure(channels, heart(100.0, leads=3), 200.0)
    assert len({trace.yaxis for trace in fig.data}) == 3


def test_vitals_are_points_in_hours_and_gaps_stay_gaps():
    signal = np.arange(48.0) + np.array([[60.0], [50.0]])
    signal[1, 10:14] = np.nan
    fig = viewer_figure(VITALS, signal, 1 / 3600)
    (trace,) = traces(fig, "SpO2")
    assert trace.mode == "lines+markers"
    assert trace.connectgaps is False
    assert np.flatnonzero(np.isnan(trace.y)).tolist() == [10, 11, 12, 13]
    assert (trace.x0, trace.dx) == (0.0, pytest.approx(1.0))
    assert fig.layout.xaxis.title.text == "time in the recording (h)"
    assert "n = 44 of 48" in fig.layout.annotations[1].text


def test_one_line_under_the_cursor_crosses_all_rows_and_the_attention():
    made = case()
    channels = [*ECG[:2], Channel("pulse", "1/min", "heart")]
    row = attention_below(made.arms, made.offset_s, made.duration_s)
    fig = viewer_figure(channels, heart(leads=3), 200.0, Settings(), made.offset_s, [row])
    assert {trace.xaxis for trace in fig.data} == {"x"}
    assert len({trace.yaxis for trace in fig.data}) == 3
    time = fig.layout.xaxis
    assert (time.showspikes, time.spikemode, time.spikesnap) == (True, "across", "cursor")
    assert fig.layout.hoversubplots == "axis"
    assert fig.layout.yaxis.constraintoward == "bottom"
    (bars,) = [trace for trace in fig.data if trace.type == "bar" and trace.name == "RDPD"]
    assert bars.x.tolist() == [6.25, 8.75, 11.25, 13.75]
    assert fig.layout.yaxis3.domain[0] == pytest.approx(0, abs=1e-9)
    assert fig.layout.yaxis3.domain[1] < fig.layout.yaxis2.domain[0] < fig.layout.yaxis.domain[0]


def test_headings_of_a_row_stay_in_sight_where_only_a_part_of_it_is_shown():
    made = case()
    row = attention_below(made.arms, made.offset_s, made.duration_s)
    fig = viewer_figure(ECG, heart(4.0), 200.0, Settings(), made.offset_s + 3.0, [row])
    heads = [note for note in fig.layout.annotations if "overlap with teacher" in note.text]
    assert len(heads) == 3
    assert {note.x for note in heads} == {made.offset_s + 3.0}


def test_no_attention_has_no_row():
    assert attention_below([], 0.0, 10.0) is None


def test_poor_leads_are_marked_by_more_than_color_and_groups_are_chosen():
    fig = viewer_figure(ECG, heart(), 200.0, Settings(poor=("V1",), groups=("chest",)))
    assert not traces(fig, "I")
    assert "<b>▸V1</b>" in [note.text for note in fig.layout.annotations]
    assert traces(fig, "V1")[0].line.width > traces(fig, "V2")[0].line.width


def test_silent_channels_and_constant_ones_are_drawn():
    signal = heart()
    signal[2] = np.nan
    signal[3] = 0.0
    for seconds in (10.0, 60.0):
        fig = viewer_figure(ECG, np.tile(signal, round(seconds / 10)), 200.0)
        assert np.isnan(traces(fig, "III")[0].y).all()
        assert np.isfinite(fig.layout.yaxis.range).all()


def test_a_huge_artifact_does_not_push_the_leads_apart():
    signal = heart()
    signal[0, 1000] = 400.0
    plain, odd = viewer_figure(ECG, heart(), 200.0), viewer_figure(ECG, signal, 200.0)
    assert odd.layout.height < plain.layout.height + 2 * 30 * 4 + 50
    assert max(traces(odd, "I")[0].customdata) == 400.0


def test_names_from_files_cannot_bring_tags():
    for rate in (200.0, 1.0):
        fig = viewer_figure([Channel("<b>x", "mV", "<i>g")], np.zeros((1, 400)), rate, Settings(title="<a href='x'>"))
        said = " ".join([fig.layout.title.text, *(note.text for note in fig.layout.annotations), *(t.name for t in fig.data)])
        assert "<a" not in said
        assert "<i>" not in said
        assert "<b>x" not in said


@pytest.mark.parametrize("change", [{"speed": 30.0}, {"gain": 0.0}, {"layout": "2x6"}], ids=lambda change: next(iter(change)))
def test_settings_that_are_not_offered_are_refused(change):
    with pytest.raises(ParameterError, match="choose one of"):
        viewer_figure(ECG, heart(), 200.0, Settings(**change))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError):
        viewer_figure(ECG, heart(leads=3), 200.0)
    with pytest.raises(ShapeError):
        viewer_figure(ECG, np.zeros((12, 0)), 200.0)
    with pytest.raises(ParameterError, match="rate"):
        viewer_figure(ECG, heart(), 0.0)
    with pytest.raises(UnknownNameError):
        viewer_figure(ECG, heart(), 200.0, Settings(groups=("feet",)))


def test_beats_are_found_where_they_are():
    signal = heart(20.0) + np.random.default_rng(0).normal(scale=0.03, size=(12, 4000))
    signal[4] = np.nan
    found = beats(signal, 200.0, 5.0)
    assert np.allclose(np.diff(found), 1.0, atol=0.03)
    assert len(found) in (19, 20, 21)
    assert found[3] % 1.0 == pytest.approx(0.15, abs=0.03)
    assert not len(beats(np.zeros((2, 2000)), 200.0))
    assert not len(beats(np.full((2, 20), np.nan), 200.0))


def test_words_and_numbers_behind_the_picture():
    signal = np.array([[1.0, np.nan, 3.0], [5.0, 5.0, 5.0]])
    told = describe_viewer(VITALS, signal, 1 / 3600, 0.0, "Stay 1", ("SpO2",))
    assert "heart rate from 1 to 3 1/min (2 of 3 values)" in told
    assert "Students read SpO2." in told
    table = viewer_table(VITALS, signal, 1 / 3600, 0.0)
    assert table["time (s)"].tolist() == [0.0, 3600.0, 7200.0]
    assert table["SpO2 (%)"].tolist() == [5.0, 5.0, 5.0]
    long = np.zeros((2, 90_001))
    long[1, 70_000] = 9.0
    table = viewer_table(VITALS, long, 100.0, 0.0)
    assert len(table) <= 20_000
    row = table["SpO2, highest (%)"].argmax()
    assert table["from (s)"][row] <= 700.0 < table["from (s)"][row + 1]
