"""Which windows an epoch holds, and which of them are imitated first."""

import pytest
import torch

from rdpd_core.errors import ParameterError
from rdpd_core.training import Knowledge, LiveTeacher, TrainingParams
from rdpd_core.training.order import drawn, harder
from rdpd_core.training.schedules import HEARD
from tests.core.training.made import cohort, distance, knowledge, member, resident, teacher, trained, trainer

FEW, MANY, ONE = [0] * 3, [1] * 20, [2]
OWNER = torch.tensor([*FEW, *MANY, *ONE])


def draw(balance, seed=0):
    return drawn(OWNER, balance, torch.Generator().manual_seed(seed))


def test_every_window_comes_once_where_windows_count():
    assert sorted(draw("windows").tolist()) == list(range(24))
    assert torch.equal(draw("windows"), torch.randperm(24, generator=torch.Generator().manual_seed(0)))


def test_every_subject_comes_as_often_where_subjects_count():
    found = draw("subjects")
    assert OWNER[found].bincount().tolist() == [8, 8, 8]
    times = found.bincount(minlength=24)
    assert sorted(times[:3].tolist()) == [2, 3, 3]
    assert times[3:23].max() == 1
    assert int(times[23]) == 8
    assert not torch.equal(OWNER[found], OWNER[found].sort().values)


def test_another_epoch_leaves_out_others():
    first, second = draw("subjects", 1), draw("subjects", 2)
    assert set(first.tolist()) != set(second.tolist())
    assert torch.equal(first, draw("subjects", 1))


@pytest.mark.parametrize(("count", "sizes"), [(6, [2, 2, 2]), (7, [2, 2, 3]), (8, [2, 3, 3])])
def test_what_does_not_divide_goes_to_drawn_subjects(count, sizes):
    owner = torch.arange(count).clamp(max=2)
    found = drawn(owner, "subjects", torch.Generator().manual_seed(3))
    assert sorted(owner[found].bincount().tolist()) == sizes


def test_hardest_of_every_subject_are_those_of_which_the_teacher_is_least_sure():
    sure = torch.tensor([3.0, 0.0, 1.0, 9.0, 8.0])
    logits = torch.stack([torch.stack([sure, -sure], 1), torch.stack([-sure, sure.flip(0)], 1)])
    found = harder(logits, torch.tensor([0, 0, 0, 1, 1]))
    assert found[0].tolist() == pytest.approx([2 / 3, 0, 1 / 3, 1 / 2, 0])
    assert found.shape == (2, 5)
    assert found[1].tolist() != found[0].tolist()


def heard(members=None, **changes):
    """Train; give the windows of every step and which of them were imitated."""
    seen = []
    made = trainer(cohort(members or [member()]), imitation="hard_first", epochs=4, **changes)
    lose, step = made.cohort.losses, made._step
    made._step = lambda index, changes: (seen.append([index]), step(index, changes))[1]
    made.cohort.losses = lambda *given: (seen[-1].append(given[4]), lose(*given))[1]
    made.run()
    return made, seen


def test_a_quarter_of_every_subject_is_imitated_first_and_all_from_the_middle_on():
    made, steps = heard(train=resident())
    rank = harder(made.knowledge.logits, made.train.owner)[0]
    count = len(steps)
    for at, (index, there) in enumerate(steps):
        share = HEARD["hard_first"](at / count)
        assert there is None if share == 1 else torch.equal(there, rank[index] < share)
    assert steps[0][1].float().mean() < 0.5
    assert all(there is None for _, there in steps[count // 2 :])


@pytest.mark.slow
def test_everybody_imitates_first_what_its_own_teacher_finds_hard():
    said = knowledge(teachers=2)
    members = [member("a"), member("b", 4, teacher=1)]
    _, steps = heard(members, said=said)
    assert steps[0][1].shape == (2, len(steps[0][0]))
    assert not torch.equal(*steps[0][1])
    together = trained(members, said=knowledge(teachers=2), imitation="hard_first")
    for one in members:
        alone = trained([one], said=knowledge(teachers=2), imitation="hard_first")[one.name]
        assert distance(alone.weights, together[one.name].weights) < 1e-4


def test_what_no_teacher_was_asked_about_is_not_imitated():
    there = torch.arange(40) % 2 == 0
    _, steps = heard(said=Knowledge(knowledge().logits, knowledge().attention, there=there))
    assert all(not asked[index % 2 == 1].any() for index, asked in steps)
    assert all(torch.equal(asked, there[index]) for index, asked in steps[-3:])


def test_live_teachers_are_asked_about_the_windows_as_they_are():
    made, steps = heard(said=LiveTeacher([teacher()]), mixing=1.0)
    kept = torch.cat([teacher().eval()(resident().rich(torch.arange(40))).logits.detach().unsqueeze(0)])
    rank = harder(kept, made.train.owner)[0]
    index, there = steps[0]
    assert not there[rank[index] >= HEARD["hard_first"](0)].any()


def test_a_balanced_epoch_has_no_outputs_of_every_window():
    with pytest.raises(ParameterError, match="leaves some out"):
        TrainingParams(balance="subjects", keep_train_pass=True)


def test_a_balanced_training_is_another_one():
    plain, balanced = (trained([member()], train=resident(), balance=b)["one"] for b in ("windows", "subjects"))
    assert distance(plain.weights, balanced.weights) > 1e-3
