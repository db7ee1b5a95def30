"""Single methods against public implementations and against arithmetic."""

import numpy as np
import pytest
import torch

from rdpd_core.errors import ParameterError, ShapeError
from rdpd_core.evaluation.attributions import ATTRIBUTORS, attribute, baseline_effect
from rdpd_core.evaluation.attributions.base import centered
from rdpd_core.evaluation.cells import FEWEST, Cells
from rdpd_core.evaluation.ranks import spearman
from rdpd_core.models import MODELS
from rdpd_core.runtime import torch_generator

CHANNELS, CLASSES, SAMPLES, SEGMENTS = 3, 4, 32, 4
TARGET = np.array([0, 3, 1])


@pytest.fixture
def model():
    kind = MODELS.get("rcnn")
    made = kind(CHANNELS, CLASSES, SAMPLES, kind.Params(filters=5, kernel=4, stride=2, hidden=3, segments=SEGMENTS))
    made.initialize(torch_generator("attributed", 0))
    with torch.no_grad():
        made.dense_weight.mul_(4)
    return made.eval()


@pytest.fixture
def windows():
    return torch.randn(3, CHANNELS, SAMPLES, generator=torch.Generator().manual_seed(2))


def evidence(model):
    return lambda x, target: centered(model(x).logits, target)


def test_integrated_gradients_are_those_of_captum(model, windows):
    import captum.attr

    found = attribute(model, windows, TARGET, baseline="mean")
    base = windows.mean(2, keepdim=True).expand_as(windows)
    public = captum.attr.IntegratedGradients(evidence(model)).attribute(
        windows, base, additional_forward_args=torch.from_numpy(TARGET), n_steps=64
    )
    np.testing.assert_allclose(found.values, public.detach().numpy(), atol=1e-5)


def test_more_steps_explain_more_completely(model, windows):
    kind = ATTRIBUTORS.get("integrated_gradients")
    few, many = (attribute(model, 3 * windows, TARGET, params=kind.Params(steps=n)).gap.max() for n in (2, 256))
    assert many < 0.1 * few


def test_a_straight_model_is_explained_exactly_by_every_way_of_walking(windows):
    from tests.contracts.test_every_attribution import Layers

    model = Layers().eval()
    with torch.no_grad():
        model.net[0].bias.fill_(100.0)  # no ReLU ever closes
    walked = [
        attribute(model, windows, TARGET, name).values for name in ("integrated_gradients", "input_gradient", "deep_lift")
    ]
    for one in walked[1:]:
        np.testing.assert_allclose(one, walked[0], atol=2e-4)


def test_covering_a_cell_loses_what_the_model_says(model, windows):
    cells = Cells((0, 0, 1), 2, SAMPLES)
    sums = cells.sums(attribute(model, windows, TARGET, "occlusion", cells=cells).values)
    covered = windows.clone()
    covered[:, :2, 16:] = 0
    with torch.no_grad():
        lost = evidence(model)(windows, torch.from_numpy(TARGET)) - evidence(model)(covered, torch.from_numpy(TARGET))
    np.testing.assert_allclose(sums[:, 1], lost.numpy(), atol=1e-5)


def test_ablation_of_a_channel_is_even_in_time(model, windows):
    found = attribute(model, windows, TARGET, "channel_ablation")
    assert np.ptp(found.values, axis=2).max() == 0
    covered = windows.clone()
    covered[:, 1] = 0
    with torch.no_grad():
        lost = evidence(model)(windows, torch.from_numpy(TARGET)) - evidence(model)(covered, torch.from_numpy(TARGET))
    np.testing.assert_allclose(found.by_channel()[:, 1], lost.numpy(), atol=1e-5)


def test_attention_is_the_model_s_own(model, windows):
    found = attribute(model, windows, TARGET, "attention")
    with torch.no_grad():
        weight = model(windows).attention.numpy()
    np.testing.assert_allclose(found.over_time(SEGMENTS), weight, atol=1e-6)
    np.testing.assert_allclose(found.by_channel(), 1 / CHANNELS, atol=1e-6)
    assert found.completeness is None


