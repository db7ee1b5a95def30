"""The table of several experiments: corrected over all of them, ranked, sorted, pinned, honest about what cannot be said."""

from dataclasses import replace

import pytest

from rdpd_core.errors import DataError, ParameterError, UnknownNameError
from rdpd_core.evaluation.paired import holm
from rdpd_core.experiments.compared import Selection, labels, table_of
from rdpd_core.experiments.compared.drawn import ranks_chart, scores_chart
from rdpd_core.experiments.compared.printed import text, to_csv, to_latex, to_markdown
from rdpd_core.experiments.compared.table import corrected, unpaired
from tests.core.experiments.compared.made import entry

JOB = ("abcd1234abcd1234",)


@pytest.fixture(scope="module")
def two():
    return [entry(1), entry(2, view="lead_II")]


@pytest.mark.slow
def test_p_is_corrected_over_all_experiments(two):
    rows, family = corrected(two, "accuracy")
    raw = [row.difference.p for e in two for row in e.comparison.rows["accuracy"] if row.difference]
    found = [row.difference.p_holm for e in two for row in rows[e.key] if row.difference]
    assert family == 6
    assert found == pytest.approx(holm(raw))
    assert min(found) > min(row.difference.p_holm for row in two[0].comparison.rows["accuracy"] if row.difference)


def test_a_filter_does_not_make_the_correction_milder(two):
    all_of_them = table_of(two, Selection(JOB, score="accuracy"))
    some = table_of(two, Selection(JOB, score="accuracy", arms=("direct", "rdpd"), experiments=("abcd1234.1",)))
    wanted = next(line for line in all_of_them.lines if line.key == "abcd1234.1/rdpd")
    shown = {line.key: line for line in some.lines}
    assert set(shown) == {"abcd1234.1/direct", "abcd1234.1/rdpd"}
    assert shown["abcd1234.1/rdpd"].row.difference.p_holm == wanted.row.difference.p_holm
    assert "over the 6 differences" in " ".join(some.notices())


def test_with_enough_seeds_and_few_arms_a_clear_difference_is_claimed():
    given = [entry(1, seeds=10, right={"direct": 0.5, "rdpd": 0.9})]
    table = table_of(given, Selection(JOB, score="accuracy"))
    assert "RDPD, 1 experiment: better than Direct in 1 (lead_I)." in table.sentences()[0]
    assert "above Direct" in table.sentences()[1]


def test_few_seeds_say_nothing():
    table = table_of([entry(1, seeds=3)], Selection(JOB, score="accuracy"))
    assert table.family == 0
    assert all("too few seeds to say in 1" in said for said in table.sentences()[:3])
    assert "Too few seeds" in table.sentences()[-1]
    assert any("it takes 5 seeds, or 6 folds with 2" in said for said in table.notices())


def test_ranks_count_arms_that_have_every_seed(two):
    table = table_of(two, Selection(JOB, score="accuracy"))
    best = {line.row.arm: line.rank for line in table.lines if line.entry.key == "abcd1234.1"}
    assert sum(best.values()) == pytest.approx(1 + 2 + 3 + 4)
    assert best["teacher"] < best["direct"]
    assert table.standing.blocks == 6, "experiments on the same people are averaged"
    stored = [row for row in two[0].comparison.rows["accuracy"] if row.arm != "teacher"]
    teacher = next(row for row in two[0].comparison.rows["accuracy"] if row.arm == "teacher")
    fewer = replace(two[0].comparison, rows={"accuracy": (replace(teacher, seeds=teacher.seeds[:1]), *stored)})
    ranked = table_of([replace(two[0], comparison=fewer)], Selection(JOB, score="accuracy"))
    assert {line.row.arm for line in ranked.lines if line.rank is None} == {"teacher"}


def test_rows_are_sorted_and_pinned_rows_stay_on_top(two):
    order = [line.row.mean for line in table_of(two, Selection(JOB, score="accuracy", sort="mean")).lines]
    assert order == sorted(order, reverse=True)
    pinned = table_of(two, Selection(JOB, score="accuracy", sort="mean", pinned=("abcd1234.2/direct",)))
    assert pinned.lines[0].key == "abcd1234.2/direct"
    gains = table_of(two, Selection(JOB, score="accuracy", sort="difference")).lines
    assert gains[-1].row.difference is None


