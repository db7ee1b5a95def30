"""The page of comparisons, run without a browser on job folders made by hand, and on one that was trained."""

import pytest

from rdpd_core.experiments import Experiment, comparison_of, run
from rdpd_core.experiments.printed import record_of
from rdpd_core.jobs import states
from rdpd_core.jobs.work import save_models, write_outcomes
from tests.app import jobs_made
from tests.app.test_views import alts, here, models, opened, own_store, words

__all__ = ["here", "models", "own_store"]
STUDENTS = ("teacher", "direct", "rdpd")


class Silent:
    """Takes what a worker would tell."""

    def __call__(self, event):
        """Take an event."""

    def file(self, path):
        """Take a file."""


@pytest.fixture
def office(own_store, still_watch, tmp_path):
    """The desk of the pages, which starts no worker."""
    still_watch.desk._engines["local"] = jobs_made.Full(tmp_path / "slots")
    return still_watch.desk


def done(office, title="Lead I", tables=None):
    """Give a job that has ended with tables."""
    folder = jobs_made.submit(office, jobs_made.spec(title, epochs=len(title)))
    jobs_made.end(folder, states.DONE, tables=tables or [jobs_made.table(STUDENTS, seeds=6)])
    office.rebuild()
    return folder


@pytest.fixture
def two(office):
    """Two jobs: one experiment, and a grid over noise."""
    grid = [jobs_made.table(STUDENTS, seeds=6, noise=noise, noise_kind="uniform") for noise in (0.0, 0.5, 1.0)]
    return done(office).path.name, done(office, "Noise", grid).path.name


def files(at):
    """Give the labels of everything that can be taken away."""
    return [button.proto.label for button in at.get("download_button")]


@pytest.mark.slow
def test_without_finished_experiments_the_page_says_what_to_do(office):
    at = opened("compare")
    assert "no finished experiment yet" in at.info[0].value
    assert at.code[0].value.startswith("python -m rdpd_core jobs start")


@pytest.mark.slow
def test_the_table_has_every_arm_with_interval_difference_and_rank(two):
    job, _ = two
    at = opened("compare", compare__jobs=job)
    (table,) = (t.value for t in at.table)
    assert list(table["arm"]) == ["Teacher", "Direct", "RDPD"]
    assert table.iloc[:, 2].str.match(r"0\.\d{3} \[0\.\d{3}, \d\.\d{3}\] ± 0\.\d{3} \(n=6\)").all()
    assert table["difference to Direct [95%]"][1] == "reference"
    assert table["mean rank"].str.match(r"\d\.\d\d").all()
    told = words(at)
    assert "n = 60 windows of 12 subjects" in told
    assert "Ranks over 1 experiment and their seeds (6 blocks)" in told
    assert "corrected (Holm) over the 2 differences" in told
    assert at.code[-1].value == f"python -m rdpd_core report {job}"
    assert [alt.split(":")[0] for alt in alts(at)] == ["PR-AUC of every arm", "Mean ranks"]
    assert {"Report (HTML)", "Table (CSV)", "Table (Markdown)", "Table (LaTeX)", "Picture (SVG)"} <= set(files(at))


@pytest.mark.slow
def test_every_choice_stands_in_the_address_and_in_the_command(two):
    job, noisy = two
    key = noisy[:8]
    link = {
        "jobs": f"{job},{noisy}", "score": "accuracy", "arms": "direct,rdpd", "experiments": f"{key}.1,{key}.2",
        "pinned": f"{key}.2/rdpd", "sort": "mean", f"name_{key}.1": "quiet",
    }  # fmt: skip
    at = opened("compare", **{f"compare__{name}": value for name, value in link.items()})
    assert not at.warning
    (table,) = (t.value for t in at.table)
    assert table["experiment"][0].startswith("\\* ")
    assert set(table["arm"]) == {"Direct", "RDPD"}
    assert "quiet" in set(table["experiment"])
    assert at.code[-1].value == (
        f"python -m rdpd_core report {job} {noisy} --experiments {key}.1 {key}.2 --arms direct rdpd --pin {key}.2/rdpd "
        f"--name {key}.1=quiet --score accuracy --sort mean"
    )
    for name, value in link.items():
        assert at.query_params[f"compare.{name}"] == value


