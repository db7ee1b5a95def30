"""The page of attributions, run without a browser on a small data set that stands in for the simulated one."""

import pytest

from app.components import explain_belief, explain_tasks
from app.figures.attribution_words import UNCHECKED
from rdpd_core.evaluation.believed import OPEN, UNDECIDED
from tests.app import test_views
from tests.app.test_case_page import texts
from tests.app.test_views import opened

models, here = test_views.models, test_views.here
pytestmark = pytest.mark.usefixtures("here")
CHARTS = {"one": 3, "pair": 3, "methods": 1}


def page(**link: str):
    return opened("explain", **{f"explain.{name}": value for name, value in link.items()})


def charts(at) -> list[str]:
    return [chart.proto.spec for chart in at.get("plotly_chart")]


def box(at, name: str):
    return next(one for one in at.selectbox if one.key == f"explain.{name}")


@pytest.mark.parametrize("part", CHARTS)
@pytest.mark.slow
def test_every_part_says_n_null_baseline_and_that_it_was_not_checked(part):
    at = page(part=part)
    drawn = charts(at)
    assert len(drawn) == CHARTS[part]
    for spec in drawn:
        assert "n = 1 window of 1 subject" in spec
        assert "null" in spec
        assert UNCHECKED in spec
    assert UNCHECKED in texts(at)
    assert "Nothing there means" in texts(at)
    assert "analyze attribution" in at.code[0].value
    assert "--window 1" in at.code[0].value


def test_the_sums_say_what_is_missing_and_what_random_weights_give():
    told = texts(page())
    assert "Completeness" in told
    assert "random weights" in told


@pytest.mark.slow
def test_choices_stand_in_the_address_and_in_the_command():
    at = page()
    box(at, "method").set_value("occlusion").run()
    for _ in range(50):
        if not at.get("progress"):
            break
        at.run()
    box(at, "baseline").set_value("mean").run()
    assert not at.exception
    told = {key: value[-1] if isinstance(value, list) else value for key, value in at.query_params.items()}
    assert told["explain.method"] == "occlusion"
    assert told["explain.baseline"] == "mean"
    assert "--method occlusion --baseline mean" in at.code[0].value
    again = page(method="occlusion", baseline="mean", model=box(at, "model").options and box(at, "model").value)
    assert box(again, "method").value == "occlusion"
    assert not [w.value for w in again.warning if "link" in str(w.value)]


def test_a_method_that_does_not_fit_is_said_with_its_reason():
    at = page(method="deep_lift")
    assert not charts(at)
    assert "DeepLIFT is not available" in texts(at)
    assert "attention" in texts(at)
    assert UNCHECKED not in texts(at), "there is nothing to check"


def test_a_link_to_an_unknown_model_says_so():
    assert "nobody" in " ".join(str(w.value) for w in page(model="nobody").warning)


def test_the_verdict_is_asked_for_and_stands_above_the_pictures(monkeypatch):
    made, asked = verdict(), []

    def belief_of(model, card, loaded, how, on_progress):
        asked.append((card.name, how.method))
        on_progress("following orders", 1, 2)
        return made

    monkeypatch.setattr(explain_tasks, "belief_of", belief_of)
    explain_tasks.belief_task.clear()
    at = page()
    assert not asked, "nothing long is begun without being asked for"
    next(b for b in at.button if b.label == "Check it").click().run()
    for _ in range(50):
        if not at.get("progress"):
            break
        at.run()
    assert not at.exception
    assert len(asked) == 1
    told = texts(at)
    assert made.verdict in told
    assert made.checks[0].sentence in told.replace("\\", "")
    assert f"null (bands): 95% of {len(made.curves.random_deletion)} orders" in " ".join(charts(at))
    assert all(made.verdict in spec or "rank correlation" in spec or "taken away" in spec for spec in charts(at))
    explain_tasks.belief_task.clear()


def test_a_check_that_fails_says_why_and_can_be_tried_again(monkeypatch):
    from rdpd_core.errors import DataError

    def belief_of(*args, **given):
        raise DataError("no window has a label, so there is nothing to shuffle")

    monkeypatch.setattr(explain_tasks, "belief_of", belief_of)
    explain_tasks.belief_task.clear()
    at = page()
    next(b for b in at.button if b.label == "Check it").click().run()
    for _ in range(50):
        if not at.get("progress"):
            break
        at.run()
    assert "nothing to shuffle" in " ".join(str(e.value) for e in at.error)
    assert any(b.label == "Try again" for b in at.button)
    explain_tasks.belief_task.clear()


def verdict():
    """Give a verdict made by hand."""
    import numpy as np

    from rdpd_core.evaluation.believed import Belief, Check
    from rdpd_core.evaluation.faithful import Curves
    from rdpd_core.evaluation.sanity import Cascade

    share, row = np.linspace(0, 1, 5), np.linspace(0.9, 0.1, 5)
    curves = Curves(share, row[None], row[None, ::-1], np.stack([row, row]), np.stack([row, row]))
    checks = (Check("order", "What is named first", OPEN, "It was not clear.", 0.4, -0.1, 0.1),)
    cascade = Cascade(("dense",), np.array([[0.2]]))
    return Belief("integrated_gradients", "zero", UNDECIDED, "Too few windows.", checks, curves, cascade, 3, 2)


def test_what_was_asked_for_is_known_by_model_and_method(monkeypatch):
    state = {}
    monkeypatch.setattr(explain_belief.st, "session_state", state)
    one = explain_tasks.Asked(("a",), "m", explain_tasks.How())
    explain_belief._ask("explain", one)
    assert explain_belief._was_asked("explain", one)
    assert not explain_belief._was_asked("explain", one._replace(model="n"))
