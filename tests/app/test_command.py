"""`python3 -m app`: its options, and the settings the server runs with."""

import socket
import tomllib

import pytest

from app import __main__ as command


@pytest.fixture
def quiet_start(monkeypatch):
    """Remembers how the server would be started, and starts none."""
    calls = []
    monkeypatch.setattr(command.environment, "enter", lambda module, requirements: None)
    monkeypatch.setattr(command, "serve", lambda host, port, open_browser: calls.append((host, port, open_browser)) or 0)
    return calls


@pytest.fixture
def taken():
    """A port that something listens on."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield busy.getsockname()[1]


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "::", "example.org", "127.0.0.2"])
def test_only_this_machine_is_served(quiet_start, capsys, address):
    with pytest.raises(SystemExit) as end:
        command.main(["--address", address])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "recordings of people" in said
    assert "ssh -L" in said
    assert not quiet_start


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_that_is_none(quiet_start, capsys, port):
    with pytest.raises(SystemExit):
        command.main([f"--port={port}"])
    assert "give a number from 1 to 65535" in capsys.readouterr().err


def test_a_port_asked_for_but_taken_is_refused(quiet_start, capsys, taken):
    with pytest.raises(SystemExit) as end:
        command.main(["--port", str(taken)])
    assert end.value.code == 2
    assert f"port {taken} is taken" in capsys.readouterr().err


def test_the_usual_port_taken_means_another_and_says_so(quiet_start, capsys, monkeypatch, taken):
    monkeypatch.setattr(command, "PORT", taken)
    assert command.main(["--no-browser"]) == 0
    ((host, port, open_browser),) = quiet_start
    assert (host, open_browser) == ("127.0.0.1", False)
    assert port > taken
    assert f"Port {taken} is taken, so this start uses {port}." in capsys.readouterr().out


def test_no_port_free_is_said(quiet_start, capsys, monkeypatch):
    monkeypatch.setattr(command, "is_free", lambda host, port: False)
    with pytest.raises(SystemExit):
        command.main([])
    assert "ports 8501 to 8600 are taken" in capsys.readouterr().err


def test_the_data_folder_is_handed_on(quiet_start, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RDPD_DATA", "before")
    assert command.main(["--data-root", str(tmp_path)]) == 0
    assert command.os.environ["RDPD_DATA"] == str(tmp_path)
    with pytest.raises(SystemExit):
        command.main(["--data-root", str(tmp_path / "gone")])
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(("settings", "shows"), [({}, False), ({"DISPLAY": ":0"}, True), ({"BROWSER": "firefox"}, True)])
def test_no_browser_takes_over_a_terminal(monkeypatch, settings, shows):
    monkeypatch.setattr(command.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert command._has_screen() is shows


def test_nothing_there_is_not_healthy(taken):
    assert not command.is_healthy("http://127.0.0.1:1")


def test_settings_are_those_a_careful_person_ships():
    settings = tomllib.loads((command.MAIN.parent / ".streamlit" / "config.toml").read_text())
    server = settings["server"]
    assert server["address"] == "127.0.0.1"
    assert set(server["allowedHosts"]) == set(command.HOSTS)
    assert server["enableCORS"]
    assert server["enableXsrfProtection"]
    assert not server["enableStaticServing"]
    assert not server["enableAgentApi"]
    assert server["fileWatcherType"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"] == {"showErrorDetails": "none", "showErrorLinks": False, "toolbarMode": "viewer"}


def test_streamlit_knows_every_setting():
    from streamlit import config

    settings = tomllib.loads((command.MAIN.parent / ".streamlit" / "config.toml").read_text())
    known = {option.key for option in config.get_config_options().values()}
    for section, values in settings.items():
        for name, value in values.items():
            assert isinstance(value, dict) or f"{section}.{name}" in known, f"{section}.{name}"
