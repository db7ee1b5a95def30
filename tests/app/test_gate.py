"""Who may look, what headers go out, and what is said of an error nobody foresaw."""

import asyncio
import json
import logging

import pytest
from streamlit.testing.v1 import AppTest

from app import __main__ as command
from app import failures, gate

SECRET = "Jane Doe, born 1950"


def request(path="/", host="localhost:8501", client="127.0.0.1", kind="http", **headers):
    sent = [(b"host", host.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())]
    return {"type": kind, "path": path, "client": (client, 5), "headers": sent}


def answer(scope):
    """Send one request through the guard; give what it sent."""
    sent = []

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"here"})

    async def take(message):
        sent.append(message)

    asyncio.run(gate.Guard(page)(scope, None, take))
    return sent


def test_every_answer_has_the_headers_and_may_be_framed_by_nobody():
    head, body = answer(request())
    found = {name.decode(): value.decode() for name, value in head["headers"]}
    assert found["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in found["content-security-policy"]
    assert "http" not in found["content-security-policy"]  # nothing from other machines
    assert body["body"] == b"here"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8501", "", "[::2]:80"])
def test_another_name_of_this_machine_gets_no_answer(host):
    assert answer(request(host=host))[0]["status"] == 403
    assert answer(request(host=host, kind="websocket")) == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST:1"])
def test_the_usual_names_get_one(host):
    assert answer(request(host=host))[0]["status"] == 200


def test_metrics_are_closed():
    assert answer(request("/_stcore/metrics"))[0]["status"] == 403


@pytest.fixture
def trusting(monkeypatch):
    told = {gate.MODE: gate.TRUSTED, gate.PROXY: "10.0.0.7", gate.USERS: "ann bob@x.org", gate.HEADER: "X-Forwarded-User"}
    for name, value in {**told, gate.NAMES: "studio.example"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("10.0.0.7", {"x_forwarded_user": "bob@x.org"}, 200),
        ("10.0.0.7", {"x_forwarded_user": "eve"}, 403),
        ("10.0.0.7", {}, 403),
        ("10.0.0.8", {"x_forwarded_user": "ann"}, 403),
        ("127.0.0.1", {"x_forwarded_user": "ann"}, 403),
    ],
)
def test_behind_a_proxy_only_it_is_answered_and_only_for_listed_users(trusting, client, headers, status):
    assert answer(request(host="studio.example", client=client, **headers))[0]["status"] == status


def test_whether_the_server_lives_may_be_asked_by_its_name(trusting):
    assert answer(request("/_stcore/health", host="studio.example", client="10.0.0.8"))[0]["status"] == 200
    assert answer(request("/_stcore/health", host="evil.example", client="10.0.0.7"))[0]["status"] == 403
    assert answer(request("/_stcore/stream", host="studio.example", client="127.0.0.1"))[0]["status"] == 403


def test_a_name_given_twice_is_nobody(trusting):
    scope = request(host="studio.example", client="10.0.0.7", x_forwarded_user="ann")
    scope["headers"].append((b"x-forwarded-user", b"bob@x.org"))
    assert answer(scope)[0]["status"] == 403


@pytest.fixture
def quiet_start(monkeypatch):
    calls = []
    monkeypatch.setattr(command.environment, "enter", lambda module, requirements: None)
    monkeypatch.setattr(command, "serve", lambda host, port, open_browser: calls.append(host) or 0)
    monkeypatch.setattr(command, "is_free", lambda host, port: True)
    for name in (gate.MODE, gate.USERS, gate.PROXY, gate.HEADER, gate.NAMES):
        monkeypatch.setenv(name, "")
    return calls


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--trust-proxy", "10.0.0.7"], "say with --user who may look"),
        (["--trust-proxy", "10.0.0.7", "--user", "ann"], "say with --host-name"),
        (["--trust-proxy", "proxy", "--user", "ann", "--host-name", "a"], "give an address such as"),
        (["--login", "--user", "ann", "--host-name", "a"], "there is no secrets.toml|lacks"),
    ],
)
def test_another_address_needs_a_login_that_is_complete(quiet_start, capsys, options, why):
    with pytest.raises(SystemExit) as end:
        command.main(["--address", "0.0.0.0", *options])
    assert end.value.code == 2
    import re

    assert re.search(why, capsys.readouterr().err)
    assert not quiet_start


def test_a_complete_one_starts(quiet_start, monkeypatch):
    import os

    options = ["--trust-proxy", "10.0.0.7", "--user", "ann", "--user", "bob", "--host-name", "studio.example"]
    assert command.main(["--address", "0.0.0.0", "--no-browser", *options]) == 0
    assert quiet_start == ["0.0.0.0"]
    assert (os.environ[gate.MODE], os.environ[gate.USERS]) == (gate.TRUSTED, "ann bob")
    assert os.environ[gate.NAMES] == "studio.example"


def test_settings_of_a_login_are_looked_at(tmp_path):
    path = tmp_path / "secrets.toml"
    assert "there is no secrets.toml" in gate.lacking(path)
    path.write_text("[auth]\nclient_id = 'a'\n")
    assert "lacks redirect_uri, cookie_secret" in gate.lacking(path)
    path.write_text("[auth]\n" + "\n".join(f"{name} = 'short'" for name in gate.NEEDED))
    assert "shorter than 32" in gate.lacking(path)
    path.write_text("[auth]\n" + "\n".join(f"{name} = '{name * 9}'" for name in gate.NEEDED))
    assert gate.lacking(path) == ""
    path.write_text("[auth")
    assert "no TOML" in gate.lacking(path)


def test_who_is_not_logged_in_sees_no_page(monkeypatch):
    monkeypatch.setenv(gate.MODE, gate.OIDC)

    def page():
        import streamlit as st

        from app import gate

        gate.ask()
        st.write("the page")

    at = AppTest.from_function(page).run()
    assert [button.label for button in at.button] == ["Log in"]
    assert not at.markdown or "the page" not in [m.value for m in at.markdown]


def test_an_error_is_told_by_its_number_and_its_text_is_kept_nowhere(tmp_path, monkeypatch, caplog, capsys):
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    with caplog.at_level(logging.DEBUG):
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            number = failures.note(error)
    path = tmp_path / "work" / failures.FILE
    entry = json.loads(path.read_text())
    assert entry["id"] == number
    assert entry["kind"] == "ValueError"
    assert entry["places"][-1].startswith("tests/app/test_gate.py:")
    assert path.stat().st_mode & 0o777 == 0o600
    everything = path.read_text() + caplog.text + "".join(capsys.readouterr())
    assert "Jane" not in everything
    assert number in caplog.text
