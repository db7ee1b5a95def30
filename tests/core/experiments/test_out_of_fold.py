"""Teachers that leave out subjects: who answers for whom, from whose labels, and what is refused."""

import numpy as np
import pytest
import torch

from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments import run
from rdpd_core.experiments.data import load
from rdpd_core.experiments.out_of_fold import divided, teachers_apart
from rdpd_core.experiments.stages import FOLDS
from rdpd_core.experiments.teachers import get_teachers, knowledge_of, who_answers
from rdpd_core.experiments.work import open_work
from rdpd_core.training import Oversight
from tests.core.experiments.test_run import brief

CPU = torch.device("cpu")


def work_of(**changes):
    experiment = brief(arms=("teacher", "rdpd"), teacher_targets="out_of_fold", **changes)
    return open_work(experiment, load("toy"), CPU, None, Oversight(), "")


@pytest.mark.parametrize(("subjects", "sizes"), [(2, [1, 1]), (6, [1] * 6), (8, [1, 1, 1, 1, 2, 2]), (60, [10] * 6)])
def test_subjects_are_dealt_out_evenly_and_whole(subjects, sizes):
    subject = np.repeat([f"s{i:02d}" for i in range(subjects)], 3)
    part = divided(subject)
    of_subject = {s: set(part[subject == s]) for s in subject}
    assert all(len(parts) == 1 for parts in of_subject.values())
    assert sorted(np.bincount([p.pop() for p in of_subject.values()]).tolist()) == sizes
    assert part.max() < FOLDS


def test_nobody_can_be_left_out_of_one():
    with pytest.raises(IncompatibleError, match="only ann is there to train teachers with"):
        divided(np.array(["ann", "ann"]))


def test_who_answers_for_a_subject_does_not_know_its_labels(toy):
    """Other labels of the left-out subject change nothing of what is said about it, and much about the others."""
    first, other = work_of(seeds=1), work_of(seeds=1)
    subject = np.asarray(first.loaded.splits.train.subject)
    mine = torch.from_numpy(subject == np.unique(subject)[0])
    labels = other.residents["train"].target
    labels[mine] = (labels[mine] + 1) % len(other.loaded.prepared.windows.classes)
    said = [knowledge_of(w, who_answers(w, get_teachers(w))).at(torch.arange(len(subject)))[0][0] for w in (first, other)]
    torch.testing.assert_close(said[0][mine], said[1][mine])
    assert float((said[0][~mine] - said[1][~mine]).abs().max()) > 1e-3


def test_teachers_apart_are_as_many_as_seeds_and_parts_and_differ_from_the_teacher(toy):
    work = work_of()
    apart, whole = teachers_apart(work), get_teachers(work)
    people = len(np.unique(work.loaded.splits.train.subject))
    assert (len(apart.models), apart.folds) == (2 * people, people)
    assert sorted(set(apart.fold.tolist())) == list(range(people))
    for model in apart.models:
        assert all(not torch.equal(model.state_dict()[n], whole.models[0].state_dict()[n]) for n in ("dense_weight",))


@pytest.mark.slow
def test_without_students_that_imitate_none_are_trained(toy):
    stages = []
    tell = lambda e: stages.append(e["key"]) if e["kind"] == "stage" else None  # noqa: E731
    run(brief(arms=("teacher", "direct"), teacher_targets="out_of_fold"), report=tell)
    assert not any("out_of_fold" in key for key in stages)
    run(brief(arms=("teacher", "rdpd"), teacher_targets="out_of_fold"), report=tell)
    assert "fixed/out_of_fold" in stages


def test_if_one_subject_has_all_the_labels_it_is_refused(toy):
    work = work_of(seeds=1)
    subject = np.asarray(work.loaded.splits.train.subject)
    work.residents["train"].target[torch.from_numpy(subject != np.unique(subject)[0])] = -1
    with pytest.raises(IncompatibleError, match="all labels are of subjects that are left out together"):
        teachers_apart(work)


def test_a_stop_among_them_keeps_the_teacher(toy):
    stages = []
    result = run(
        brief(arms=("teacher", "rdpd"), teacher_targets="out_of_fold", seeds=1),
        report=lambda e: stages.append(e["key"]) if e["kind"] == "stage" else None,
        should_stop=lambda: "fixed/out_of_fold" in stages,
    )
    assert [o.arm for o in result.outcomes] == ["teacher"]
