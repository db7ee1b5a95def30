"""Finished experiments from job folders: read, left out with one sentence, and turned into reports by the command."""

import pytest

from rdpd_core.__main__ import main
from rdpd_core.errors import DataError
from rdpd_core.experiments.compared.sides import Side, beside
from rdpd_core.jobs import Desk, Spec
from rdpd_core.jobs.finished import comparable, facts_of, find, result_of
from rdpd_core.jobs.work import TENSORS
from tests.core.jobs.made import desk, toy_spec, until_ended

pytestmark = pytest.mark.slow


@pytest.fixture
def ended(toy, tmp_path, monkeypatch):
    """A desk with an experiment and a study over two amplitudes of noise, trained for real."""
    monkeypatch.setenv("RDPD_WORK", str(tmp_path))
    office = desk(tmp_path)
    one = toy_spec()
    two = [{**one.experiments[0], "noise": noise} for noise in (0.5, 1.0)]
    study = Spec(
        kind="study", title="noisy", dataset="toy", experiments=two, threads=1, checkpoint_s=0.0, versions=one.versions
    )
    ids = [office.submit(spec)[0].id for spec in (one, study)]
    for job in ids:
        assert until_ended(office, job).state.name == "done"
    return office, *ids


def test_jobs_become_experiments_and_what_is_damaged_costs_one_sentence(ended):
    office, one, study = ended
    assert [job.id for job in comparable(office)] == [study, one]
    found = find(office, [one, study, one[:8]])
    assert [entry.key for entry in found.entries] == [f"{one[:8]}.1", f"{study[:8]}.1", f"{study[:8]}.2"]
    assert [entry.value("noise") for entry in found.entries] == [0.0, 0.5, 1.0]
    assert len({frozenset(entry.windows.items()) for entry in found.entries}) == 1
    assert found.entries[0].versions["torch"]
    kept = [facts_of(office, entry) for entry in found.entries]
    assert all({o["arm"] for o in own} == {"teacher", "direct", "rdpd"} for own in kept)
    loaded = {}
    first, _, noisy = found.entries
    assert result_of(office, noisy, loaded).experiment.noise == 1.0
    both = beside(
        Side("clean", "direct", (first,)), Side("noisy", "direct", (noisy,)), "accuracy",
        lambda entry: result_of(office, entry, loaded), draws=100,
    )  # fmt: skip
    assert both.apart == ""
    assert both.runs == (2, 2)
    assert len(loaded) == 1, "the recordings are read once"
    path = office.job(one).folder.path / "result.json"
    path.write_bytes(path.read_bytes().replace(b"teacher", b"teacheR", 1))
    shard = next(iter(sorted(office.job(study).folder.shards.iterdir())))
    (shard / "outcomes" / TENSORS).write_bytes(b"short")
    again = find(Desk(office.root), [one, study, "feed"])
    assert len(again.entries) == 2
    assert len(again.problems) == 2
    assert "sha256 differs" in again.problems[0]
    assert "feed" in again.problems[1]
    with pytest.raises(DataError):
        facts_of(office, first.__class__(**{**vars(first), "experiment": {**first.experiment, "noise": 9.0}, "job": study}))


def test_the_command_prints_writes_and_makes_a_report_again(ended, tmp_path, capsys):
    _, one, study = ended
    jobs = [one[:8], study[:8]]
    assert main(["report", *jobs, "--score", "accuracy", "--name", f"{one[:8]}.1=clean"]) == 0
    told = capsys.readouterr().out
    assert "clean" in told
    assert "too few seeds to say" in told
    sides = ["--first", f"direct@{one[:8]}.1", "--second", f"rdpd@{one[:8]}.1"]
    assert main(["report", one[:8], *sides]) == 0
    told = capsys.readouterr().out
    assert "paired difference" in told
    assert "too few seeds to say (n=2)" in told
    for ending in ("csv", "md", "tex", "txt", "html"):
        assert main(["report", *jobs, "--against", "noise", "--out", str(tmp_path / f"a.{ending}")]) == 0
    again = tmp_path / "again.html"
    assert main(["report", "--from", str(tmp_path / "a.html"), "--out", str(again)]) == 0
    assert again.read_bytes() == (tmp_path / "a.html").read_bytes()
    assert b"against noise" in again.read_bytes()
    capsys.readouterr()
    for wrong, why in (
        (["--from", str(tmp_path / "a.csv"), "--out", str(again)], "no record of a report"),
        (["--from", str(tmp_path / "a.html")], "--out FILE.html"),
        ([*jobs, "--out", str(tmp_path / "a.pdf")], "must end in"),
        ([*jobs, "--name", "x"], "JOB.N=NAME"),
        (["feed"], "none of these jobs"),
        ([*jobs, "--arms", "rdpb"], "rdpb"),
    ):
        assert main(["report", *wrong]) == 1
        assert why in capsys.readouterr().err.replace("\n", " ")


def test_without_a_finished_job_the_command_says_what_to_do(toy, capsys):
    assert main(["report"]) == 1
    assert "jobs start simulated_ecg" in capsys.readouterr().err
