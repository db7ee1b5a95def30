"""Scores that choose epochs: equal to scikit-learn's, and never a number where there is none."""

import numpy as np
import pytest
import torch
from sklearn import metrics as reference

from rdpd_core.errors import TrainingError
from rdpd_core.training.selection import SELECTION, score_members


def case(seed, members=3, count=30, classes=4, levels=None, absent=()):
    """Give logits (M, N, K) and targets (N,); few levels of logits make ties, some classes may be absent."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(size=(members, count, classes))
    if levels:
        logits = np.round(logits * levels) / levels
        logits[:, count // 2 :] = logits[:, : count - count // 2]  # whole windows that are equal
    there = [k for k in range(classes) if k not in absent]
    target = draw.permutation(np.arange(count) % len(there))
    return torch.tensor(logits, dtype=torch.float32), torch.tensor(np.array(there)[target])


def expected(name, logits, target):
    """Give scikit-learn's score of one member."""
    truth, probability = target.numpy(), logits.softmax(-1).numpy()
    called, present = probability.argmax(1), np.unique(truth)
    if name == "roc_auc":
        return np.mean([reference.roc_auc_score(truth == k, probability[:, k]) for k in present])
    if name == "pr_auc":
        return np.mean([reference.average_precision_score(truth == k, probability[:, k]) for k in present])
    if name == "macro_f1":
        return reference.f1_score(truth, called, average="macro")
    if name == "accuracy":
        return reference.accuracy_score(truth, called)
    return -torch.nn.functional.cross_entropy(logits.double(), target).item()  # scikit-learn clips what is nearly 0


CASES = {
    "plain": case(0),
    "many windows": case(1, count=400, classes=12),
    "ties": case(2, levels=1),
    "ties everywhere": (torch.zeros(2, 30, 4), case(3)[1]),
    "a class absent": case(4, absent=(1,)),
    "classes absent and ties": case(5, levels=1, absent=(0, 3)),
    "two classes": case(6, classes=2),
    "sure": (case(7)[0] * 200, case(7)[1]),
    "a class never predicted": (case(8)[0] - torch.tensor([50.0, 0, 0, 0]), case(8)[1]),
}


@pytest.mark.parametrize("name", SELECTION)
@pytest.mark.parametrize("given", CASES.values(), ids=CASES)
def test_scores_equal_scikit_learn(name, given):
    logits, target = given
    found = score_members(name, logits, target)
    for m in range(len(logits)):
        assert found[m].item() == pytest.approx(expected(name, logits[m], target), rel=1e-6, abs=1e-6), m


@pytest.mark.parametrize("name", SELECTION)
def test_windows_without_label_do_not_count(name):
    logits, target = case(0)
    some = torch.cat([torch.full((5,), -1), target[5:]])
    assert torch.equal(score_members(name, logits, some), score_members(name, logits[:, 5:], target[5:]))


@pytest.mark.parametrize("name", SELECTION)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_member_whose_outputs_are_no_numbers_has_no_score(name, bad):
    logits, target = case(0)
    logits[1, 3, 2] = bad
    found = score_members(name, logits, target)
    assert torch.isnan(found[1])
    assert torch.equal(found[[0, 2]], score_members(name, logits[[0, 2]], target))


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc"])
def test_one_class_cannot_be_ranked(name):
    with pytest.raises(TrainingError, match=f"{name} needs validation windows of at least two classes"):
        score_members(name, case(0)[0], torch.zeros(30, dtype=torch.long))


def test_no_labeled_window_cannot_be_scored():
    with pytest.raises(TrainingError, match="no validation window has a label"):
        score_members("accuracy", case(0)[0], torch.full((30,), -1))