@pytest.mark.slow
def test_what_a_link_asks_for_in_vain_is_said(two):
    job, _ = two
    at = opened("compare", compare__jobs=f"{job},feedfeedfeedfeed", compare__score="nll")
    told = " ".join(w.value for w in at.warning).replace("\\", "")
    assert "feedfeedfeedfeed" in told
    assert "nll" in told
    assert len(at.table) == 1


@pytest.mark.slow
def test_a_damaged_job_costs_one_sentence_and_the_rest_goes_on(two, office):
    job, noisy = two
    path = office.job(noisy).folder.path / "result.json"
    path.write_bytes(path.read_bytes().replace(b"rdpd", b"rdpD", 1))
    at = opened("compare", compare__jobs=f"{job},{noisy}")
    assert len(at.warning) == 1
    assert "sha256 differs" in at.warning[0].value
    assert len(at.table) == 1
    alone = opened("compare", compare__jobs=noisy)
    assert len(alone.warning) == 1
    assert not alone.table


@pytest.mark.slow
def test_curves_are_drawn_over_the_setting_in_which_experiments_differ(two):
    _, noisy = two
    at = opened("compare", compare__jobs=noisy, compare__part="curves", compare__snr="True")
    assert any("PR-AUC against signal-to-noise ratio of a channel (dB)" in alt for alt in alts(at))
    assert "95% interval over subjects and seeds" in words(at)
    assert at.code[-1].value.endswith("--against noise --snr")


@pytest.mark.slow
def test_without_a_grid_the_page_says_how_to_make_one(two):
    job, _ = two
    at = opened("compare", compare__jobs=job, compare__part="curves")
    assert "there is no curve to draw" in at.info[0].value
    assert "--grid noise" in at.code[0].value


def test_experiments_on_other_splits_are_not_paired(office):
    tables = [jobs_made.table(STUDENTS, split=split) for split in ("0", "1")]
    at = opened("compare", compare__jobs=done(office, tables=tables).path.name)
    assert "under different splits (0, 1) have other test subjects" in words(at)


@pytest.mark.slow
def test_models_that_are_not_kept_cost_one_sentence(two):
    job, _ = two
    at = opened("compare", compare__jobs=job, compare__part="models")
    assert "keeps no outcomes" in at.warning[0].value
    assert not at.get("plotly_chart")


@pytest.fixture
def trained(office):
    """A job whose models are kept, trained for real."""
    experiment = Experiment(dataset="simulated_ecg", view="limb", arms=STUDENTS, seeds=2, recipe="paper", epochs=1)
    result = run(experiment)
    folder = jobs_made.submit(office, jobs_made.spec(view="limb", arms=STUDENTS, seeds=2, recipe="paper", epochs=1))
    write_outcomes(folder, result, Silent())
    keys = save_models(folder, folder.spec(), result, Silent(), lambda: True)
    jobs_made.end(folder, states.DONE, tables=[record_of(result, comparison_of(result))], models=keys)
    office.rebuild()
    return folder.path.name


@pytest.mark.slow
def test_two_selections_are_paired_model_by_model(trained):
    at = opened("compare", compare__jobs=trained, compare__part="sides")
    told = words(at)
    assert "RDPD (limb): too few seeds to say (n=2)" in told
    assert "2 pairs of models" in told
    assert list(at.table[0].value["models"]) == ["2", "2", "2 seeds"]
    same = opened("compare", compare__jobs=trained, compare__part="sides", compare__first_arm="rdpd")
    assert "Both selections are the same" in same.info[0].value


@pytest.mark.slow
def test_the_models_show_their_size_their_speed_and_how_they_learned(trained):
    at = opened("compare", compare__jobs=trained, compare__part="models")
    drawn = alts(at)
    assert any("against parameters" in alt for alt in drawn)
    assert any(alt.startswith("Validation score over the epochs of limb") for alt in drawn)
    assert "multiply_adds" in at.dataframe[0].value
    next(button for button in at.button if button.label == "Measure latency here").click().run()
    for _ in range(100):
        if not at.get("progress"):
            break
        at.run()
    assert any("latency of one window" in alt for alt in alts(at))
    assert (at.dataframe[0].value["latency_ms"] > 0).all()


@pytest.mark.slow
def test_missing_channels_are_asked_of_the_stored_models(trained):
    at = opened("compare", compare__jobs=trained, compare__part="missing")
    assert not at.error
    assert any("with channels missing at test time" in alt for alt in alts(at))
    assert "replaced by its mean over the training subjects" in words(at)
    line = next(code.value for code in at.code if "analyze missing" in code.value)
    assert f"--job {trained}" in line