@pytest.mark.slow
def test_experiments_are_called_by_what_differs_or_by_their_name(two):
    assert list(labels(two).values()) == ["lead_I", "lead_II"]
    noisy = [entry(1), entry(2, noise=0.5)]
    assert list(labels(noisy).values()) == ["lead_I, noise 0", "lead_I, noise 0.5"]
    assert labels(noisy, {"abcd1234.2": "noisy"})["abcd1234.2"] == "noisy"
    assert len(set(labels([entry(1), entry(2)]).values())) == 2


@pytest.mark.slow
def test_what_cannot_be_paired_is_said():
    assert unpaired([entry(1), entry(2, noise=1.0)]) == ""
    assert "different data (dsads, simulated_ecg)" in unpaired([entry(1), entry(2, dataset="dsads")])
    assert "different splits" in unpaired([entry(1), entry(2, split="s1")])
    other = replace(entry(2), windows={"s0": "1" * 64})
    assert "different recordings" in unpaired([entry(1), other])


@pytest.mark.slow
def test_a_class_that_a_fold_lacks_is_counted():
    lacking = replace(entry(1).comparison, lacking={"s0": ("hypertrophy",)})
    table = table_of([replace(entry(1), comparison=lacking)], Selection(JOB))
    assert any("fold s0: 5 of 6 (none of hypertrophy)" in said for said in table.notices())


def test_a_selection_goes_into_a_command_and_back():
    chosen = Selection(JOB, arms=("direct", "rdpd"), score="accuracy", names={"abcd1234.1": "lead I"}, snr=True)
    assert chosen.command() == (
        "python -m rdpd_core report abcd1234abcd1234 --arms direct rdpd --name 'abcd1234.1=lead I' --score accuracy --snr"
    )
    sides = Selection(JOB, first="direct@abcd1234.1", second="rdpd")
    assert sides.command() == "python -m rdpd_core report abcd1234abcd1234 --first direct@abcd1234.1 --second rdpd"
    assert Selection.from_dict(chosen.to_dict()) == chosen


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"score": "nll"}, UnknownNameError),
        ({"arms": ("rdpb",)}, UnknownNameError),
        ({"sort": "x"}, UnknownNameError),
        ({"jobs": ()}, ParameterError),
        ({"first": "direct"}, ParameterError),
    ],
)
def test_a_wrong_selection_is_refused(wrong, error):
    with pytest.raises(error):
        Selection(**{"jobs": JOB, **wrong})


def test_a_selection_of_what_is_not_there_is_refused(two):
    with pytest.raises(UnknownNameError, match=r"abcd1234\.7"):
        table_of(two, Selection(JOB, experiments=("abcd1234.7",)))
    with pytest.raises(DataError):
        Selection.from_dict({"jobs": 3})


def test_every_format_holds_every_row(two):
    table = table_of(two, Selection(JOB, score="accuracy", names={"abcd1234.1": "a|b_c & =1"}))
    assert text(table).count("Distill") >= 2
    lines = to_csv(table).splitlines()
    assert len(lines) == 1 + len(table.lines)
    assert "n_subjects" in lines[0]
    markdown, latex = to_markdown(table), to_latex(table)
    assert r"a\|b\_c & =1" in markdown
    assert r"a|b\_c \& =1" in latex
    assert latex.count(r"\\") == 1 + len(table.lines)
    assert r"$\pm$" in latex
    assert "±" not in "".join(line for line in latex.splitlines() if not line.startswith("%"))


def test_charts_say_in_words_what_they_draw(two):
    table = table_of(two, Selection(JOB, score="accuracy"))
    chart = scores_chart(table)
    assert len(chart.rows) == len(table.lines) == sum(len(s.x) for s in chart.series)
    assert "lead_II · RDPD" in chart.words
    assert "n = 120 windows of 12 subjects" in chart.note
    ranks = ranks_chart(table)
    assert ranks.words.startswith("Mean ranks: Teacher")
    assert {row["blocks"] for row in ranks.rows} == {6}
