"""What is kept for one owner of a workspace is never given to another."""

import pytest
from streamlit.testing.v1 import AppTest

from app import gate, kept, watch
from app.cached import Task
from rdpd_core import files
from rdpd_core.errors import DataError
from rdpd_core.store import Store

ANN, BEN = gate.owner_of("ann"), gate.owner_of("ben@x.org")
MADE = []
WATCH = watch.watch
"""As it is before tests of pages put a still one in its place."""


@kept.resource(max_entries=4, show_spinner=False)
def made(name):
    """Make something."""
    MADE.append((gate.owner(), name))
    return MADE[-1]


@kept.resource(max_entries=4, show_spinner=False)
def found(name, _with):
    """Find something with what cannot be hashed."""
    return name, _with


@kept.data(max_entries=4, show_spinner=False)
def counted(name):
    """Make plain values."""
    return [gate.owner(), name]


@pytest.fixture
def shared(monkeypatch, tmp_path):
    """A server that several people use."""
    told = {gate.MODE: gate.TRUSTED, gate.USERS: "ann ben@x.org", gate.HEADER: "X-Forwarded-User", gate.PROXY: "10.0.0.7"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("RDPD_CACHE", str(tmp_path / "cache"))
    files.ask_owner(gate.owner)
    yield tmp_path / "work"
    files.ask_owner(None)


@pytest.fixture
def real_watch(monkeypatch):
    """Watches that make rounds, in place of the one that other tests of pages have; none is left."""
    monkeypatch.setattr(watch, "watch", WATCH)
    monkeypatch.setattr(watch, "_watches", {})


def test_each_owner_has_what_was_made_for_them(shared):
    MADE.clear()
    for owner in (ANN, BEN, ANN):
        with gate.acting(owner):
            assert made("x") == (owner, "x")
            assert counted("x") == [owner, "x"]
    assert MADE == [(ANN, "x"), (BEN, "x")]
    with gate.acting(ANN):
        made.clear("x")
        assert made("x") == (ANN, "x")
    assert MADE == [(ANN, "x"), (BEN, "x"), (ANN, "x")]
    with gate.acting(BEN):
        made("x")
    assert len(MADE) == 3, "what the other one had was let stand"


def test_functions_do_not_take_each_others_results():
    assert made("y") == ("", "y")
    assert counted("y") == ["", "y"]


def test_what_cannot_be_hashed_does_not_count():
    first, second = object(), object()
    assert found("z", first) == found("z", second) == ("z", first)
    found.clear("z", first)
    assert found("z", _with=second) == ("z", second)


def test_nobody_is_given_nothing(shared, real_watch):
    for look in (files.work_root, files.cache_root, Store.default, watch.watch, lambda: made("x")):
        with pytest.raises(DataError, match="nobody is logged in"):
            look()


def test_work_goes_on_for_whom_it_was_begun(shared):
    def work(tell):
        return files.work_root()

    with gate.acting(ANN):
        begun = Task(work)
    with gate.acting(BEN):
        assert begun.result() == shared / "users" / ANN


def test_every_owner_has_a_desk_which_goes_on_after_a_new_start(shared, real_watch):
    with gate.acting(ANN):
        hers = watch.watch()
        assert hers.desk.root == shared / "users" / ANN / "jobs"
        assert watch.watch() is hers
    with gate.acting(BEN):
        assert watch.watch().desk.root == shared / "users" / BEN / "jobs"
        watch.watch().close()
    hers.close()
    watch._watches.clear()
    watch.begin()
    assert sorted(watch._watches) == sorted([ANN, BEN])
    for one in watch._watches.values():
        one.close()


def test_only_listed_users_have_a_workspace(shared):
    assert gate.owners() == [ANN, BEN]
    assert ANN != BEN
    assert "ann" not in ANN, "folders do not tell who somebody is"
    assert gate.owner_of("") == ""


@pytest.mark.parametrize(
    ("told", "who"),
    [
        ({"is_logged_in": True, "email": "ann"}, "ann"),
        ({"is_logged_in": True, "email": "ann", "email_verified": True}, "ann"),
        ({"is_logged_in": True, "email": "ann", "email_verified": False}, ""),
        ({"is_logged_in": False, "email": "ann"}, ""),
        ({"is_logged_in": True, "email": "eve"}, ""),
        ({"is_logged_in": True, "email": "ann ben@x.org"}, ""),
        ({"is_logged_in": True}, ""),
        ({}, ""),
    ],
)
def test_a_login_by_a_provider_names_who_it_is(shared, monkeypatch, told, who):
    monkeypatch.setenv(gate.MODE, gate.OIDC)
    monkeypatch.setattr(gate.st, "user", told)
    assert gate.visitor() == who
    if who:
        assert gate.owner() == ANN
    else:
        with pytest.raises(DataError, match="nobody is logged in"):
            gate.owner()


def test_without_a_login_everybody_shares_one_workspace(monkeypatch, tmp_path):
    monkeypatch.delenv(gate.MODE, raising=False)
    monkeypatch.setenv("RDPD_WORK", str(tmp_path))
    files.ask_owner(gate.owner)
    try:
        assert files.work_root() == tmp_path
        assert gate.owners() == [""]
    finally:
        files.ask_owner(None)


def test_who_is_on_no_list_sees_no_page(shared, monkeypatch):
    monkeypatch.setenv(gate.MODE, gate.OIDC)
    monkeypatch.setattr(gate.st, "user", {"is_logged_in": True, "email": "eve@x.org"})

    def page():
        import streamlit as st

        from app import gate

        gate.ask()
        st.write("the page")

    at = AppTest.from_function(page).run()
    assert [button.label for button in at.button] == ["Log out"]
    assert "is not on the list" in at.error[0].value
