"""Checks of attributions: planted evidence is found and believed, models that know nothing are not."""

import dataclasses

import numpy as np
import pytest
import torch

from rdpd_core.errors import DataError, IncompatibleError, ShapeError
from rdpd_core.evaluation.attributions import attribute
from rdpd_core.evaluation.believe import FAILED, NOT_RUN, PASSED, believe
from rdpd_core.evaluation.believed import NO, UNDECIDED, YES, judge
from rdpd_core.evaluation.faithful import area, curves, probability
from rdpd_core.evaluation.sanity import cascaded, layers, randomized
from rdpd_core.experiments.planted import BRIEF, forgotten, stage
from rdpd_core.models import MODELS
from rdpd_core.runtime import threads

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_thread():
    """Small runs are fastest on one thread."""
    with threads(1):
        yield


@pytest.fixture(scope="module")
def on():
    return stage(0)


def about(on):
    windows = on.test.windows
    return {"truth": windows.target, "subject": windows.subject, "control": on.control, "cells": on.test.cells}


@pytest.fixture(scope="module")
def belief(on):
    return believe(on.model, on.x, **about(on), effort=BRIEF)


def test_planted_evidence_is_found(on):
    for method in ("integrated_gradients", "occlusion", "gradient_shap"):
        found = attribute(on.model, on.x, on.test.windows.target, method, cells=on.test.cells)
        assert on.test.hits(on.test.cells.sums(found.values), on.test.windows.target) >= 0.9, method


def test_planted_evidence_is_believed_with_a_reason(belief):
    assert belief.verdict == YES
    assert all(check.state == PASSED for check in belief.checks), belief.checks
    assert f"{belief.n_windows} windows" in belief.reason
    assert belief.n_subjects == 12
    assert belief.check("order").value > belief.check("order").high
    assert belief.cascade.stages == ("dense", "attend", "lstm", "conv")
    assert belief.cascade.kept[-1].mean() < 0.2


@pytest.mark.parametrize("seed", range(2))
def test_models_that_know_nothing_are_not_believed(on, seed):
    found = believe(forgotten(on.model, seed), on.x, **about(on), effort=BRIEF)
    assert found.verdict == NO
    assert found.reason in [check.sentence for check in found.checks if check.state == FAILED]


def test_a_model_that_learned_shuffled_labels_is_not_believed(on):
    assert believe(on.control, on.x, **{**about(on), "control": None}, effort=BRIEF).verdict == NO


def test_what_was_not_asked_is_not_believed(on):
    found = believe(on.model, on.x, effort=BRIEF, cells=on.test.cells)
    assert (found.check("learned").state, found.check("labels").state) == (NOT_RUN, NOT_RUN)
    assert found.verdict == UNDECIDED
    few = believe(on.model, on.x[:5], **{**about(on), "truth": None, "subject": None}, effort=BRIEF)
    assert few.verdict == UNDECIDED
    assert "5 windows are too few" in few.reason


def test_a_single_window_gives_words_without_intervals(on):
    found = believe(on.model, on.x[:1], **{**about(on), "truth": on.test.windows.target[:1], "subject": None}, effort=BRIEF)
    assert found.verdict in (UNDECIDED, NO)
    assert not any(word in check.sentence for check in found.checks for word in ("inf", "nan"))


def test_attention_alone_does_not_point_at_a_channel(on):
    assert believe(on.model, on.x, "attention", **about(on), effort=BRIEF).verdict != YES


def test_the_same_seed_gives_the_same_belief(on, belief):
    again = believe(on.model, on.x, **about(on), effort=BRIEF)
    assert again.checks == belief.checks
    np.testing.assert_array_equal(again.curves.deletion, belief.curves.deletion)


def test_what_does_not_fit_is_refused(on):
    with pytest.raises(ShapeError, match="as many true classes"):
        believe(on.model, on.x, truth=np.zeros(3, dtype=int), effort=BRIEF)
    other = MODELS.get("rcnn")(6, 3, 64, dataclasses.replace(on.model.params, hidden=5))
    with pytest.raises(IncompatibleError, match="control"):
        believe(on.model, on.x, control=other, effort=BRIEF)
    with pytest.raises(ShapeError, match="takes windows"):
        believe(on.model, on.x[:, :3], effort=BRIEF)


def test_curves_begin_and_end_where_they_must(on):
    x, target = torch.from_numpy(on.x[:4]), on.test.windows.target[:4]
    base, cells = torch.zeros_like(x), on.test.cells
    sums = cells.sums(attribute(on.model, x, target, cells=cells).values)
    found = curves(on.model, x, base, target, sums, cells, steps=6, orders=4)
    full, empty = probability(on.model, x, target), probability(on.model, base, target)
    np.testing.assert_allclose(found.deletion[:, [0, -1]].T, [full, empty])
    np.testing.assert_allclose(found.insertion[:, [0, -1]].T, [empty, full])
    assert found.share.tolist() == pytest.approx(np.arange(7) / 6)
    assert found.random_deletion.shape == (4, 7)
    worst = curves(on.model, x, base, target, -sums, cells, steps=6, orders=0)
    assert worst.gap.mean() < 0 < found.gap.mean()
    assert worst.band is None
    # Putting back in one order is taking away in the reverse one.
    np.testing.assert_allclose(worst.insertion, found.deletion[:, ::-1], atol=1e-6)
    with pytest.raises(ShapeError, match="do not fit"):
        curves(on.model, x, base, target, sums[:, 1:], cells)


def test_orders_drawn_at_random_have_no_gap_on_average(on):
    x, target = torch.from_numpy(on.x[:8]), on.test.windows.target[:8]
    sums = np.zeros((8, on.test.cells.count))
    found = curves(on.model, x, torch.zeros_like(x), target, sums, on.test.cells, steps=4, orders=60)
    drawn = area(found.random_insertion) - area(found.random_deletion)
    assert abs(drawn.mean()) < 3 * drawn.std() / np.sqrt(len(drawn))


def test_weights_that_are_not_numbers_are_said(on):
    broken = randomized(on.model, 0)
    with torch.no_grad():
        broken.dense_weight.fill_(float("nan"))
    with pytest.raises(DataError, match="not numbers"):
        believe(broken, on.x, effort=BRIEF)


def test_layers_are_drawn_anew_from_the_output_down(on):
    names = [name for name, _ in layers(on.model)]
    assert names == ["dense", "attend", "lstm", "conv"]
    own, seen = dict(on.model.named_parameters()), []
    for _, other in cascaded(on.model, 0):
        changed = {n.partition("_")[0] for n, w in other.named_parameters() if not torch.equal(w, own[n])}
        seen.append(changed)
    assert seen == [{"dense"}, {"dense", "attend"}, {"dense", "attend", "lstm"}, {"dense", "attend", "lstm", "conv"}]


def test_disagreeing_methods_alone_only_leave_it_open(belief):
    checks = [dataclasses.replace(c, state=FAILED) if c.name == "methods" else c for c in belief.checks]
    assert judge(checks, 48)[0] == UNDECIDED
    checks = [dataclasses.replace(c, state=FAILED) if c.name == "order" else c for c in belief.checks]
    assert judge(checks, 5)[0] == NO