def test_the_rcnn_s_attention_has_no_rule_in_deep_lift(model):
    assert "attention" in ATTRIBUTORS.get("deep_lift").fits(model)


def test_sums_add_up_to_the_whole(model, windows):
    found = attribute(model, windows, TARGET)
    whole = found.values.sum((1, 2))
    names, groups = found.by_group(("arm", "leg", "arm"))
    assert names == ("arm", "leg")
    for sums in (found.by_channel(), groups, found.over_time(5), found.over_time(SAMPLES)):
        np.testing.assert_allclose(sums.sum(1), whole, atol=1e-5)
    np.testing.assert_allclose(groups[:, 1], found.by_channel()[:, 1])


def test_poor_channels_find_their_place_among_all(model, windows):
    found = attribute(model, windows, TARGET)
    whole, read = found.onto((4, 0, 2), 6)
    assert read.tolist() == [True, False, True, False, True, False]
    np.testing.assert_array_equal(whole.values[:, 4], found.values[:, 0])
    np.testing.assert_array_equal(whole.values[:, 0], found.values[:, 1])
    assert not whole.values[:, ~read].any()
    np.testing.assert_allclose(whole.completeness, found.completeness)
    with pytest.raises(ShapeError, match="2 rows"):
        found.onto((4, 0), 6)


def test_the_effect_of_the_baseline_is_told(model, windows):
    effect = baseline_effect(model, windows, TARGET, "integrated_gradients", "zero")
    assert set(effect) == {"mean", "noise"}
    assert all(-1 <= value <= 1 for value in effect.values())
    assert baseline_effect(model, windows - windows.mean(2, keepdim=True), TARGET, "occlusion", "zero")["mean"] > 0.999
    assert baseline_effect(model, windows, TARGET, "saliency", "zero") == {"mean": 1.0, "noise": 1.0}


def test_progress_is_told_and_may_end_it(model, windows):
    told = []
    attribute(model, windows, TARGET, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)

    def enough(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        attribute(model, windows, TARGET, on_progress=enough)
    attribute(model, windows, TARGET)  # the lock was given back


@pytest.mark.parametrize(("channels", "samples", "segments"), [(1, 2000, 4), (12, 100, 4), (52, 256, 4), (3, 5, 5), (2, 7, 1)])
def test_cells_are_enough_and_fall_on_segments(channels, samples, segments):
    cells = Cells.of(channels, samples, segments)
    assert cells.count >= min(FEWEST, channels * samples)
    assert cells.pieces % segments == 0 or cells.pieces == samples
    values = np.random.default_rng(0).normal(size=(2, channels, samples))
    sums = cells.sums(values)
    index = cells.index().ravel()
    for row, window in zip(sums, values, strict=True):
        np.testing.assert_allclose(row, np.bincount(index, weights=window.ravel(), minlength=cells.count), atol=1e-9)
    assert cells.sizes().sum() == channels * samples


def test_groups_of_channels_are_one_cell():
    cells = Cells.of(4, 24, 4, ["arm", "leg", "arm", "leg"])
    assert cells.groups == (0, 1, 0, 1)
    assert cells.count == 2 * 12
    with pytest.raises(ParameterError, match="without gaps"):
        Cells((0, 2), 4, 8)
    with pytest.raises(ParameterError, match="choose 1 to 8"):
        Cells((0, 1), 9, 8)


def test_rank_correlation_is_scipy_s_and_0_for_even_rows():
    from scipy.stats import spearmanr

    draw = np.random.default_rng(1)
    a, b = draw.integers(0, 5, (6, 20)).astype(float), draw.normal(size=(6, 20))
    a[5] = 2.0
    found = spearman(a, b)
    for row in range(5):
        assert found[row] == pytest.approx(spearmanr(a[row], b[row]).statistic)
    assert found[5] == 0
