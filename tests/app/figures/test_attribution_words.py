"""What is said of attributions: nothing more than the numbers allow."""

import numpy as np
import pytest

from app.figures.attribution_words import UNCHECKED, completeness, notes, of_heat, of_methods, of_pair, of_sums, told
from rdpd_core.evaluation.attributed import Attribution
from rdpd_core.experiments.beside import Beside
from tests.app.figures.test_attribution import HEAT, picture


def found(additive=True):
    values = HEAT[None].astype(np.float32)
    return Attribution("occlusion", "zero", values, np.array([0]), np.array([1.0]), np.array([0.2]), additive, True)


def test_without_a_verdict_every_picture_says_so():
    said = notes("noise", True, None, 20)
    assert "n = 1 window of 1 subject" in said[0]
    assert "baseline: noise" in said[0]
    assert "20 copies" in said[1]
    assert said[2] == UNCHECKED
    assert "no baseline" in notes("noise", False, None, 20)[0]
    assert told("noise", None, 20)["verdict"] == "not checked"


def test_what_is_missing_of_the_sum_is_said():
    one = found()
    assert f"miss {one.gap[0]:.2g}" in completeness(one)
    assert "add up to 0.80 nat" in completeness(one)
    assert "not meant to add up" in completeness(found(additive=False))


def test_the_strongest_piece_is_held_against_random_weights():
    assert "more than random weights" in of_heat(picture(drawn=np.full((3, *HEAT.shape), 0.1)), found())
    assert "no more than random weights" in of_heat(picture(drawn=np.full((3, *HEAT.shape), 9.0)), found())


def test_sums_inside_their_band_do_not_stand_out():
    wide = np.stack([HEAT * 0 - 9, HEAT * 0 + 9])
    assert "nothing stands out" in of_sums(picture(drawn=wide))
    assert "Outside of its gray band: <I>" in of_sums(picture(drawn=wide * 0))
    one = picture(channels=picture().channels[:1], heat=HEAT[:1], drawn=wide[:, :1])
    assert "whatever the model learned" in of_sums(one)


@pytest.mark.parametrize(
    ("value", "high", "words"),
    [(0.9, 0.4, "more than chance"), (0.3, 0.4, "no more alike in this window than chance"), (0.9, None, "cannot be said")],
)
def test_a_pair_is_alike_only_beyond_all_other_windows(value, high, words):
    low, n = (None, 0) if high is None else (-0.4, 19)
    assert words in of_pair(Beside("r", "RDPD", "model", value, low, high, n), "Teacher", "RDPD")


def test_methods_that_agree_are_counted():
    alike, apart = Beside("a", "A", "method", 0.9, -0.2, 0.3, 19), Beside("b", "B", "method", 0.1, -0.2, 0.3, 19)
    base = Beside("c", "C", "baseline", 0.1, -0.2, 0.3, 19)
    assert of_methods((alike, apart, base)).startswith("1 of 2 other methods and none of 1 other baselines")
    assert of_methods((apart,)).startswith("None of 1")
    assert "cannot be said" in of_methods((Beside("a", "A", "method", 0.9, None, None, 0),))
    assert "no other method" in of_methods(())
