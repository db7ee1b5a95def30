"""One job in full: what it shows in every state, what can be done with it, and what is said where something cannot be shown."""

import io
import shutil
import zipfile
from types import SimpleNamespace

import pytest

from app import cached
from app.components import job_actions, job_follow
from app.components.job_log import tail
from rdpd_core.errors import DataError
from rdpd_core.jobs import JobFolder, State, locks, states
from rdpd_core.store import Store
from tests.app.jobs_made import STUDENTS, Course, alive, desk, end, open_page, spec, submit, table, tell, texts
from tests.core.store import made

PAGE = """
from app.components import job_detail
from app.state import Link

link, told = Link("jobs"), {{}}
job_detail.show({job!r}, link, told)
link.close(told)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A desk in place of the server's own, and an empty store."""
    given = SimpleNamespace(desk=desk(tmp_path), trouble="")
    monkeypatch.setattr("app.watch.watch", lambda: given)
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    monkeypatch.setattr("rdpd_core.store.store.pretrained_root", lambda: tmp_path / "none")
    cached.listing.clear()
    with made.registered():
        yield given


def shown(folder, tmp_path, **state):
    """Open the page of a job."""
    return open_page(tmp_path, PAGE.format(job=folder.path.name), **state)


def labels(at) -> list[str]:
    """Give the words of the buttons that do something to a job."""
    known = ("Stop", "Stop now", "Resume", "Export", "Delete")
    given = [b.proto.label for kind in ("button", "download_button") for b in at.get(kind)]
    given += [p.proto.popover.label for p in at.get("popover")]
    return [label for label in given if label in known]


def alts(at) -> list[str]:
    """Give the text alternatives of the pictures."""
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def bars(at) -> list[str]:
    """Give the words of the bars."""
    return [bar.proto.text.replace("\\", "") for bar in at.get("progress")]


def model(name: str, job: str):
    """Save a model of a job in the store; give its card."""
    about = {"epochs": 2, "best_epoch": 1, "job": job}
    return Store.default().save(made.card(dataset="simulated_ecg", name=name, training=about), made.state())


def test_what_can_be_done_fits_the_state():
    can = {name: job_actions.offered(State(name)) for name in states.WORDS}
    assert all(can[name] == ("stop",) for name in (states.QUEUED, states.STARTING, states.RUNNING, states.LOST))
    assert can[states.STOPPING] == ("force",)
    assert can[states.STOPPED] == can[states.FAILED] == ("resume", "export", "delete")
    assert can[states.DONE] == ("export", "delete")
    assert can[states.BROKEN] == ("delete",)


def test_a_running_job_shows_stages_pictures_and_stop(here, tmp_path):
    folder = submit(here.desk, spec("Lead *I*"), Course(epoch=12))
    alive(folder)
    with locks.hold(folder.lock):
        at = shown(folder, tmp_path)
        assert not at.exception
        assert "The job is running." in texts(at)
        assert "Lead *I*" in at.subheader[0].value.replace("\\", "")
        assert bars(at)[0].startswith("**teacher (3 models)** · done: 40 of at most 40 epochs")
        assert "epoch 13 of 40" in bars(at)[2]
        assert len(alts(at)) == 4
        assert all(alt.startswith("Lead *I*: 15 students. ") for alt in alts(at))
        assert "PR-AUC" in alts(at)[0]
        assert labels(at) == ["Stop"]
        short = folder.path.name[:8]
        assert at.code[0].value.splitlines() == [f"python -m rdpd_core jobs {way} {short}" for way in ("follow", "stop")]
        at.button[0].click().run()
        assert folder.cancelled() == "stop"
        assert labels(at) == ["Stop now"]


def test_another_stage_can_be_looked_at(here, tmp_path):
    folder = submit(here.desk, spec(), Course(epoch=3))
    alive(folder)
    with locks.hold(folder.lock):
        at = shown(folder, tmp_path)
        at.button_group[0].set_value("five folds, 1/search-0").run()
        assert len(alts(at)) == 2
        assert "candidates" in alts(at)[0]


