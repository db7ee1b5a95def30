"""The report: everything in one file, nothing from outside or from a clock, and the same bytes again from its footer."""

import re
from dataclasses import replace

import pytest

from rdpd_core.errors import DataError, IncompatibleError
from rdpd_core.experiments.compared import Selection
from rdpd_core.experiments.compared.report import check_same, read_record, report_html, seeds_of
from tests.core.experiments.compared.made import entry, outcomes

JOB = ("abcd1234abcd1234",)
CHOSEN = Selection(JOB, score="accuracy", against="noise", names={"abcd1234.2": "</script> & noisy"})


@pytest.fixture(scope="module")
def two():
    return [entry(1, noise_kind="uniform"), entry(2, noise=1.0, noise_kind="uniform")]


def report(entries, chosen=CHOSEN, problems=("Job ffff is left out: damaged.",)) -> bytes:
    return report_html(entries, problems, chosen, lambda given: outcomes())


def test_it_holds_everything_in_one_file(two):
    html = report(two).decode()
    for text in (
        "no difference shown",
        "Mean ranks",
        "against noise",
        "Validation score over the epochs",
        "Size of the models",
    ):
        assert text in html
    assert "Job ffff is left out" in html
    assert html.count("<svg") == 6  # scores, ranks, the curve, sizes, and two courses of learning
    assert "not for clinical use" in html
    assert "accuracy" in html
    for score in ("ROC-AUC", "PR-AUC", "macro-F1"):
        assert f"<summary>{score}</summary>" in html
    assert not re.search(r'(?:src|href)=|@import|url\(|https?://(?!www\.w3\.org/2000/svg")', html)
    assert not re.search(r"20\d\d-\d\d-\d\d", html), "a date would make two reports differ"


def test_names_are_told_and_not_obeyed(two):
    html = report(two).decode()
    assert "&lt;/script&gt; &amp; noisy" in html
    assert html.count("</script>") == 1


@pytest.mark.slow
def test_it_is_made_again_byte_for_byte_from_its_footer(two):
    first = report(two)
    chosen, before, software = read_record(first)
    assert chosen == CHOSEN
    check_same(two, before, software)
    assert report([entry(1, noise_kind="uniform"), entry(2, noise=1.0, noise_kind="uniform")], chosen) == first


def test_the_footer_names_digests_seeds_versions_and_commands(two):
    html = report(two).decode()
    for text in (two[0].digest, "0" * 64, "0 to 5", "torch 2", "compare simulated_ecg", CHOSEN.command().split("--name")[0]):
        assert text in html
    assert seeds_of(entry(1, seeds=2)) == "0, 1"


def test_what_changed_since_is_named(two):
    _, before, software = read_record(report(two))
    with pytest.raises(IncompatibleError, match=r"not here any more: abcd1234\.2; other numbers than then: abcd1234\.1"):
        check_same([replace(two[0], digest="f" * 64)], before, software)
    with pytest.raises(IncompatibleError, match=r"other models are kept than then: abcd1234\.2"):
        check_same([two[0], replace(two[1], kept="e" * 64)], before, software)
    with pytest.raises(IncompatibleError, match=r"made by version 0\.0\.1"):
        check_same(two, before, "0.0.1")


def test_an_experiment_without_kept_models_costs_one_sentence(two):
    def refuse(given):
        if given.key.endswith(".2"):
            raise DataError("the job keeps no outcomes")
        return outcomes()

    html = report_html(two, (), CHOSEN, refuse).decode()
    assert "abcd1234.2: the job keeps no outcomes" in html
    assert html.count("<svg") == 5


def test_without_experiments_there_is_no_report():
    with pytest.raises(DataError, match="no finished experiment"):
        report([])


@pytest.mark.parametrize("data", [b"", b"<html></html>", b'<script type="application/json" id="record">{"format": 1}</script>',
                                  b'<script type="application/json" id="record">{</script>',
                                  b'<script type="application/json" id="record">{"format": 9}</script>'])  # fmt: skip
def test_what_is_no_report_is_refused(data):
    with pytest.raises(DataError):
        read_record(data)
