"""Scores and loss terms over the epochs: what is drawn is what was told, however long the training."""

import numpy as np
import pytest

from app import theme
from app.figures import _courses as courses
from app.figures import learning
from app.figures.learning import learning_of
from rdpd_core.jobs import JobFolder, Progress
from rdpd_core.jobs.progress import Stage
from tests.app.jobs_made import SPLIT, STUDENTS, Course, tell

NAN = float("nan")


def stage_of(scores: dict[str, list[float | None]], losses: dict | None = None, key: str = "split/students") -> Stage:
    """Give a stage whose members have these scores, the first in epoch 1; None where nothing is told of an epoch."""
    stage = Stage(key, members=tuple(scores), epochs=9)
    for name, told in scores.items():
        stage.scores[name] = [(epoch, score) for epoch, score in enumerate(told, 1) if score is not None]
        stage.losses[name] = {term: [v] * len(stage.scores[name]) for term, v in (losses or {"hard": 1.0}).items()}
    stage.epoch = max(map(len, scores.values()))
    return stage


def told(folder, course: Course) -> Progress:
    """Give the progress of a made-up course."""
    tell(JobFolder(folder), course)
    progress = Progress(folder / "events.jsonl")
    progress.update()
    return progress


def lines(fig, arm: str) -> list:
    """Give the lines of an arm, without band, symbols and legend."""
    return [t for t in fig.data if t.legendgroup == arm and t.mode == "lines" and t.fill is None and t.hoverinfo != "skip"]


def test_members_are_gathered_by_arm_in_the_order_of_the_arms():
    names = ("RDPD, seed 1", "Oracle-size, seed 0", "teacher, seed 3", "RDPD, seed 0", "RDPD_r1, seed 0", "new, seed 0")
    found = learning_of(stage_of({name: [0.5] for name in names})).groups
    assert [group.arm for group in found] == ["teacher", "rdpd_r1", "rdpd", "oracle", "new"]
    assert found[2].members == ("RDPD, seed 1", "RDPD, seed 0")
    assert [group.title for group in found] == ["Teacher", "RDPD_r1", "RDPD", "Oracle-size", "new"]


def test_a_line_is_the_mean_of_those_that_learn_and_paler_once_one_has_stopped():
    stage = stage_of({"RDPD, seed 0": [0.5, 0.7], "RDPD, seed 1": [0.6, 0.8, 0.9, 0.7]})
    (given,) = learning_of(stage).scores
    assert given.mean == pytest.approx([0.55, 0.75, 0.9, 0.7])
    assert given.low == pytest.approx([0.5, 0.7, 0.9, 0.7])
    assert list(given.count) == [2, 2, 1, 1]
    strong, pale = lines(learning.score_figure(learning_of(stage), "t", "s"), "rdpd")
    assert (list(strong.x), list(pale.x)) == ([1, 2], [2, 3, 4])
    assert pale.opacity < 1 == strong.opacity


def test_the_best_epoch_of_every_seed_is_marked():
    stage = stage_of({"RDPD, seed 0": [0.5, 0.7, 0.7], "RDPD, seed 1": [0.6, 0.4]})
    fig = learning.score_figure(learning_of(stage), "t", "s")
    (best,) = [t for t in fig.data if t.mode == "markers"]
    assert list(zip(best.x, best.y, best.customdata, strict=True)) == [(2, 0.7, "RDPD, seed 0"), (1, 0.6, "RDPD, seed 1")]


def test_an_epoch_that_was_lost_leaves_no_false_number():
    stage = stage_of({"RDPD, seed 0": [0.5, None, 0.9]})
    (given,) = learning_of(stage).scores
    assert list(zip(given.epoch, given.mean, strict=True)) == [(1, 0.5), (3, 0.9)]


def test_arms_differ_in_color_dash_and_symbol():
    stage = stage_of({f"{title}, seed 0": [0.5, 0.6] for title in ("Direct", "Distill", "RDPD")})
    legend = [t for t in learning.score_figure(learning_of(stage), "t", "s").data if t.showlegend is None]
    looks = [(t.line.color, t.line.dash, t.marker.symbol) for t in legend]
    assert looks == [(m.color, m.dash, m.symbol) for m in map(theme.mark_of, ("direct", "distill", "rdpd"))]
    assert all(len(set(column)) == 3 for column in zip(*looks, strict=True))


def test_a_term_that_an_arm_has_switched_off_is_not_drawn_for_it(tmp_path):
    found = learning_of(told(tmp_path, Course(epoch=3)).stages[f"{SPLIT}/students"])
    assert list(found.losses) == ["hard", "soft", "attention", "combined"]
    having = {term: [given.group.arm for given in some] for term, some in found.losses.items()}
    assert having["hard"] == list(STUDENTS)
    assert having["attention"] == ["rdpd_r2", "rdpd"]
    fig = learning.loss_figure(found, "t")
    assert len({t.xaxis for t in fig.data}) == 4
    assert fig.layout.annotations[0].text == "<b>hard</b> (labels)"


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_any_number_of_terms_fits(count):
    stage = stage_of({"RDPD, seed 0": [0.5]}, {f"term {at}": 1.0 for at in range(count)})
    layout = learning.loss_figure(learning_of(stage), "t").layout
    found = [layout[f"yaxis{at or ''}"] for at in (0, *range(2, count + 1))]
    assert all(0 <= axis.domain[0] < axis.domain[1] <= 1 for axis in found)
    titled = [at for at in (0, *range(2, count + 1)) if layout[f"xaxis{at or ''}"].title.text == "epoch"]
    assert len(titled) == min(2, count)


