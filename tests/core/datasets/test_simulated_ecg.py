"""The simulated clinic: exact leads, the same heart at any rate, and diseases one can see."""

from collections import Counter, defaultdict
from functools import cache
from itertools import chain, islice

import numpy as np
import pytest

from rdpd_core.datasets import check_assignment
from rdpd_core.datasets._ecg_leads import LEAD_VECTORS, LEADS, STEP_MV, electrode_vectors, lead_field, project
from rdpd_core.datasets._ecg_noise import noise
from rdpd_core.datasets._ecg_waves import normal, rotation
from rdpd_core.datasets.simulated_ecg import DURATION_S, SHARES, VERSION, SimulatedECG
from rdpd_core.errors import ParameterError, SplitError, UnknownNameError
from rdpd_core.files import digest_bytes
from rdpd_core.runtime import numpy_generator

ROW = {name: i for i, name in enumerate(LEADS)}
DIGESTS = {2: "5693cd5c5c592d8e"}


@pytest.fixture(scope="module")
def clinic() -> SimulatedECG:
    return SimulatedECG(sampling_rate=500)


@cache
def findings(clinic: SimulatedECG) -> dict[str, tuple[str, str]]:
    """Give class and finding of everybody's first recording."""
    return {f"{s}_1": (clinic.label(s), clinic.truth(f"{s}_1").finding) for s in clinic.people}


def people_with(clinic: SimulatedECG, label: str, finding: str = "", most: int = 1000) -> list[str]:
    """Give first recordings of people of a class whose finding starts so."""
    return [n for n, (group, what) in findings(clinic).items() if group == label and what.startswith(finding)][:most]


def beats_of(clinic: SimulatedECG, name: str) -> list[np.ndarray]:
    """Give (15, 0.7 s) around every normal R peak that shows the disease throughout: 0.25 s before to 0.45 s after."""
    truth, signal = clinic.truth(name), clinic.clean(name)
    start, end = truth.stretch or (0.0, DURATION_S)
    rate = clinic.sampling_rate
    at = [round(b * rate) for b, wild in zip(truth.beat_s, truth.ectopic, strict=True) if start + 3 < b < end - 3 and not wild]
    return [signal[:, a - round(0.25 * rate) : a + round(0.45 * rate)] for a in at]


@cache
def median_beat(clinic: SimulatedECG, name: str) -> np.ndarray:
    return np.median(beats_of(clinic, name), axis=0)


def qrs_ms(clinic: SimulatedECG, beat: np.ndarray) -> float:
    """Give the time for which the heart vector moves faster than 8 mV/s from 0.1 s before to 0.15 s after the R peak."""
    rate = clinic.sampling_rate
    part = beat[12:, round(0.15 * rate) : round(0.40 * rate)].astype(float)
    fast = np.flatnonzero(np.linalg.norm(np.gradient(part, 1 / rate, axis=1), axis=0) > 8)
    return float(fast[-1] - fast[0]) / rate * 1000


def test_limb_leads_are_identical_in_every_bit(clinic: SimulatedECG) -> None:
    for name in ("s001_1", "s005_1", "s007_1"):
        x = clinic.clean(name)
        one, two, three, right, left, foot = x[:6]
        assert np.abs(x).max() > 0.5
        assert np.array_equal(two, one + three)
        assert np.array_equal(right + left + foot, np.zeros_like(one))
        assert np.array_equal(right, -(one + two) / 2)
        assert np.array_equal(left, (one - three) / 2)
        assert np.array_equal(foot, (two + three) / 2)


def test_noise_breaks_the_identities_and_nothing_else() -> None:
    small = SimulatedECG(subjects=1)
    shown = next(small.recordings())
    added = shown.signal - small.clean(shown.name)
    assert not np.array_equal(shown.signal[1], shown.signal[0] + shown.signal[2])
    assert np.array_equal(added / STEP_MV * 2, np.round(added / STEP_MV * 2))
    assert (added.std(axis=1) > 0.02).all()
    assert (added.std(axis=1) < 0.4).all()


