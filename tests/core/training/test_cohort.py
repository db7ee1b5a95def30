"""A member of a cohort is the same member alone, and sees nothing but its own channels."""

import dataclasses

import numpy as np
import pytest
import torch

from rdpd_core.errors import IncompatibleError, ParameterError, UnknownNameError
from rdpd_core.experiments.outcome import rebuild
from rdpd_core.models import MODELS
from rdpd_core.preprocessing import add_noise
from rdpd_core.runtime import torch_generator
from rdpd_core.types import ModelOutput
from tests.core.training.made import (
    BRIEF,
    CLASSES,
    NETWORK,
    SAMPLES,
    cohort,
    distance,
    knowledge,
    member,
    resident,
    trained,
    trainer,
    valid,
    windows,
)

CLOSE = 1e-4  # what is promised; single trainings differ from cohorts by rounding alone
WAYS = {
    "seed": [member("a", 5), member("b", 1), member("c", 3)],
    "channels": [member("a", channels=(0, 1)), member("b", channels=(2, 3)), member("c", channels=(3, 1))],
    "number of channels": [member("a", channels=(2,)), member("b", channels=(0, 1, 2, 3)), member("c", channels=(3, 0))],
    "noise": [member("a", noise=0.0), member("b", noise=0.5), member("c", noise=2.0)],
    "temperature": [member(n, settings={"temperature": t}) for n, t in (("a", 1.0), ("b", 5.0), ("c", 20.0))],
    "weights": [
        member("a", settings={"soft_weight": 0.0, "attention_weight": 0.0, "combined_weight": 0.0}),
        member("b", settings={"soft_weight": 0.3, "attention_weight": 3.0}),
        member("c", settings={"hard_weight": 0.0}),
    ],
    "teacher": [member("a", teacher=1), member("b", teacher=0), member("c", teacher=2)],
    "everything": [
        member("a", 9, (1,), noise=1.0, settings={"temperature": 2.0}, teacher=2),
        member("b", 2, (3, 0, 1), settings={"combined_weight": 0.0}),
        member("c", 4, noise=0.3, settings={"temperature": 8.0, "soft_weight": 2.0}, teacher=1),
    ],
}


@pytest.mark.parametrize("members", WAYS.values(), ids=WAYS)
@pytest.mark.slow
def test_a_member_of_a_cohort_equals_the_same_member_alone(members):
    said = knowledge(teachers=3)
    together = trained(members, said=said)
    turned = trained(members[::-1], said=said)
    for one in members:
        alone = trained([one], said=said)[one.name]
        for name, other in (("company", together[one.name]), ("place", turned[one.name])):
            assert distance(alone.weights, other.weights) < CLOSE, name
            assert distance(alone.own, other.own) < CLOSE, name
            assert alone.best_epoch == other.best_epoch, name
            assert alone.score == pytest.approx(other.score, abs=1e-6), name
    assert len({round(float(t.weights["dense_weight"].sum()), 6) for t in together.values()}) == len(members)


@pytest.mark.parametrize(
    "network", [{"second_conv": True}, {"dropout_place": "after_pooling"}, {"dropout": 0.0}, {"pooling": "statistics"}], ids=str
)
@pytest.mark.slow
def test_so_it_is_for_other_networks(network):
    members = WAYS["everything"]
    together = trained(members, said=knowledge(teachers=3), network=network)
    for one in members:
        alone = trained([one], said=knowledge(teachers=3), network=network)[one.name]
        assert distance(alone.weights, together[one.name].weights) < CLOSE


def test_first_weights_are_those_of_the_network_alone():
    group = cohort([member("a", 5, (2,)), member("b", 1, (3, 0, 1))])
    for at, one in enumerate(group.members):
        alone = MODELS.get("rcnn")(len(one.channels), len(CLASSES), SAMPLES, MODELS.get("rcnn").Params(**NETWORK))
        alone.initialize(torch_generator("weights", one.seed))
        assert distance(group.extract(at), alone.state_dict()) == 0


def test_an_extracted_student_says_what_the_member_said():
    group = cohort([member("a", 5, (2,)), member("b", 1, (3, 0))])
    x = resident().rich(torch.arange(10))
    logits, attention = group.outputs(x[:, list(group.union)])
    for at, one in enumerate(group.members):
        params = MODELS.get("rcnn").Params(**NETWORK)
        model = rebuild("rcnn", params, group.extract(at), windows(), one.channels)
        alone = model(x[:, list(one.channels)])
        torch.testing.assert_close(alone.logits, logits[at])
        torch.testing.assert_close(alone.attention, attention[at])


def test_a_student_never_touches_other_channels():
    def silenced(plain):
        signal = plain.signal.copy()
        signal[[1, 3]] = np.nan
        return resident(dataclasses.replace(plain, signal=signal))

    here = trained([member(channels=(0, 2))])["one"]
    there = trained([member(channels=(0, 2))], train=silenced(windows()), valid=silenced(windows(24, seed=1)))["one"]
    assert distance(here.weights, there.weights) == 0
    assert here.score == there.score


def test_values_that_only_another_member_reads_change_nothing():
    plain, members = windows(), [member("a", 5, (0, 2)), member("b", 1, (1, 3), noise=0.5)]
    changed = plain.signal.copy()
    changed[[1, 3]] = 100 * np.random.default_rng(0).normal(size=(2, changed.shape[1]))
    before = trained(members)["a"]
    after = trained(members, train=resident(dataclasses.replace(plain, signal=changed)))["a"]
    assert distance(before.weights, after.weights) == 0


