"""The what-if page, run without a browser on a small data set that stands in for the simulated one."""

import pytest

from rdpd_core.experiments.whatif import Bench
from tests.app.test_views import NOTE, alts, here, models, opened, words

__all__ = ["here", "models"]  # fixtures
NOISE = "noise~I~1.0~uniform~0"


def page(**link):
    """Open the page with a link and wait for all that it waits for."""
    return opened("whatif", **{f"whatif__{name}": value for name, value in link.items()})


def address(at) -> dict[str, str]:
    """Give the choices that stand in the address."""
    told = {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}
    return {k.removeprefix("whatif."): v for k, v in told.items() if k.startswith("whatif.")}


def click(at, key):
    """Click a button of the page."""
    at.button(key=f"whatif.{key}").click().run()
    assert not at.exception


def test_the_page_begins_without_edits(here):
    at = page()
    told = words(at)
    assert NOTE in told
    assert "Nothing is edited yet" in told
    both = alts(at)
    assert len(both) == 2
    assert all("fay" in alt and "simulated" in alt for alt in both)
    assert at.code[0].value.startswith("python -m rdpd_core.experiments.whatif simulated_ecg lead_I fay 1")


@pytest.mark.slow
def test_an_edit_is_added_changed_undone_and_made_again(here):
    at = page()
    before = alts(at)
    click(at, "add")
    assert address(at)["edits"] == "noise~I~0.5~uniform~0"
    assert "signal to noise in this window" in words(at)
    once = alts(at)
    assert once != before
    at.slider(key="whatif.edit.0.noise.amplitude").set_value(2.0).run()
    assert address(at)["edits"] == "noise~I~2.0~uniform~0"
    louder = alts(at)
    assert louder != once
    click(at, "undo")
    assert address(at) == {"edits": "noise~I~2.0~uniform~0", "at": "0"}
    assert alts(at) == before
    click(at, "redo")
    assert alts(at) == louder
    click(at, "remove.0")
    assert address(at) == {}
    assert alts(at) == before


@pytest.mark.slow
def test_a_link_restores_edits_and_the_place_among_them(here):
    at = page(edits=f"{NOISE}!drop~II", at="1", view="limb", window="3")
    told = words(at)
    assert "uniform noise of 1 SD on I" in told
    assert "II dropped" not in told
    assert "window 3 of" in told
    assert not at.warning
    click(at, "redo")
    assert "II dropped" in words(at)
    click(at, "clear")
    assert "Nothing is edited yet" in words(at)
    click(at, "redo")
    assert "uniform noise of 1 SD on I" in words(at)


def test_a_student_does_not_see_what_it_does_not_read(here):
    told = words(page(edits="drop~V5"))
    assert "Direct does not see it" in told
    assert "RDPD does not see it" in told
    assert "Teacher does not see it" not in told


def test_an_amplitude_of_0_changes_nothing(here):
    told = words(page(edits="noise~*~0.0~uniform~0!scale~I~1.0"))
    assert told.count("does not see it") == 3
    assert "No arm changes its decision" in told


@pytest.mark.parametrize("edits", ["noise~nose~1.0~uniform~0", "shake~I", "noise~I~99.0~uniform~0", "drop~I~I"])
def test_edits_that_cannot_be_had_are_reported(here, edits):
    at = page(edits=edits)
    assert edits.split("~")[0] in at.warning[0].value.replace("\\", "")
    assert "Nothing is edited yet" in words(at)


@pytest.mark.parametrize("kind", ["drop", "flatten", "scale", "swap", "shift", "burst", "cut"])
@pytest.mark.slow
def test_every_kind_can_be_added(here, kind):
    at = page()
    at.selectbox(key="whatif.new").select(kind).run()
    click(at, "add")
    assert address(at)["edits"].startswith(f"{kind}~I")
    assert "1. " in words(at)


@pytest.mark.slow
def test_the_robustness_curve_is_worked_out_when_asked_for(here, monkeypatch):
    asked = []
    books = Bench.books
    monkeypatch.setattr(Bench, "books", lambda self, x: asked.append(len(x)) or books(self, x))
    at = page(edits=NOISE)
    assert not [n for n in asked if n > 1]
    at.selectbox(key="whatif.curve").select(1).run()
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert not at.exception
    assert len(alts(at)) == 3
    assert "macro-F1" in alts(at)[2]
    assert "Ask the teacher from the smallest size" in words(at)
    done = len([n for n in asked if n > 1])
    at.slider(key="whatif.edit.0.noise.amplitude").set_value(3.0).run()
    assert len(alts(at)) == 3
    click(at, "add")
    assert "edits have changed" in words(at)
    assert len([n for n in asked if n > 1]) == done
    click(at, "curve_again")
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert len(alts(at)) == 3


@pytest.mark.slow
def test_a_link_with_a_curve_restores_it(here):
    assert len(alts(page(edits=NOISE, curve="1"))) == 3
    at = page(edits="drop~I", curve="1")
    assert "curve" in at.warning[0].value


def test_without_models_the_page_says_how_to_make_them(here, monkeypatch, tmp_path):
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "empty"))
    at = opened()
    at.switch_page("views/whatif.py").run()
    assert "python -m rdpd_core pretrain" in [code.value for code in at.code]
