"""The running mean of weights: what it is, that it speaks in validation, and that company does not change it."""

import torch

from rdpd_core.training.averages import Averages
from tests.core.training.made import cohort, distance, member, trained, trainer


def test_the_mean_is_the_one_of_its_formula():
    group = cohort([member("a"), member("b", 4)])
    averages, name = Averages(group, 0.9), "weights.dense_bias"
    wanted = group.weights["dense_bias"].detach().clone()
    for step in range(1, 30):
        with torch.no_grad():
            group.weights["dense_bias"].add_(0.1 * step)
        averages.update(group)
        share = min(0.9, step / (step + 9))
        wanted = share * wanted + (1 - share) * group.weights["dense_bias"].detach()
    torch.testing.assert_close(averages.means[name], wanted)


def test_the_mean_speaks_while_the_block_lasts_and_leaves_the_weights_alone():
    group = cohort([member("a")])
    averages = Averages(group, 0.9)
    with torch.no_grad():
        group.weights["dense_bias"].add_(1.0)
    learning = group.weights["dense_bias"]
    with averages.in_place(group):
        assert torch.equal(group.weights["dense_bias"], averages.means["weights.dense_bias"])
    assert group.weights["dense_bias"] is learning


def test_what_is_scored_and_kept_is_the_mean():
    made = trainer(cohort([member("a")]), epochs=1, averaging=0.9)
    kept = made.run()[0].weights
    last = {n: w[0].detach() for n, w in made.cohort.weights.items()}
    means = {n: made.averages.means[f"weights.{n}"][0] for n in last}
    assert distance({"dense_bias": kept["dense_bias"]}, {"dense_bias": means["dense_bias"]}) == 0
    assert distance({"dense_bias": kept["dense_bias"]}, {"dense_bias": last["dense_bias"]}) > 1e-4


def test_a_member_s_mean_does_not_depend_on_its_company():
    members = [member("a"), member("b", 5, (1, 3)), member("c", 8, (0,))]
    together = trained(members, averaging=0.95, schedule="cosine", epochs=6, patience=2)
    for one in members:
        alone = trained([one], averaging=0.95, schedule="cosine", epochs=6, patience=2)[one.name]
        assert distance(together[one.name].weights, alone.weights) < 1e-5
        assert together[one.name].best_epoch == alone.best_epoch
