"""Step sizes over the course of a training."""

import pytest

from rdpd_core.training.schedules import SCHEDULES
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
