"""A batch is explained in pieces that memory bounds, and in whatever pieces the values are the same."""

import numpy as np
import torch

from rdpd_core.evaluation.attributions import ATTRIBUTORS, asking, attribute
from rdpd_core.models import MODELS
from rdpd_core.runtime import torch_generator

CHANNELS, CLASSES, SAMPLES = 52, 12, 256


def model(filters: int = 16, hidden: int = 8):
    """Give a network of the size that the issue of speed is about."""
    kind = MODELS.get("rcnn")
    settings = {"filters": filters, "hidden": hidden, "kernel": 8, "stride": 4, "segments": 4}
    made = kind(CHANNELS, CLASSES, SAMPLES, kind.Params(**settings)).eval()
    made.initialize(torch_generator("batches"))
    return made


def test_pieces_change_nothing_and_progress_tells_them(monkeypatch):
    made, x = model(), torch.randn(9, CHANNELS, SAMPLES, generator=torch.Generator().manual_seed(3))
    target, told = np.arange(9) % CLASSES, []
    whole = attribute(made, x, target).values
    monkeypatch.setattr(asking, "AT_ONCE", 4 * ATTRIBUTORS.get("integrated_gradients")().held(_question(made)))
    parts = attribute(made, x, target, on_progress=lambda done, total: told.append((done, total))).values
    assert told == [(4, 9), (8, 9), (9, 9)]
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_the_path_is_captum_s_at_full_size():
    import captum.attr

    from rdpd_core.evaluation.attributions.base import centered

    made, x = model(64, 32), torch.randn(2, CHANNELS, SAMPLES, generator=torch.Generator().manual_seed(4))
    target = torch.tensor([3, 7])
    public = captum.attr.IntegratedGradients(lambda z, t: centered(made(z).logits, t))
    wanted = public.attribute(x, additional_forward_args=target, n_steps=64).detach().numpy()
    found = attribute(made, x, target)
    assert np.abs(found.values - wanted).max() < 1e-4 * np.abs(wanted).max()
    assert found.completeness.max() < 0.02


def _question(made):
    from types import SimpleNamespace

    return SimpleNamespace(model=made)