def test_a_waiting_job_can_only_be_stopped(here, tmp_path):
    folder = submit(here.desk, spec())
    at = shown(folder, tmp_path)
    assert "waits for its turn" in texts(at)
    assert (labels(at), alts(at)) == (["Stop"], [])
    at.button[0].click().run()
    assert not at.exception
    assert "was stopped" in texts(at)
    assert labels(at) == ["Resume", "Export", "Delete"]


def test_a_failed_job_tells_why_and_can_be_resumed(here, tmp_path):
    folder = submit(here.desk, spec(), Course(stage="search-0", epoch=4))
    end(folder, states.FAILED, "out of memory; ask for *fewer* seeds")
    at = shown(folder, tmp_path)
    assert "Out of memory; ask for *fewer* seeds." in texts(at)
    assert "broken off after epoch 4 of at most 20" in bars(at)[1]
    assert labels(at) == ["Resume", "Export", "Delete"]
    at.button[0].click().run()
    assert folder.record("result") is None
    assert labels(at) == ["Stop"]


@pytest.mark.slow
def test_a_job_that_is_done_shows_table_settings_models_and_commands(here, tmp_path):
    folder = submit(here.desk, spec(), Course(stage="tables", epochs=6))
    end(folder, states.DONE, tables=[table()], models=["simulated_ecg/one"])
    at = shown(folder, tmp_path)
    assert not at.exception
    scores = at.table[0].value
    assert list(scores["arm"]) == ["Teacher", "Direct", "RDPD"]
    assert scores["mean [95%] ± SD (n seeds)"].str.match(r"\d\.\d{3} \[.*\] ± \d\.\d{3} \(n=3\)").all()
    assert "60 windows of 12 subjects" in texts(at)
    assert "Simulated data: no person was measured." in texts(at)
    assert [row["arm"] for row in at.dataframe[0].value.to_dict("records")] == ["rdpd"]
    assert list(at.dataframe[1].value["model"]) == ["simulated_ecg/one"]
    assert "1 of them are neither in the store nor in the job's folder: they were deleted." in texts(at)
    (folder.models / "simulated_ecg" / "one").mkdir(parents=True)
    (folder.models / "simulated_ecg" / "one" / "card.json").touch()
    at.run()
    assert "1 of them are not in the store; they lie in the job's folder" in texts(at)
    assert at.code[0].value == "python -m rdpd_core compare simulated_ecg --view lead_I"
    short = folder.path.name[:8]
    last = ["table {}", "export {} FILE", "delete {}"]
    assert at.code[-1].value.splitlines() == [f"python -m rdpd_core jobs {way.format(short)}" for way in last]
    before = scores.to_string()
    at.button_group[0].set_value("accuracy").run()
    assert at.table[0].value.to_string() != before


def test_models_of_a_job_lead_to_their_cards(here, tmp_path):
    folder = submit(here.desk, spec(), Course(stage="tables", epochs=3))
    job = folder.path.name
    card = model("one", job)
    end(folder, states.DONE, models=[card.key])
    at = shown(folder, tmp_path)
    assert at.dataframe[0].value.loc[0, "card"] == f"models?models.model=simulated_ecg%2F{card.name}"
    pages = {link.proto.page: link.proto.query_string for link in at.get("page_link")}
    assert set(pages) == {"models", "case"}
    assert job in pages["case"]


def test_a_study_shows_its_shards_and_each_of_its_tables(here, tmp_path):
    folder = submit(here.desk, spec(kind="study", seeds=20))
    shards = here.desk.shards(folder.path.name)
    assert len(shards) == 2
    end(shards[0].folder, states.DONE)
    at = shown(folder, tmp_path)
    rows = at.dataframe[0].value
    assert list(rows["state"]) == ["✓ done", "◌ queued"]
    assert list(rows["what"]) == ["first seed 0, seeds 12", "first seed 12, seeds 8"]
    assert "1 of 2 shards have ended" in texts(at)
    end(shards[1].folder, states.DONE)
    end(folder, states.DONE, tables=[table(view="lead_I"), table(("direct", "rdpd"), view="lead_II")])
    at.run()
    assert at.selectbox[0].options == ["view lead_I", "view lead_II"]
    assert len(at.table[0].value) == 3
    at.selectbox[0].set_value(2).run()
    assert len(at.table[0].value) == 2


