"""What teachers say: stored or live, of the same windows as the students', and refused where it does not fit."""

import pytest
import torch

from rdpd_core.errors import IncompatibleError
from rdpd_core.training import ApartTeacher, Knowledge, LiveTeacher, Trainer, TrainingParams, kept_answers
from rdpd_core.training.knowledge import outputs, stored_knowledge
from tests.core.training.made import cohort, distance, knowledge, member, resident, scripted, teacher, trained, trainer, valid


def test_a_live_teacher_says_what_it_had_stored():
    data, model = resident(), teacher()
    said = outputs(model, data)
    stored = trained([member()], said=Knowledge(said.logits[None], said.attention[None]))["one"]
    live = trained([member()], said=LiveTeacher([model]))["one"]
    assert distance(stored.weights, live.weights) < 1e-6


def test_a_live_teacher_is_in_evaluation_mode_and_gets_no_gradient():
    model = teacher().train()
    asked = LiveTeacher([model])
    assert not model.training
    trained([member()], said=asked)
    assert all(w.grad is None for w in model.parameters())
    logits, attention = asked.at(torch.arange(3), resident().rich(torch.arange(3)))
    assert (tuple(logits.shape), tuple(attention.shape)) == ((1, 3, 3), (1, 3, 4))


@pytest.mark.parametrize("augment", ["jitter", "scale", "shift"])
def test_teacher_and_students_see_the_same_changed_windows(augment):
    model, seen = teacher(), {"rich": [], "poor": []}
    made = trainer(cohort([member("a", noise=0.5), member("b", 1, (1, 3))]), said=LiveTeacher([model]), augment=augment)
    ask, lose = made.knowledge.at, made.cohort.losses
    made.knowledge.at = lambda index, x: (seen["rich"].append(x.clone()), ask(index, x))[1]
    made.cohort.losses = lambda x, *rest: (seen["poor"].append(x.clone()), lose(x, *rest))[1]
    made.run()
    plain = resident().rich(torch.arange(40))
    assert len(seen["rich"]) == 9
    for rich, poor in zip(seen["rich"], seen["poor"], strict=True):
        assert torch.equal(rich[:, list(made.cohort.union)], poor[:, :4])
        assert not all(any(torch.equal(changed, w) for w in plain) for changed in rich)
    assert not torch.equal(seen["rich"][0], seen["rich"][3])


@pytest.mark.parametrize("augment", ["jitter", "shift"])
@pytest.mark.slow
def test_with_changing_windows_a_member_still_equals_itself_alone(augment):
    members = [member("a", 9, (1,), noise=1.0), member("b", 2, (3, 0))]
    together = trained(members, said=LiveTeacher([teacher()]), augment=augment)
    for one in members:
        alone = trained([one], said=LiveTeacher([teacher()]), augment=augment)[one.name]
        assert distance(alone.weights, together[one.name].weights) < 1e-4
    assert distance(together["a"].weights, trained(members, said=LiveTeacher([teacher()]))["a"].weights) > 1e-3


@pytest.mark.parametrize("together", [False, True])
def test_of_teachers_that_left_somebody_out_the_one_answers_that_did(together):
    data, models = resident(), [teacher(seed) for seed in range(6)]  # two groups of three
    fold = torch.arange(40) % 3
    asked = ApartTeacher(models, fold, 3, together)
    assert len(asked) == 2
    index = torch.tensor([5, 0, 7, 33, 2, 2])
    logits, attention = asked.at(index, data.rich(index))
    alone = [m(data.rich(index)) for m in models]
    for at, window in enumerate(index.tolist()):
        said = [alone[3 * group + window % 3] for group in range(2)]
        for group in range(2):
            wanted = said[group].logits[at].softmax(-1)
            if together:
                wanted = (said[0].logits[at].softmax(-1) + said[1].logits[at].softmax(-1)) / 2
            torch.testing.assert_close(logits[group, at].softmax(-1), wanted)
            look = said[group].attention[at] if not together else (said[0].attention[at] + said[1].attention[at]) / 2
            torch.testing.assert_close(attention[group, at], look)


def test_one_that_is_alone_in_a_batch_is_asked_alone():
    asked = ApartTeacher([teacher(0), teacher(1)], torch.tensor([1] * 40), 2)
    index = torch.tensor([4])
    logits, _ = asked.at(index, resident().rich(index))
    torch.testing.assert_close(logits[0], teacher(1).eval()(resident().rich(index)).logits)


def test_answers_are_kept_as_they_are_given():
    data, asked = (
        resident(),
        ApartTeacher([teacher(seed) for seed in range(4)], torch.arange(40) % 2, 2, there=torch.arange(40) < 30),
    )
    kept, index = kept_answers(asked, data), torch.tensor([3, 38, 0])
    for a, b in zip(kept.at(index), asked.at(index, data.rich(index)), strict=True):
        torch.testing.assert_close(a, b)
    assert torch.equal(kept.there, asked.there)
    stored = trained([member("a"), member("b", 4, teacher=1)], said=kept)
    live = trained([member("a"), member("b", 4, teacher=1)], said=asked)
    assert all(distance(stored[n].weights, live[n].weights) < 1e-5 for n in stored)


