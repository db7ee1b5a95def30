"""Step sizes over the course of a training."""

import pytest

from rdpd_core.training.schedules import IMITATION, SCHEDULES
from tests.core.training.made import cohort, member, trainer


def test_cosine_falls_from_1_to_0_by_way_of_a_half():
    cosine = SCHEDULES["cosine"]
    assert [cosine(p) for p in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0])
    assert cosine(1.2) == cosine(1.0)
    assert all(SCHEDULES["constant"](p) == 1.0 for p in (0.0, 0.3, 1.0))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_step_takes_the_rate_of_its_place(schedule, monkeypatch):
    rates = []
    made = trainer(cohort([member()]), epochs=2, schedule=schedule, learning_rate=0.01)
    step = made.optimizer.step
    monkeypatch.setattr(made.optimizer, "step", lambda: (rates.append(made.optimizer.param_groups[0]["lr"]), step())[1])
    made.run()
    steps = len(rates) // 2
    assert rates == pytest.approx([0.01 * SCHEDULES[schedule](i / steps / 2) for i in range(2 * steps)])


def test_imitation_falls_or_rises_in_a_straight_line():
    assert [IMITATION["falling"](p) for p in (0.0, 0.25, 1.0, 1.2)] == [1.0, 0.75, 0.0, 0.0]
    assert [IMITATION["rising"](p) for p in (0.0, 0.25, 1.0, 1.2)] == [0.0, 0.25, 1.0, 1.0]
    assert {IMITATION["constant"](p) for p in (0.0, 0.5, 1.0)} == {1.0}


@pytest.mark.parametrize("imitation", IMITATION)
def test_only_terms_that_imitate_change_their_weight(imitation):
    made = trainer(cohort([member()]), epochs=2, imitation=imitation)
    lose, plain = made.cohort.losses, []

    def watched(*given):
        terms, *rest = lose(*given)
        plain.append({name: float(term[0].detach()) for name, term in terms.items()})
        return terms, *rest

    made.cohort.losses = watched
    seen = []

    def heard(event):
        if event["kind"] == "step":
            seen.append(dict(zip(made.running.names, made.running.values[-1], strict=True)))

    made.on_event = heard
    made.run()
    steps = len(plain) // 2
    for at, (terms, said) in enumerate(zip(plain, seen, strict=True)):
        factor = IMITATION[imitation](at / steps / 2)
        for name, value in terms.items():
            wanted = value * (factor if name in ("soft", "attention") else 1)
            assert float(said[name][0]) == pytest.approx(wanted, rel=1e-5, abs=1e-6), name
