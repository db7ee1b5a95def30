"""What was looked at last: one entry for each visit, bounded, whole after a kill, and never an error."""

import json

import pytest

from app import recent


def note(page="case", visit="one", subject="s012"):
    """Keep a view of a subject."""
    recent.note(page, f"subject {subject}", {f"{page}.subject": subject}, visit)


def pages():
    """Give what is kept, newest first."""
    return [(view.page, view.address[f"{view.page}.subject"]) for view in recent.seen().views]


def test_nothing_was_looked_at_in_the_beginning():
    assert recent.seen() == ((), "")


def test_a_visit_leaves_its_last_view_and_the_newest_is_first():
    note(subject="s001")
    note(page="whatif", visit="two", subject="s009")
    note(subject="s002")
    assert pages() == [("case", "s002"), ("whatif", "s009")]


def test_the_same_link_stands_there_once():
    note(visit="one")
    note(page="whatif", visit="two")
    note(visit="three")
    assert pages() == [("case", "s012"), ("whatif", "s012")]


def test_a_view_without_choices_or_with_a_link_too_long_is_not_kept():
    recent.note("case", "subject s1", {}, "one")
    note(subject="s" * recent.LONGEST_ADDRESS)
    assert pages() == []


def test_the_list_is_bounded_and_readable_however_long_the_choices_are():
    for at in range(recent.KEPT + 5):
        recent.note("case", "ü" * 5000, {"case.subject": "ü" * 5000, "case.window": str(at)}, str(at))
    found = recent.seen()
    assert found.trouble == ""
    assert len(found.views) == recent.KEPT
    assert found.views[0].address["case.window"] == str(recent.KEPT + 4)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"format": 1}', '{"format": 2, "views": []}', '{"format": 1, "views": [1]}', "\x00\xff",
        '{"format": 1, "views": [{"page": "case", "title": "", "address": [], "visit": "", "at": 0}]}',
        '{"format": 1, "views": [{"page": 1, "title": "", "address": {}, "visit": "", "at": 0}]}',
        '{"format": 1, "views": [{"page": "case", "title": "", "address": {"a": []}, "visit": "", "at": 0}]}',
        '{"format": 1, "views": [{"page": "case", "title": "", "address": {}, "visit": "", "at": "soon"}]}',
        "[" * 100_000, " " * (recent.MOST_BYTES + 1),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_damaged_file_is_said_and_the_next_view_begins_anew(text):
    recent.place().parent.mkdir(parents=True, exist_ok=True)
    recent.place().write_text(text, encoding="latin-1")
    seen = recent.seen()
    assert seen.views == ()
    assert seen.trouble.startswith(recent.DAMAGED)
    note()
    assert pages() == [("case", "s012")]
    assert recent.seen().trouble == ""


def test_what_cannot_be_written_is_said_and_nothing_is_raised(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("a file is no folder")
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "file" / "work"))
    note()
    assert "not being kept" in recent.seen().trouble


def test_who_is_killed_while_writing_leaves_the_old_list(monkeypatch):
    note(subject="s001")

    def killed(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr("rdpd_core.files.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        note(visit="two", subject="s002")
    assert pages() == [("case", "s001")]
    assert [path.name for path in recent.place().parent.iterdir()] == [recent.FILE]


def test_only_this_user_can_read_it():
    note()
    assert recent.place().stat().st_mode & 0o077 == 0


def test_it_can_be_forgotten():
    note()
    recent.forget()
    assert recent.seen() == ((), "")
    assert json.loads(recent.place().read_text())["views"] == []