def test_perfect_electrodes_give_the_published_matrix() -> None:
    field = lead_field(np.ones(12))
    measured = [name for name in LEADS if name not in ("III", "aVR", "aVL", "aVF")]
    assert np.allclose(field, [LEAD_VECTORS[name] for name in measured])
    assert np.allclose(electrode_vectors()[:3].sum(axis=0), 0)
    unit = project(np.eye(3), field)
    assert unit[ROW["III"]] == pytest.approx(np.array([-0.397, 1.301, -0.191]), abs=2e-3)
    assert unit[ROW["aVL"]] == pytest.approx(np.array([0.515, -0.768, 0.125]), abs=2e-3)


def test_a_loose_electrode_changes_only_its_leads() -> None:
    gain = np.ones(12)
    gain[1] = 0.5  # left arm
    change = np.abs(project(np.eye(3), lead_field(gain)) - project(np.eye(3), lead_field(np.ones(12)))).max(axis=1)
    assert change[ROW["II"]] == 0
    assert change[ROW["I"]] > 0.1
    assert change[ROW["V1"]] > 0.05  # by way of the central terminal
    assert (change[12:] == 0).all()


def test_290_people_549_recordings_in_declared_proportions() -> None:
    clinic = SimulatedECG()
    assert Counter(clinic.label(s) for s in clinic.people) == SHARES
    assert sum(SHARES.values()) == len(clinic.people) == 290
    assert clinic.count() == 549
    assert clinic.classes[0] == "myocardial infarction"
    order = [SHARES[c] for c in clinic.classes]
    assert order == sorted(order, reverse=True)


def test_the_first_people_are_the_same_in_a_small_clinic() -> None:
    few, more = SimulatedECG(subjects=3), SimulatedECG(subjects=6)
    made = list(few.recordings())
    assert len(made) == few.count()
    assert [r.name for r in made] == [r.name for r in islice(more.recordings(), len(made))]
    assert np.array_equal(made[-1].signal, more.measured(made[-1].name))
    assert few.source_digest() != more.source_digest()


def test_the_seed_decides_everything() -> None:
    one, again, other = (next(SimulatedECG(seed=s, subjects=1).recordings()) for s in (0, 0, 1))
    assert np.array_equal(one.signal, again.signal)
    assert one.facts == again.facts
    assert not np.array_equal(one.signal, other.signal)
    assert SimulatedECG(seed=0).source_digest() != SimulatedECG(seed=1).source_digest()


def test_the_version_stands_for_the_signals() -> None:
    names = ["s001_1", "s005_1", "s007_1", "s032_1"]
    clinic = SimulatedECG()
    coarse = [np.round(clinic.measured(name)[:, ::50] * 50).astype(np.int16).tobytes() for name in names]
    assert digest_bytes(b"".join(coarse))[:16] == DIGESTS[VERSION], "signals changed: raise VERSION and note their digest"


@pytest.mark.parametrize("name", ["s001_1", "s005_1", "s007_1", "s032_1"])
def test_a_finer_rate_shows_the_same_heart(name: str) -> None:
    coarse, fine = SimulatedECG(sampling_rate=200), SimulatedECG(sampling_rate=1000)
    assert fine.clean(name).shape == (15, 32000)
    assert np.array_equal(coarse.clean(name), fine.clean(name)[:, ::5])
    assert np.abs(coarse.measured(name) - fine.measured(name)[:, ::5]).max() <= 2 * STEP_MV


def test_recordings_say_that_they_are_simulated() -> None:
    clinic = SimulatedECG(subjects=2)
    for recording in clinic.recordings():
        assert recording.signal.shape == (15, 6400)
        assert recording.facts["simulated"] == "yes"
        assert all(isinstance(text, str) for text in recording.facts.values())
        assert recording.label == clinic.label(recording.subject)
        rate = float(recording.facts["heart rate"].removesuffix(" /min"))
        assert rate == pytest.approx(clinic.truth(recording.name).rate, abs=0.5)
    assert SimulatedECG.simulated
    assert all("imulated" in text for text in (SimulatedECG.title, SimulatedECG.summary))