def test_a_shard_can_be_looked_into(here, tmp_path):
    folder = submit(here.desk, spec(kind="study", seeds=20))
    first = here.desk.shards(folder.path.name)[0]
    tell(first.folder, Course(epoch=2))
    at = shown(folder, tmp_path)
    assert alts(at) == []
    at.selectbox[0].set_value(first.id).run()
    assert len(alts(at)) == 4


def test_deleting_says_what_it_frees_and_leaves_models_unless_asked(here, tmp_path):
    folder = submit(here.desk, spec(), Course(stage="tables", epochs=3))
    job = folder.path.name
    mine = model("mine", job)
    other = model("other", "other")
    end(folder, states.DONE, models=[mine.key, other.key])
    at = shown(folder, tmp_path)
    at.session_state[f"jobs.delete.{job}"] = True
    at.run()
    assert "This frees" in texts(at)
    assert at.checkbox[0].label.startswith("Delete its 1 models from the store too (")
    at.checkbox[0].check().run()
    at.button(key="jobs.gone").click().run()
    assert not at.exception
    assert not folder.path.exists()
    assert [card.name for card in Store.default().list().cards] == ["other"]
    assert "not here any more" in texts(at)


def test_deleting_keeps_models_by_default(here, tmp_path):
    folder = submit(here.desk, spec(), Course(stage="tables", epochs=3))
    job = folder.path.name
    mine = model("mine", job)
    end(folder, states.DONE, models=[mine.key])
    at = shown(folder, tmp_path)
    at.session_state[f"jobs.delete.{job}"] = True
    at.run().button(key="jobs.gone").click().run()
    assert not folder.path.exists()
    assert [card.name for card in Store.default().list().cards] == ["mine"]


def test_what_is_exported_is_the_job(here):
    folder = submit(here.desk, spec(), Course(epoch=1))
    end(folder, states.STOPPED)
    names = zipfile.ZipFile(job_actions.pack(folder)).namelist()
    assert {"spec.json", "events.jsonl", "result.json"} <= set(names)
    assert isinstance(job_actions.pack(folder), io.BytesIO)


def test_a_job_that_went_on_meanwhile_cannot_be_deleted(here, tmp_path):
    folder = submit(here.desk, spec(), Course(epoch=1))
    end(folder, states.FAILED)
    at = shown(folder, tmp_path)
    at.session_state[f"jobs.delete.{folder.path.name}"] = True
    at.run()
    folder.remove_record("result")
    here.desk.table.set_state(folder.path.name, None, None)
    at.button(key="jobs.gone").click().run()
    assert folder.path.exists()
    assert "stop it before it is deleted" in texts(at)


@pytest.mark.parametrize("name", ["result.json", "spec.json"])
def test_a_damaged_record_is_one_sentence_and_the_rest_stays(here, tmp_path, name):
    folder = submit(here.desk, spec(), Course(epoch=4))
    end(folder, states.DONE, tables=[table()])
    here.desk.tick()
    (folder.path / name).write_text("{", encoding="utf-8")
    at = shown(folder, tmp_path)
    assert not at.exception
    assert len(alts(at)) == 4
    assert "Delete" in labels(at)
    if name == "result.json":
        assert "result.json is not valid JSON" in texts(at)


def test_a_result_that_lacks_its_parts_is_one_sentence(here, tmp_path):
    folder = submit(here.desk, spec(), Course(epoch=4))
    end(folder, states.DONE, tables=[{"comparison": {}}])
    at = shown(folder, tmp_path)
    assert not at.exception
    assert "The result cannot be shown" in texts(at)


