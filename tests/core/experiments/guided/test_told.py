"""What the guided cases say of the models that belong to the program, worked out a second time from the raw answers."""

import functools
import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from rdpd_core.evaluation.edits import Drop, Noise
from rdpd_core.experiments import load
from rdpd_core.experiments.cases import open_book
from rdpd_core.experiments.guided import GUIDED, Stage, told
from rdpd_core.experiments.subjects import masks
from rdpd_core.experiments.whatif import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NAMES = sorted(case.name for case in GUIDED)
VIEWS = ("lead_I", "limb")
EACH = 4
CASE = {"set", "models", "view", "class", "show", "student", "subject", "window", "part"}
CHOICES = {"case": CASE, "whatif": {"view", "subject", "window", "edits", "curve"}, "models": {"set", "model", "part", "other"}}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The embedded data set, a few windows of every test subject, and the models that belong to the program."""
    work = tmp_path_factory.mktemp("guided")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RDPD_CACHE", str(work / "cache"))
        patch.setenv("RDPD_WORK", str(work / "work"))
        loaded = load("simulated_ecg")
        test = loaded.splits.test
        first = np.concatenate([np.flatnonzero(test.subject == one)[:EACH] for one in dict.fromkeys(test.subject)])
        loaded = replace(loaded, splits=loaded.splits._replace(test=test.select(first)))
        book = functools.cache(lambda view: open_book(loaded, view))
        yield Stage("simulated_ecg", VIEWS, book, functools.cache(lambda view: Bench(book(view))))


@pytest.fixture(scope="module")
def tours(stage):
    """The steps of every case, worked out once."""
    return functools.cache(lambda name: told(name, stage))


def said(steps, name):
    """Give the values of the claim of this name."""
    return next(c.values for step in steps for c in step.claims if c.name == name)


def has(steps, name):
    """Say whether a claim of this name is made."""
    return any(c.name == name for step in steps for c in step.claims)


def answers(stage, view):
    """Give the mean probability (N, K) of every arm, the classes decided for, and the truth."""
    book = stage.book(view)
    mean = {arm.arm: arm.probability.mean(axis=0) for arm in book.arms}
    return mean, {arm: p.argmax(axis=1) for arm, p in mean.items()}, book.windows.target


def place(stage, step):
    """Give which window a step shows."""
    windows = stage.book(step.choices["view"]).windows
    return int(np.flatnonzero(windows.subject == step.choices["subject"])[int(step.choices["window"]) - 1])


@pytest.mark.parametrize("name", NAMES)
def test_a_case_has_five_to_eight_steps_that_pages_can_show(stage, tours, name):
    steps = tours(name)
    assert 5 <= len(steps) <= 8
    for step in steps:
        assert set(step.choices) <= CHOICES[step.page]
        assert 20 < len(step.sentence) < 300
        assert "{" not in step.sentence
        assert all(c.holds for c in step.claims)
        if "subject" in step.choices and "show" in step.choices:
            fits = masks(stage.book(step.choices["view"]), step.choices["student"])[step.choices["show"]]
            assert fits[place(stage, step)], "the page would not offer this window"


@pytest.mark.parametrize("name", NAMES)
def test_every_share_of_windows_comes_with_n_and_interval_or_says_why_not(tours, name):
    for step in tours(name):
        for found in re.finditer(r"\d+ of \d+ windows right \(([^)]*)\)", step.sentence):
            assert "n = " in found.group(1)
            assert "95% interval" in found.group(1) or "too few or too alike" in found.group(1)


def test_attention_shows_the_window_with_the_greatest_gain_where_rdpd_looks_more_alike(stage, tours):
    steps = tours("attention")
    at, view = place(stage, steps[0]), steps[0].choices["view"]
    gains = []
    for other in VIEWS:
        mean, decided, target = answers(stage, other)
        fits = (decided["teacher"] == target) & (decided["direct"] != target) & (decided["rdpd"] == target)
        rows = np.arange(len(target))
        gain = np.where(fits, mean["rdpd"][rows, target] - mean["direct"][rows, target], -1)
        looks = {arm.arm: arm.overlap.mean(axis=0) for arm in stage.book(other).arms if arm.overlap is not None}
        gain = np.where(looks["rdpd"] > looks["direct"], gain, -1)
        gains += [(float(g), other, int(n)) for n, g in enumerate(gain)]
        if other == view:
            assert said(steps, "rescued")["r"] == fits.sum()
            assert said(steps, "how often")["k"] == ((decided["teacher"] == target) & (decided["direct"] != target)).sum()
    assert fits.any()
    if has(steps, "within chance"):
        assert max(gains)[1:] == (view, at)


def test_attention_tells_chance_from_more_than_chance(stage, tours):
    steps = tours("attention")
    at, book = place(stage, steps[0]), stage.book(steps[0].choices["view"])
    arms = {arm.arm: arm for arm in book.arms}
    taught = {card.weights_sha256: look for card, look in zip(arms["teacher"].cards, arms["teacher"].attention, strict=True)}
    common = {}
    for name in ("direct", "rdpd"):
        own = arms[name]
        rows = zip(own.attention, own.cards, arms["teacher"].attention, strict=True)
        looks = [(look, taught.get(card.teacher, same_seed)) for look, card, same_seed in rows]
        common[name] = np.mean([np.minimum(own[at], theirs[at]).sum() for own, theirs in looks])
    elsewhere = np.array(
        [np.mean([np.minimum(own[n], theirs[at]).sum() for own, theirs in looks]) for n in range(len(book.windows))]
    )
    assert has(steps, "RDPD looks more alike") == (common["rdpd"] > common["direct"])
    assert f"RDPD {common['rdpd']:.2f}, Direct {common['direct']:.2f}" in steps[3].sentence
    high = float(said(steps, "beyond chance" if has(steps, "beyond chance") else "within chance")["high"])
    assert abs(high - np.percentile(elsewhere, 97.5)) < 0.01, "drawn windows and all windows tell about the same"
    assert has(steps, "beyond chance") == (common["rdpd"] > high)


def test_noise_scores_are_those_of_the_edited_windows(stage, tours):
    steps = tours("noise")
    view = steps[0].choices["view"]
    bench = stage.bench(view)
    target, size = bench.windows.target, float(said(steps, "the noise")["a"].split()[0])
    books = bench.books(bench.edited(range(len(target)), (Noise("*", size, "normal"),)))
    scores = {b.arm: np.mean([f1_score(target, p.argmax(axis=1), average="macro") for p in b.probability]) for b in books}
    values = next(c.values for c in steps[5].claims)
    assert values["d"].startswith(f"{scores['direct']:.2f} (95% interval")
    assert values["r"].startswith(f"{scores['rdpd']:.2f} (95% interval")
    assert has(steps, "Direct higher") == (scores["direct"] > scores["rdpd"])
    at = place(stage, steps[1])
    after = {b.arm: int(b.probability[:, at].mean(axis=0).argmax()) for b in books}
    assert has(steps, "direct lost") == (after["direct"] != target[at] and after["rdpd"] == target[at])
    _, before, _ = answers(stage, view)
    assert before["direct"][at] == before["rdpd"][at] == target[at]


def test_noise_says_in_how_many_views_the_papers_order_is_seen(tours):
    steps = tours("noise")
    count = next(c for c in steps[-1].claims if c.name in ("in all", "in some", "in none")).values
    first = sum(has(steps, f"{which} view: direct first") for which in ("first", "other"))
    assert (count["k"], count["n"]) == (first, len(VIEWS))


def test_no_help_counts_both_ways(stage, tours):
    steps = tours("no_help")
    _, decided, target = answers(stage, steps[0].choices["view"])
    only_direct, only_rdpd = decided["direct"] == target, decided["rdpd"] == target
    worse, better = (only_direct & ~only_rdpd).sum(), (only_rdpd & ~only_direct).sum()
    assert f"Direct is right and RDPD wrong in {worse}; the other way round in {better}" in steps[5].sentence
    at = place(stage, steps[0])
    assert only_direct[at]
    assert not only_rdpd[at]
    copied = only_direct & (decided["rdpd"] == decided["teacher"]) & (decided["teacher"] != target)
    assert has(steps, "copied") == copied[at] == copied.any()
    gap = float(only_rdpd.mean() - only_direct.mean())
    assert f"({100 * gap:+.1f} percentage points" in steps[-1].sentence


def test_the_confident_mistake_is_the_surest_of_all(stage, tours):
    steps = tours("confident")
    found = []
    for view in VIEWS:
        mean, decided, target = answers(stage, view)
        found.append((float((mean["rdpd"].max(axis=1) * (decided["rdpd"] != target)).max()), view))
    sure, view = max(found)
    assert (steps[0].choices["view"], said(steps, "rdpd is wrong")["sure"]) == (view, f"{sure:.0%}")
    mean, decided, target = answers(stage, view)
    at = place(stage, steps[0])
    seeds = next(arm for arm in stage.book(view).arms if arm.arm == "rdpd").probability[:, at].argmax(axis=1)
    assert f"{(seeds == decided['rdpd'][at]).sum()} of {len(seeds)} seeds" in steps[1].sentence
    level = float(said(steps, "when so sure")["level"].rstrip("%")) / 100
    bold = mean["rdpd"].max(axis=1) >= level
    assert f"gets {(decided['rdpd'] == target)[bold].sum()} of {bold.sum()} windows right" in steps[-1].sentence


def test_leads_tells_recalls_and_the_lead_that_is_leaned_on(stage, tours):
    steps = tours("leads")
    by_view = {}
    for view in VIEWS:
        _, decided, target = answers(stage, view)
        by_view[view] = np.array([(decided["rdpd"] == target)[target == k].mean() for k in range(target.max() + 1)])
    classes = stage.book("limb").windows.classes
    assert said(steps, "easiest class")["c"] == classes[by_view["lead_I"].argmax()]
    assert said(steps, "class that gains")["c"] == classes[(by_view["limb"] - by_view["lead_I"]).argmax()]
    book = stage.book("limb")
    bench, target = Bench(replace(book, arms=tuple(a for a in book.arms if a.arm == "rdpd"))), book.windows.target
    right = {}
    for channel in book.loaded.dataset.view("limb"):
        (rdpd,) = bench.books(bench.edited(range(len(target)), (Drop(channel),)))
        right[channel] = (rdpd.probability.mean(axis=0).argmax(axis=1) == target).sum()
    assert right[said(steps, "costs most")["c"]] == min(right.values())