@pytest.mark.parametrize("split", SimulatedECG.splits)
def test_every_class_is_in_every_part(split: str) -> None:
    clinic = SimulatedECG()
    assigned = clinic.assign(clinic.people, split)
    check_assignment(assigned, clinic.people)
    count: dict[str, Counter] = defaultdict(Counter)
    for subject, part in assigned.items():
        count[part][clinic.label(subject)] += 1
    for label, total in SHARES.items():
        assert count["test"][label] == count["valid"][label] == -(-total // 10) >= 2
    assert sum(count["train"].values()) == 226


def test_splits_differ_and_a_part_of_the_clinic_can_be_split() -> None:
    clinic = SimulatedECG()
    tests = [{s for s, part in clinic.assign(clinic.people, split).items() if part == "test"} for split in clinic.splits]
    assert tests[0] != tests[1] != tests[2]
    some = clinic.people[:100]
    check_assignment(clinic.assign(some, "1"), some)
    with pytest.raises(SplitError, match="simulate more"):
        clinic.assign(clinic.people[:12], "0")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sampling_rate": 1001}, "from 100 to 1000 Hz"),
        ({"sampling_rate": 33.3}, "whole number"),
        ({"sampling_rate": float("nan")}, "whole number"),
        ({"subjects": 0}, "subjects=0"),
        ({"subjects": 1.5}, "whole number"),
    ],
)
def test_impossible_settings_are_told(settings: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        SimulatedECG(**settings)


@pytest.mark.parametrize("name", ["s001_9", "s999_1", "s001", "", "s001_x"])
def test_unknown_recordings_are_told(name: str) -> None:
    with pytest.raises(UnknownNameError, match="recording of simulated_ecg"):
        SimulatedECG().clean(name)


@pytest.mark.slow
def test_healthy_leads_look_healthy(clinic: SimulatedECG) -> None:
    names = people_with(clinic, "healthy control")
    beats = np.array([median_beat(clinic, name) for name in names])
    tall = np.median(beats.max(axis=2), axis=0)
    deep = np.median(beats.min(axis=2), axis=0)
    assert 0.8 < tall[ROW["II"]] < 1.3
    assert 0.3 < tall[ROW["I"]] < 0.9
    assert list(tall[6:11]) == sorted(tall[6:11])  # R grows from V1 to V5
    assert tall[ROW["V1"]] < -deep[ROW["V1"]]
    assert tall[ROW["V5"]] > -3 * deep[ROW["V5"]]
    assert deep[ROW["aVR"]] < -0.4
    assert (beats.max(axis=2)[:, ROW["II"]] < 2.5).all()
    widths = [qrs_ms(clinic, beat) for beat in beats]
    assert 75 < np.median(widths) < 105
    assert all(55 < w < 122 for w in widths)
    rates = [clinic.truth(name).rate for name in names]
    assert 64 < np.mean(rates) < 80
    assert all(40 < r < 120 for r in rates)


def test_p_and_t_waves_stand_where_they_belong(clinic: SimulatedECG) -> None:
    beat = np.median([median_beat(clinic, n) for n in people_with(clinic, "healthy control", most=20)], axis=0)[ROW["II"]]
    rate = clinic.sampling_rate
    p, t = beat[: round(0.19 * rate)], beat[round(0.35 * rate) :]
    assert 0.05 < p.max() < 0.25
    assert 0.13 < 0.25 - p.argmax() / rate < 0.2 - 0.03
    assert 0.1 < t.max() < 0.6
    assert 0.2 < t.argmax() / rate + 0.10 < 0.32


def test_qt_follows_the_heart_rate(clinic: SimulatedECG) -> None:
    slow, fast = [], []
    for name in people_with(clinic, "healthy control"):
        beat = median_beat(clinic, name)[ROW["II"], 175:]
        (slow if clinic.truth(name).rate < 66 else fast if clinic.truth(name).rate > 76 else []).append(beat.argmax())
    assert min(len(slow), len(fast)) > 5
    assert np.mean(slow) > np.mean(fast) + 5  # at least 10 ms


def test_bundle_branch_blocks_are_wide(clinic: SimulatedECG) -> None:
    for side in ("left", "right"):
        beats = [median_beat(clinic, n) for n in people_with(clinic, "bundle branch block", side)]
        assert all(120 <= qrs_ms(clinic, b) <= 175 for b in beats)
        late = np.median([b[ROW["V1"], 125 + 25 : 125 + 35].mean() for b in beats])  # 50 to 70 ms after the R peak
        assert late < -0.3 if side == "left" else late > 0.2


@pytest.mark.parametrize("wall", ["inferior", "anterior", "lateral"])
def test_acute_infarcts_lift_st_over_their_wall(clinic: SimulatedECG, wall: str) -> None:
    facing, away = {"inferior": ("III", "aVL"), "anterior": ("V2", ""), "lateral": ("aVL", "III")}[wall]

    def st(names: list[str], lead: str) -> list[float]:  # mV, 100 to 120 ms after the R peak
        return [float(median_beat(clinic, n)[ROW[lead], 175:185].mean()) for n in names]

    ill, well = people_with(clinic, "myocardial infarction", f"{wall}, acute"), people_with(clinic, "healthy control")
    assert len(ill) >= 3
    assert np.median(st(ill, facing)) > 0.1 + np.median(st(well, facing))
    assert min(st(ill, facing)) > 0.02
    assert not away or np.median(st(ill, away)) < -0.04


def test_old_infarcts_have_q_waves(clinic: SimulatedECG) -> None:
    def first_deflection(names: list[str]) -> list[float]:  # mV in aVF, 44 to 10 ms before the R peak
        return [float(median_beat(clinic, n)[ROW["aVF"], 103:120].min()) for n in names]

    ill = first_deflection(people_with(clinic, "myocardial infarction", "inferior, old"))
    well = first_deflection(people_with(clinic, "healthy control"))
    assert np.median(ill) < -0.12 < np.percentile(well, 10)


@pytest.mark.slow
def test_large_hearts_have_high_and_weak_hearts_low_voltage(clinic: SimulatedECG) -> None:
    def beats(label: str) -> np.ndarray:
        return np.array([median_beat(clinic, n) for n in people_with(clinic, label)])

    well, large, weak = beats("healthy control"), beats("hypertrophy"), beats("heart failure")
    sokolow = [b[:, ROW["V5"]].max(axis=1) - b[:, ROW["V1"]].min(axis=1) for b in (well, large)]  # mV
    assert np.median(sokolow[1]) > 3.0 > np.percentile(sokolow[0], 80)
    limb = [np.median(np.ptp(b[:, :6], axis=2).mean(axis=1)) for b in (well, weak)]
    assert limb[1] < 0.75 * limb[0]
    progress = [np.median(b[:, ROW["V3"]].max(axis=1)) for b in (well, weak)]
    assert progress[1] < 0.5 * progress[0]


def test_irregular_hearts_are_irregular(clinic: SimulatedECG) -> None:
    def unevenness(name: str) -> float:
        truth = clinic.truth(name)
        start, end = truth.stretch or (0.0, DURATION_S)
        inside = truth.beat_s[(truth.beat_s > start) & (truth.beat_s < end) & ~truth.ectopic]
        gaps = np.diff(inside)
        return float(np.sqrt(np.mean(np.diff(gaps) ** 2)) / gaps.mean())

    flutter = [unevenness(n) for n in people_with(clinic, "dysrhythmia", "atrial")]
    steady = [unevenness(n) for n in people_with(clinic, "healthy control")]
    assert min(flutter) > 0.12 > np.percentile(steady, 90)
    assert all(clinic.truth(n).ectopic.sum() >= 3 for n in people_with(clinic, "dysrhythmia", "ventricular"))


def test_fibrillating_atria_have_no_p_but_fast_waves(clinic: SimulatedECG) -> None:
    for name in people_with(clinic, "dysrhythmia", "atrial", most=4):
        truth = clinic.truth(name)
        start = truth.stretch[0]
        difference = clinic.clean(name)[:, round((start + 1) * 500) : round((start + 11) * 500)]
        power = np.abs(np.fft.rfft(difference[ROW["vz"]] - difference[ROW["vz"]].mean())) ** 2
        assert power[40:90].sum() > 0.01 * power.sum()
        assert np.ptp(np.median([b[ROW["II"], :90] for b in beats_of(clinic, name)], axis=0)) < 0.12


@pytest.mark.slow
def test_the_disease_shows_only_inside_its_stretch(clinic: SimulatedECG) -> None:
    found = defaultdict(list)
    for subject in clinic.people:
        truth = clinic.truth(f"{subject}_1")
        if truth.stretch and truth.stretch[0] > 0 and len(found[truth.label]) < 3:
            found[truth.label].append(f"{subject}_1")
    assert set(found) == {"myocardial infarction", "bundle branch block", "dysrhythmia"}
    for name in chain.from_iterable(found.values()):
        start, end = clinic.truth(name).stretch
        assert 2 <= start < 12
        assert end - start > 10
        change = np.abs(clinic.clean(name) - clinic.clean(name, diseased=False)).max(axis=0)
        first = round(start * clinic.sampling_rate)
        assert change[:first].max() == 0
        assert change[first : first + round(5 * clinic.sampling_rate)].max() > 0.1
        if clinic.truth(name).label != "dysrhythmia" and end < DURATION_S - 2:
            assert change[round((end + 1) * clinic.sampling_rate) :].max() < 0.002


def test_a_healthy_heart_and_a_lasting_disease_say_so(clinic: SimulatedECG) -> None:
    assert all(clinic.truth(n).stretch is None for n in people_with(clinic, "healthy control", most=3))
    whole = people_with(clinic, "hypertrophy", most=3)
    assert all(clinic.truth(n).stretch == (0.0, DURATION_S) for n in whole)
    assert np.abs(clinic.clean(whole[0]) - clinic.clean(whole[0], diseased=False))[:, :500].max() > 0.1


def test_noise_has_its_three_kinds_at_the_asked_level() -> None:
    level = np.zeros((3, 3))
    np.fill_diagonal(level, [0.1, 0.05, 0.02])
    wander, muscle, mains = noise(numpy_generator("kinds"), level, 32.0, 500.0, burst=0.0)
    assert wander.std() == pytest.approx(0.1, rel=0.5)
    assert muscle.std() == pytest.approx(0.05, rel=0.1)
    assert mains.std() == pytest.approx(0.02, rel=0.6)
    hz = np.fft.rfftfreq(16000, 1 / 500)
    for wave, low, high in ((wander, 0.04, 0.71), (muscle, 5, 95), (mains, 49.5, 50.5)):
        power = np.abs(np.fft.rfft(wave)) ** 2
        assert power[(hz > low) & (hz < high)].sum() > 0.95 * power.sum()


def test_channels_have_each_their_own_noise_that_swells_and_ebbs() -> None:
    level = np.tile([0.0, 0.05, 0.0], (4, 1))
    steady = noise(numpy_generator("own"), level, 32.0, 200.0, burst=0.0)
    assert np.abs(np.corrcoef(steady) - np.eye(4)).max() < 0.1
    swelling = noise(numpy_generator("own"), level, 32.0, 200.0, burst=0.8)
    by_second = [x.reshape(4, 32, 200).std(axis=2).std() for x in (steady, swelling)]
    assert by_second[1] > 2 * by_second[0]


def test_turning_a_beat_keeps_its_size() -> None:
    waves = normal()
    turned = waves.turn(rotation(np.array([0.3, -0.2, 0.5])))
    assert np.allclose(np.linalg.norm(turned.vector, axis=1), np.linalg.norm(waves.vector, axis=1))
    assert not np.allclose(turned.vector, waves.vector)


@pytest.mark.slow
def test_every_recording_can_be_made() -> None:
    names = set()
    for recording in SimulatedECG().recordings():
        assert np.isfinite(recording.signal).all()
        assert np.abs(recording.signal).max() < 8
        names.add(recording.name)
    assert len(names) == 549