def test_damaged_lines_are_passed_over_and_told(here, tmp_path):
    folder = submit(here.desk, spec(), Course(epoch=4))
    end(folder, states.DONE)
    data = folder.events.read_bytes()
    folder.events.write_bytes(data[:3000] + b"#" + data[3001:])
    at = shown(folder, tmp_path)
    assert not at.exception
    assert len(alts(at)) == 4
    at.session_state[f"jobs.log.{folder.path.name}"] = True
    assert "is not as it was written" in texts(at.run())


def test_a_folder_that_is_gone_is_one_sentence_and_can_be_deleted(here, tmp_path):
    folder = submit(here.desk, spec())
    shutil.rmtree(folder.path)
    at = shown(folder, tmp_path)
    assert not at.exception
    assert "is gone" in texts(at)
    assert labels(at) == ["Delete"]
    at.session_state[f"jobs.delete.{folder.path.name}"] = True
    at.run().button(key="jobs.gone").click().run()
    assert here.desk.jobs() == []


def test_a_folder_that_cannot_be_written_says_so(here, tmp_path, monkeypatch):
    def refuse(self, how):
        raise DataError("cannot write *cancel*: Permission denied; allow writing to the folder")

    folder = submit(here.desk, spec(), Course(epoch=1))
    monkeypatch.setattr(JobFolder, "cancel", refuse)
    at = shown(folder, tmp_path)
    at.button[0].click().run()
    assert not at.exception
    assert "cannot write *cancel*: Permission denied" in texts(at)
    assert "\\*cancel\\*" in at.error[0].value


def test_a_job_that_nobody_knows_is_one_sentence(here, tmp_path):
    at = open_page(tmp_path, PAGE.format(job="0123456789abcdef"))
    assert not at.exception
    assert "not here any more" in texts(at)


def test_the_log_is_plain_text_and_only_its_end(here, tmp_path):
    folder = submit(here.desk, spec(), Course(epoch=1))
    end(folder, states.FAILED)
    folder.log.write_bytes("\n".join(f"**line** {at}" for at in range(100)).encode() + b"\xff")
    at = shown(folder, tmp_path)
    assert len(at.code) == 1
    at.session_state[f"jobs.log.{folder.path.name}"] = True
    at.run()
    assert at.code[0].value.splitlines()[0] == "**line** 60"
    assert at.code[0].language == "plaintext"
    assert "worker started" in at.text[0].value


def test_a_log_of_one_long_line_is_cut(here):
    folder = submit(here.desk, spec())
    folder.log.write_bytes(b"x" * 1_000_000)
    assert len(tail(here.desk.job(folder.path.name))) == 1 << 16


def test_each_look_reads_only_what_is_new(here):
    folder = submit(here.desk, spec(), Course(stage="teacher", epoch=2))
    followed = job_follow.follow(here.desk.job(folder.path.name))
    before = followed.look(lambda progress: progress.offset)
    assert before == folder.events.stat().st_size
    assert job_follow.follow(here.desk.job(folder.path.name)) is followed
    end(folder, states.STOPPED)
    assert followed.look(lambda progress: progress.offset) == folder.events.stat().st_size > before


def test_what_was_made_is_kept_for_its_stamp_and_bounded(here):
    followed = job_follow.Followed(here.desk.root / "events.jsonl")
    calls = []

    def make(name, stamp, hold_s=0.0):
        return followed.made(name, stamp, lambda: calls.append((name, stamp)) or (name, stamp), hold_s)

    assert make("a", 1) == make("a", 1) == ("a", 1)
    assert make("a", 2) == ("a", 2)
    assert make("a", 3, hold_s=1000.0) == ("a", 2)
    for name in "bcdef":
        make(name, 1)
    assert len(followed._made) == job_follow.REMEMBERED
    assert make("a", 2) == ("a", 2)
    assert calls.count(("a", 2)) == 2


def test_made_up_students_are_the_arms_of_the_library():
    from rdpd_core.experiments.arms import ARMS

    assert set(STUDENTS) == {name for name, arm in ARMS.items() if arm.role == "student"}