def test_a_search_is_a_cloud_with_the_best_so_far(tmp_path):
    stage = told(tmp_path, Course(stage="search-0", epoch=8, candidates=3)).stages[f"{SPLIT}/search-0"]
    found = learning_of(stage)
    fig = learning.score_figure(found, "t", "s")
    (leading,) = lines(fig, "rdpd")
    assert np.all(np.diff(leading.y) >= 0)
    cloud = next(t for t in fig.data if t.legendgroup == "rdpd" and t.hoverinfo == "skip")
    assert np.isnan(cloud.y).sum() == 3
    (best,) = [t for t in fig.data if t.legendgroup == "rdpd" and t.mode == "markers"]
    assert best.y[0] == pytest.approx(
        max(s for name, told in stage.scores.items() if name.startswith("rdpd ") for _, s in told)
    )
    assert "candidates" in learning.describe_scores(found, "t", "s")


def test_thousands_of_epochs_stay_small_and_keep_one_odd_value():
    rng = np.random.default_rng(0)
    values = rng.normal(0.8, 0.001, 5000)
    values[3210] = 0.2
    stage = stage_of({"RDPD, seed 0": values.tolist()})
    (line,) = lines(learning.score_figure(learning_of(stage), "t", "s"), "rdpd")
    assert len(line.x) <= 1000
    assert line.x[int(np.argmin(line.y))] == 3211


def test_the_numbers_behind_are_those_that_were_told(tmp_path):
    stage = told(tmp_path, Course(epoch=4)).stages[f"{SPLIT}/students"]
    found = learning_of(stage)
    table = learning.score_table(found)
    mine = table[(table["arm"] == "RDPD") & (table["epoch"] == 4)].iloc[0]
    given = [stage.scores[f"RDPD, seed {seed}"][3][1] for seed in range(3)]
    assert mine[["mean", "lowest", "highest"]].tolist() == pytest.approx([np.mean(given), min(given), max(given)])
    assert mine["n"] == 3
    assert set(learning.loss_table(found)["term"]) == {"hard", "soft", "attention", "combined"}
    best = learning.best_table(found, "PR-AUC").set_index("member")
    assert best.loc["RDPD, seed 1", "PR-AUC"] == pytest.approx(max(s for _, s in stage.scores["RDPD, seed 1"]))


def test_few_epochs_have_each_a_number_of_their_own():
    for count, step in ((3, 1), (30, None)):
        found = learning_of(stage_of({"RDPD, seed 0": [0.5] * count}))
        assert learning.score_figure(found, "t", "s").layout.xaxis.dtick == step
        assert learning.loss_figure(found, "t").layout.xaxis.dtick == step


def test_words_stand_in_for_the_pictures(tmp_path):
    found = learning_of(told(tmp_path, Course(epoch=4)).stages[f"{SPLIT}/students"])
    words = learning.describe_scores(found, "Lead I", "PR-AUC")
    assert words.startswith("Lead I. Validation PR-AUC over 4 epochs: Direct best ")
    assert "over 3 seeds" in words
    assert "attention: RDPD_r2" in learning.describe_losses(found, "Lead I")


def test_titles_and_names_from_files_are_shown_as_text():
    stage = stage_of({"<b>x</b>, seed 0": [0.5, 0.6]}, {"<i>term</i>": 1.0})
    found = learning_of(stage)
    for fig in (learning.score_figure(found, "<img>", "<u>"), learning.loss_figure(found, "<img>")):
        assert "<img>" not in fig.to_json()
        assert "<b>x</b>" not in fig.to_json()
        assert "<i>" not in fig.to_json()


def test_every_validation_score_has_a_name_for_people():
    from rdpd_core.training.selection import SELECTION

    assert learning.score_title("pr_auc") == "PR-AUC"
    assert all(learning.score_title(name) != "score" for name in SELECTION)


def test_a_long_title_has_two_lines_and_room_for_them():
    titles = ("one: teacher", "a title with *many* words: choosing settings on subjects")
    short, long = (courses.frame(300, title) for title in titles)
    assert "<br>" not in short["title"]["text"]
    assert long["title"]["text"].split("<br>") == ["a title with *many* words: choosing settings", "on subjects"]
    assert long["height"] - short["height"] == long["margin"]["t"] - short["margin"]["t"] == courses.TITLE_LINE
    endless = courses.frame(300, "word " * 60)["title"]["text"].split("<br>")
    assert len(endless) == 2
    assert endless[1].endswith(" …")