def test_noise_in_the_first_layer_is_noise_on_the_input():
    group = cohort([member("a", 5, (0, 2), noise=0.7), member("b", 1, (3,), noise=0.2)])
    data, index = resident(), torch.arange(12)
    x = data.poor(index, group.union, ("uniform", 6))
    folded, _ = group.outputs(x)
    for at, one in enumerate(group.members):
        clean = data.poor(index, one.channels)
        noisy = add_noise(clean, one.noise, seed=6, windows=windows().start[:12], rows=one.channels)
        model = rebuild("rcnn", MODELS.get("rcnn").Params(**NETWORK), group.extract(at), windows(), one.channels)
        torch.testing.assert_close(folded[at], model(noisy).logits, rtol=1e-5, atol=1e-5)
        assert (folded[at] - model(clean).logits).abs().max() > 1e-3


def test_direct_is_rdpd_with_three_weights_at_0():
    nothing = {"soft_weight": 0.0, "attention_weight": 0.0, "combined_weight": 0.0}
    direct = trained([member()], "direct", epochs=6)["one"]
    rdpd = trained([member()], "rdpd", nothing, epochs=6)["one"]
    assert distance(direct.weights, rdpd.weights) < 1e-6
    assert [r["score"] for r in direct.history] == pytest.approx([r["score"] for r in rdpd.history], abs=1e-9)
    assert {n: float(v) for n, v in rdpd.own.items()} == {"w1": 0.5, "w2": 0.5, "b": 0.0}


def test_distill_is_rdpd_without_attention_and_combined_label():
    kd = trained([member()], "kd", epochs=4)["one"]
    rdpd = trained([member()], "rdpd", {"attention_weight": 0.0, "combined_weight": 0.0}, epochs=4)["one"]
    assert distance(kd.weights, rdpd.weights) < 1e-6


def test_a_scalar_b_never_moves_and_one_per_class_does():
    scalar = trained([member()])["one"].own
    assert float(scalar["b"]) == 0.0
    assert float(scalar["w1"]) != 0.5
    per_class = trained([member()], settings={"combined_bias": "per_class"})["one"].own["b"]
    assert per_class.shape == (3,)
    assert (per_class != 0).all()


def test_select_keeps_members_in_place():
    members = [member(n, s) for n, s in (("a", 1), ("b", 2), ("c", 3))]
    group, whole = cohort(members), cohort(members)
    group.select([2, 0])
    assert [m.name for m in group.members] == ["c", "a"]
    assert distance(group.extract(0), whole.extract(2)) == distance(group.extract(1), whole.extract(0)) == 0


@pytest.mark.parametrize(
    ("members", "error", "told"),
    [
        ([], ParameterError, "at least one member"),
        ([member("a"), member("a", 4)], ParameterError, "different names; given: a, a"),
        ([member("a", channels=())], ParameterError, "'a' reads no channel"),
        ([member("a", channels=(1, 1))], ParameterError, "'a' reads channel 1 twice"),
        ([member("a", channels=(1, -1))], ParameterError, "'a' reads channel -1"),
        ([member("a", noise=-1.0)], ParameterError, "noise of 'a' is -1.0"),
        ([member("a", noise=float("nan"))], ParameterError, "noise of 'a' is nan"),
        ([member("a", settings={"temperatur": 1.0})], UnknownNameError, "did you mean 'temperature'"),
        ([member("a", settings={"attention_form": 1.0})], UnknownNameError, "in which members may differ"),
        ([member("a", settings={"temperature": 1000.0})], ParameterError, "temperature=1000"),
    ],
)
def test_members_that_make_no_sense_are_refused(members, error, told):
    with pytest.raises(error, match=told):
        cohort(members)


def test_a_network_that_lacks_what_the_method_reads_is_refused(monkeypatch):
    kind = MODELS.get("rcnn")
    plain = kind.forward
    monkeypatch.setattr(kind, "forward", lambda self, x, keep=None: ModelOutput(plain(self, x, keep).logits))
    with pytest.raises(IncompatibleError, match="needs attention from the student"):
        cohort([member()])


def test_losses_are_one_per_member_and_carry_gradient():
    group = cohort([member("a"), member("b", 4, settings={"temperature": 2.0})])
    x, said = resident().poor(torch.arange(8), group.union), knowledge().at(torch.arange(8))
    terms, logits, attention = group.losses(x, resident().target[:8], said, {})
    assert {n: tuple(t.shape) for n, t in terms.items()} == dict.fromkeys(("hard", "soft", "attention", "combined"), (2,))
    assert (tuple(logits.shape), tuple(attention.shape)) == ((2, 8, 3), (2, 8, 4))
    torch.testing.assert_close(attention.sum(-1), torch.ones(2, 8))
    terms["soft"][0].backward()
    gradients = [w.grad for w in group.weights.values() if w.grad is not None]
    assert any((g[0] != 0).any() for g in gradients)
    assert all((g[1] == 0).all() for g in gradients)
    assert trainer(group).params.epochs == BRIEF["epochs"]
    assert len(valid()) == 24