def test_stored_outputs_are_read_back(tmp_path):
    data, model = resident(), teacher()
    first = stored_knowledge(model, data, tmp_path, "key")
    (path,) = tmp_path.iterdir()
    assert path.name == "key.safetensors"
    again = stored_knowledge(teacher(seed=5), data, tmp_path, "key")  # another teacher: proves that nothing is computed
    assert torch.equal(first.logits, again.logits)
    assert torch.equal(first.attention, again.attention)
    assert torch.equal(first.logits, model(data.rich(torch.arange(40))).logits)
    assert not torch.equal(stored_knowledge(teacher(seed=5), data, tmp_path, "other").logits, first.logits)


def test_outputs_of_the_training_pass_are_those_of_the_best_epoch(monkeypatch):
    scripted(monkeypatch, {"a": [0.1, 0.7, 0.3], "b": [0.9, 0.1, 0.1]})
    made, seen = trainer(cohort([member("a"), member("b", 4)], "direct"), keep_train_pass=True), []
    step = made._step

    def watched(index, changes):
        terms, logits, attention = step(index, changes)
        seen.append((index, logits.detach().clone(), attention.detach().clone()))
        return terms, logits, attention

    made._step = watched
    found = {t.member.name: t for t in made.run()}
    for at, (name, epoch) in enumerate((("a", 2), ("b", 1))):
        logits, attention = found[name].train_pass
        assert (tuple(logits.shape), tuple(attention.shape)) == ((40, 3), (40, 4))
        for index, said, looked in seen[3 * (epoch - 1) : 3 * epoch]:
            assert torch.equal(logits[index], said[at])
            assert torch.equal(attention[index], looked[at])


def test_outputs_of_the_training_pass_are_kept_only_if_asked_for():
    assert trained([member()], "direct", epochs=1)["one"].train_pass is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (knowledge(39), "of 39 windows, but 40 are trained on"),
        (Knowledge(knowledge().logits[..., :2], knowledge().attention), "teacher tells 2 classes apart, the student 3"),
        (Knowledge(knowledge().logits, knowledge().attention[..., :2]), "attends to 2 segments, the student to 4"),
        (Knowledge(knowledge().logits, knowledge().attention[..., :1]), "attends to 1 segments, the student to 4"),
        (Knowledge(knowledge().logits, None), "needs attention from the teacher"),
    ],
)
def test_teachers_that_do_not_fit_are_refused_before_training(said, told):
    with pytest.raises(IncompatibleError, match=told):
        trainer(cohort([member()]), said=said)


def test_a_teacher_that_is_not_there_is_named():
    with pytest.raises(IncompatibleError, match=r"'far' listens to teacher 2, but there are 2"):
        trainer(cohort([member("near"), member("far", 4, teacher=2)]), said=knowledge(teachers=2))
    with pytest.raises(IncompatibleError, match=r"'far' listens to teacher 1, but there is 1"):
        trainer(cohort([member("far", 4, teacher=1)]), said=knowledge(teachers=1))


def test_methods_with_teacher_need_one_and_changed_windows_a_live_one():
    with pytest.raises(IncompatibleError, match="learns from a teacher; give one, or use direct"):
        Trainer(cohort([member()]), resident(), valid(), TrainingParams())
    with pytest.raises(IncompatibleError, match="need a live teacher"):
        trainer(cohort([member()]), augment="jitter")


@pytest.mark.parametrize("method", ["rdpd", "kd"])
def test_what_a_teacher_says_of_windows_it_was_not_asked_about_is_not_heard(method):
    plain, there = knowledge(), torch.arange(40) % 3 > 0
    other = Knowledge(torch.where(there[:, None], plain.logits, -plain.logits), plain.attention.roll(1, -1), there=there)
    other.attention[:, there] = plain.attention[:, there]
    masked = Knowledge(plain.logits, plain.attention, there=there).to(torch.device("cpu"))
    one, two, whole = (trained([member()], method, said=said)["one"].weights for said in (masked, other, plain))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], whole[name]) for name in one)


def test_a_live_teacher_is_heard_where_it_was_asked_only():
    there = torch.zeros(40, dtype=torch.bool)
    deaf = trained([member()], said=LiveTeacher([teacher()], there=there), augment="jitter", augment_strength=0.1)["one"]
    other = trained([member()], said=LiveTeacher([teacher(seed=5)], there=there), augment="jitter", augment_strength=0.1)["one"]
    heard = trained([member()], said=LiveTeacher([teacher()]), augment="jitter", augment_strength=0.1)["one"]
    assert all(torch.equal(deaf.weights[name], other.weights[name]) for name in deaf.weights)
    assert not all(torch.equal(deaf.weights[name], heard.weights[name]) for name in deaf.weights)
