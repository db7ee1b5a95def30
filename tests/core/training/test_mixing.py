"""Mixed windows: what is mixed, that labels and teachers follow, and that a cohort mixes as one member alone does."""

import pytest
import torch

from rdpd_core.errors import ParameterError
from rdpd_core.training import Knowledge, LiveTeacher, TrainingParams
from rdpd_core.training.mixing import Mix, draw
from tests.core.training.made import cohort, distance, knowledge, member, resident, teacher, trained, trainer

CPU = torch.device("cpu")


def test_windows_and_labels_are_mixed_by_the_same_shares():
    mix = Mix(torch.tensor([1, 2, 0]), torch.tensor([0.0, 0.25, 1.0]))
    x = torch.arange(3.0).reshape(3, 1, 1).expand(3, 2, 4)
    assert mix.windows(x)[:, 1, 3].tolist() == [0.0, 1.25, 0.0]
    assert mix.labels(torch.tensor([2, 0, 1]), 3).tolist() == [[0, 0, 1], [0.75, 0.25, 0], [0, 0, 1]]
    assert mix.labels(torch.tensor([-1, 0, 1]), 3).tolist() == [[0, 0, 0], [0.75, 0.25, 0], [0, 0, 0]]
    many = mix.labels(torch.tensor([[2, 0, 1], [-1, 0, 1]]), 3)
    assert torch.equal(many[0], mix.labels(torch.tensor([2, 0, 1]), 3))
    assert torch.equal(many[1], mix.labels(torch.tensor([-1, 0, 1]), 3))
    assert mix.both(torch.tensor([True, True, False])).tolist() == [True, False, False]


@pytest.mark.parametrize("most", [0.3, 1.0])
def test_shares_are_even_up_to_the_most_and_partners_are_an_order(most):
    found = draw(4000, most, torch.Generator().manual_seed(1), CPU)
    assert sorted(found.partner.tolist()) == list(range(4000))
    assert float(found.share.min()) >= 0
    assert float(found.share.max()) < most
    assert float(found.share.mean()) == pytest.approx(most / 2, rel=0.05)
    assert float(found.share.std()) == pytest.approx(most / 12**0.5, rel=0.05)


@pytest.mark.parametrize(("method", "said"), [("direct", None), ("rdpd", LiveTeacher([teacher()]))])
@pytest.mark.slow
def test_a_member_mixes_in_company_as_it_does_alone(method, said):
    members = [member("a", 9, (1,), noise=1.0), member("b", 2, (3, 0))]
    together = trained(members, method, said=said, mixing=1.0)
    for one in members:
        alone = trained([one], method, said=said, mixing=1.0)[one.name]
        assert distance(alone.weights, together[one.name].weights) < 1e-4
    assert distance(together["a"].weights, trained(members, method, said=said)["a"].weights) > 1e-3


def test_a_teacher_answers_for_the_mixed_window():
    seen = {"rich": [], "poor": []}
    made = trainer(cohort([member("a"), member("b", 1, (1, 3))]), said=LiveTeacher([teacher()]), mixing=1.0)
    ask, lose = made.knowledge.at, made.cohort.losses
    made.knowledge.at = lambda index, x: (seen["rich"].append((index, x.clone())), ask(index, x))[1]
    made.cohort.losses = lambda x, *rest: (seen["poor"].append((x.clone(), rest[0])), lose(x, *rest))[1]
    made.run()
    for (index, rich), (poor, labels) in zip(seen["rich"], seen["poor"], strict=True):
        assert torch.equal(rich[:, list(made.cohort.union)], poor)
        assert not torch.equal(rich, resident().rich(index))
        torch.testing.assert_close(labels.sum(1), torch.ones(len(index)))
        assert (labels > 0).sum(1).max() == 2


def test_windows_mixed_with_one_that_teachers_did_not_see_are_not_heard_of():
    there, asked = torch.arange(40) < 20, []
    made = trainer(cohort([member()]), said=LiveTeacher([teacher()], there=there), mixing=1.0, epochs=1)
    lose = made.cohort.losses
    made.cohort.losses = lambda *given: (asked.append(given[4]), lose(*given))[1]
    made.run()
    heard = torch.cat(asked)
    assert 0 < int(heard.sum()) < 20


def test_stored_answers_and_clean_windows_do_not_go_with_mixing():
    with pytest.raises(ParameterError, match="of mixed windows there is no clean one"):
        TrainingParams(mixing=0.5, teacher_sees="clean")
    with pytest.raises(Exception, match="need a live teacher"):
        trainer(cohort([member()]), said=Knowledge(knowledge().logits, knowledge().attention), mixing=0.5)
