"""Edits of channels: what each does, what it leaves alone, and how it travels in a link."""

import numpy as np
import pytest

from rdpd_core.errors import ParameterError, ShapeError, UnknownNameError
from rdpd_core.evaluation import edits as e
from rdpd_core.types import Channel

CHANNELS = (Channel("I", "mV", "limb"), Channel("II", "mV", "limb"), Channel("T_x~!", "m/s^2", "torso"))
GROUND = e.Ground(CHANNELS, np.array([0.1, -0.2, 9.81]), np.array([0.5, 2.0, 3.0]), 100.0)
STARTS = [0, 700]


@pytest.fixture
def x():
    return np.random.default_rng(3).normal(2.0, 1.0, size=(2, 3, 400)).astype(np.float32)


def one_of_each() -> list[e.Edit]:
    """Give an edit of every kind that changes something."""
    made = {"swap": e.Swap("I", "II")}
    return [made.get(kind.name) or kind("I") for kind in e.EDITS]


def test_every_kind_is_registered():
    assert e.EDITS.names() == ["burst", "cut", "drop", "flatten", "noise", "scale", "shift", "swap"]
    assert all(kind.title and kind.meaning.endswith(".") for kind in e.EDITS)


@pytest.mark.parametrize("edit", one_of_each(), ids=lambda edit: edit.name)
def test_an_edit_touches_its_channels_only_and_never_what_it_was_handed(x, edit):
    before = x.copy()
    after = e.apply([edit], x, GROUND, STARTS)
    assert np.array_equal(x, before)
    assert (after.dtype, after.shape) == (x.dtype, x.shape)
    touched = edit.rows(GROUND)
    for row in range(3):
        assert np.array_equal(after[:, row], x[:, row]) == (row not in touched)


@pytest.mark.parametrize(
    "edit", [e.Noise("*", 0.0), e.Burst("*", amplitude=0.0), e.Scale("*", 1.0), e.Shift("*", 0.0), e.Cut("*", 1.0, 0.0)]
)
def test_the_size_of_nothing_changes_no_bit(x, edit):
    assert e.apply([edit], x, GROUND, STARTS).tobytes() == x.tobytes()
    assert e.digest(e.apply([edit], x, GROUND, STARTS)) == e.digest(x)


def test_drop_is_0_for_a_model(x):
    after = e.apply([e.Drop("II")], x, GROUND, STARTS)
    assert (after[:, 1] == np.float32(-0.2)).all()


def test_noise_is_equation_16_in_the_spread_of_the_channel(x):
    added = e.apply([e.Noise("II", 0.5)], x, GROUND, STARTS)[:, 1] - x[:, 1]
    assert np.abs(added).max() <= 1.0 + 1e-5  # 0.5 SD of 2.0
    assert np.abs(added).max() > 0.9
    assert abs(added.mean()) < 0.1
    normal = e.apply([e.Noise("II", 0.5, "normal")], x, GROUND, STARTS)[:, 1] - x[:, 1]
    assert normal.std() == pytest.approx(1.0, abs=0.08)
    assert not np.array_equal(added[0], added[1])


def test_noise_belongs_to_seed_window_and_channel(x):
    first = e.apply([e.Noise("I")], x, GROUND, STARTS)
    alone = e.apply([e.Noise("I")], x[1:], GROUND, STARTS[1:])
    assert np.array_equal(first[1:], alone)
    assert not np.array_equal(first, e.apply([e.Noise("I", seed=1)], x, GROUND, STARTS))


def test_signal_to_noise_of_a_channel():
    tone = np.sin(np.linspace(0, 20 * np.pi, 4000)) * 0.5  # variance 0.125; 1 SD of channel I is 0.5
    assert e.Noise("I", 1.0, "normal").snr(tone, 0, GROUND) == pytest.approx(10 * np.log10(0.125 / 0.25), abs=0.01)
    assert e.Noise("I", 0.0).snr(tone, 0, GROUND) == float("inf")
    assert e.Noise("I").snr(np.ones(9), 0, GROUND) == float("-inf")


def test_flatten_and_scale_keep_the_median(x):
    center = np.median(x[:, 0], axis=1, keepdims=True)
    assert np.array_equal(e.apply([e.Flatten("I")], x, GROUND, STARTS)[:, 0], np.broadcast_to(center, (2, 400)))
    turned = e.apply([e.Scale("I", -1.0)], x, GROUND, STARTS)[:, 0]
    assert np.allclose(turned - center, center - x[:, 0], atol=1e-6)


def test_swap_twice_is_nothing_and_units_must_agree(x):
    assert np.array_equal(e.apply([e.Swap("I", "II")], x, GROUND, STARTS)[:, 0], x[:, 1])
    assert e.apply([e.Swap("I", "II")] * 2, x, GROUND, STARTS).tobytes() == x.tobytes()
    with pytest.raises(ParameterError, match="one unit"):
        e.Swap("I", "T_x~!").check(GROUND)
    with pytest.raises(ParameterError, match="name both"):
        e.Swap("*", "I").check(GROUND)


@pytest.mark.parametrize(("seconds", "first"), [(0.5, 0), (-0.5, 50)])
def test_shift_moves_by_whole_samples_and_holds_the_end(x, seconds, first):
    after = e.apply([e.Shift("I", seconds)], x, GROUND, STARTS)[:, 0]
    if seconds > 0:
        assert np.array_equal(after[:, 50:], x[:, 0, :-50])
        assert (after[:, :50] == x[:, 0, :1]).all()
    else:
        assert np.array_equal(after[:, :-50], x[:, 0, first:])
        assert (after[:, -50:] == x[:, 0, -1:]).all()
    assert e.Shift("I", 1e5).check(GROUND) is None
    assert (e.apply([e.Shift("I", 1e5)], x, GROUND, STARTS)[:, 0] == x[:, 0, :1]).all()


def test_burst_stays_in_its_stretch_and_band(x):
    long = np.zeros((1, 3, 4000), dtype=np.float32)
    added = e.apply([e.Burst("I", 10.0, 20.0, 2.0)], long, GROUND, [0])[0, 0]
    assert not added[:1000].any()
    assert not added[3000:].any()
    power = np.abs(np.fft.rfft(added)) ** 2
    hertz = np.fft.rfftfreq(4000, 0.01)
    assert power[(hertz > 0.8) & (hertz < 8.2)].sum() > 0.999 * power.sum()
    middle = added[1700:2300]
    assert 0.5 < np.sqrt((middle**2).mean()) < 2.0  # 2 SD of 0.5 at its height, of random phase
    assert e.apply([e.Burst("I", 50.0, 1.0, 2.0)], long, GROUND, [0]).tobytes() == long.tobytes()


def test_a_burst_needs_a_rate_that_can_carry_it():
    with pytest.raises(ParameterError, match="4 Hz"):
        e.Burst("I").check(GROUND._replace(rate=1 / 3600))


def test_cut_ends_with_the_window(x):
    after = e.apply([e.Cut("I", 3.0, 99.0)], x, GROUND, STARTS)[:, 0]
    assert np.array_equal(after[:, :300], x[:, 0, :300])
    assert (after[:, 300:] == np.float32(0.1)).all()
    assert e.Cut("I", 3.0, 99.0).span(4.0) == (3.0, 4.0)


def test_edits_act_in_order_and_taking_the_last_away_restores_the_digest(x):
    whole = [e.Noise("I", 1.0), e.Swap("I", "II"), e.Cut("II", 1.0, 1.0)]
    digests = [e.digest(e.apply(whole[:n], x, GROUND, STARTS)) for n in range(4)]
    assert len(set(digests)) == 4
    assert digests[0] == e.digest(x)
    assert digests[2] == e.digest(e.apply(whole[:2], x, GROUND, STARTS))
    assert e.digest(e.apply(whole[::-1], x, GROUND, STARTS)) != digests[3]


@pytest.mark.parametrize("edit", [*one_of_each(), e.Noise("T_x~!", 0.1 + 0.2, "normal", 7), e.Shift("*", -0.05)], ids=repr)
def test_the_text_form_gives_the_edit_back(edit):
    text = e.to_text([edit, edit])
    assert e.from_text(text) == (edit, edit)
    assert not set(text) & set(" &?#=/,;\"'<>")
    assert e.checked(GROUND)(text) == (edit, edit)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("shake~I", UnknownNameError, "shake"),
        ("noise~I~0.5", ParameterError, "distribution"),
        ("noise~I~99.0~uniform~0", ParameterError, "outside"),
        ("noise~I~nan~uniform~0", ParameterError, "outside"),
        ("noise~I~much~uniform~0", ParameterError, "cannot be read"),
        ("noise~I~0.5~pink~0", ParameterError, "pink"),
        ("drop~nose", UnknownNameError, "nose"),
        ("!".join(["drop~I"] * 21), ParameterError, "at most 20"),
    ],
)
def test_what_cannot_be_read_is_refused(text, error, told):
    with pytest.raises(error, match=told):
        e.checked(GROUND)(text)


def test_nothing_is_an_empty_text():
    assert e.to_text([]) == ""
    assert e.from_text("") == ()


def test_windows_must_fit(x):
    with pytest.raises(ShapeError):
        e.apply([], x, GROUND, [0])
    with pytest.raises(ShapeError):
        e.apply([], x[:, :2], GROUND, STARTS)
