"""`python3 -m app`: makes the environment if need be, serves the app on this machine and opens the browser."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rdpd_core import environment

MAIN = Path(__file__).resolve().parent / "served.py"
HOSTS = ("127.0.0.1", "localhost", "::1")
PORT = 8501
TRIED = 100
NOBODY = "nobody.invalid"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
POLL_S = 0.1


def build_parser() -> argparse.ArgumentParser:
    """Give the options of the command."""
    parser = argparse.ArgumentParser(prog="python3 -m app", description="Serve the app on this machine and open the browser.")
    parser.add_argument("--port", type=_port, help=f"port to serve on; by default the first free one from {PORT} on")
    told = f"address to serve on: {', '.join(HOSTS)}; another one only with --login or --trust-proxy"
    parser.add_argument("--address", default=HOSTS[0], help=told)
    login = parser.add_mutually_exclusive_group()
    login.add_argument(
        "--login", action="store_true", help="ask for a login by OIDC, as app/.streamlit/secrets.toml says under [auth]"
    )
    told = "answer only this proxy, which asks for a login and passes the name on"
    login.add_argument("--trust-proxy", metavar="ADDRESS", help=told)
    parser.add_argument("--user-header", default="X-Forwarded-User", help="header in which the proxy passes the name on")
    parser.add_argument("--user", action="append", default=[], help="who may look, by email or name; once for each")
    parser.add_argument(
        "--host-name", action="append", default=[], help="name under which browsers reach the app; once for each"
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--data-root", type=_folder, metavar="FOLDER", help="folder that holds the data sets, as RDPD_DATA")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


def _folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the app until it is ended; gives the exit code."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.address not in HOSTS and not (options.login or options.trust_proxy):
        parser.error(_alone(options.address))
    environment.enter("app", ["requirements.txt"])
    os.umask(0o077)  # what is written from here on is for nobody else to read
    if options.login or options.trust_proxy:
        _admit(parser, options)
    port = options.port or free_port(options.address)
    if port is None or not is_free(options.address, port):
        taken = f"port {port} is" if port else f"ports {PORT} to {PORT + TRIED - 1} are"
        parser.error(f"{taken} taken; end what uses it, or name another with --port")
    if options.port is None and port != PORT:
        print(f"Port {PORT} is taken, so this start uses {port}.", flush=True)
    if options.data_root:
        os.environ["RDPD_DATA"] = str(options.data_root)
    return serve(options.address, port, open_browser=not options.no_browser)


def _alone(address: str) -> str:
    return (
        f"{address!r} could be reached by other machines, but the app shows recordings of people and asks nobody for a login. "
        f"Allowed: {', '.join(HOSTS)}. From elsewhere, use a tunnel (ssh -L {PORT}:127.0.0.1:{PORT} THIS_MACHINE), "
        "or --login or --trust-proxy"
    )


def _admit(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Say to the server who may look; without a list, a name and a login that works it does not start."""
    from app import gate

    if not options.user or any(" " in name for name in options.user):
        parser.error("say with --user who may look, once for each: an email or a name without blanks")
    if options.address not in HOSTS and not options.host_name:
        parser.error("say with --host-name under which name browsers reach the app, so that it answers under no other")
    if options.trust_proxy and not gate.is_address(options.trust_proxy):
        parser.error(f"--trust-proxy {options.trust_proxy!r}: give an address such as 10.0.0.7, not a name")
    if options.login and (why := gate.lacking()):
        parser.error(f"--login: {why}; see https://docs.streamlit.io/develop/concepts/connections/authentication")
    told = {gate.MODE: gate.OIDC if options.login else gate.TRUSTED, gate.USERS: " ".join(options.user)}
    os.environ.update({**told, gate.PROXY: options.trust_proxy or "", gate.HEADER: options.user_header})
    os.environ[gate.NAMES] = " ".join(options.host_name)


def is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # elsewhere this option lets two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int | None:
    """Give the first free port from the usual one on, or None if there is none near."""
    return next((port for port in range(PORT, PORT + TRIED) if is_free(host, port)), None)


def serve(host: str, port: int, open_browser: bool) -> int:
    """Run Streamlit in this process until it is ended; gives the exit code."""
    url = f"http://{EVERYWHERE.get(host) or (f'[{host}]' if ':' in host else host)}:{port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("Starting RDPD Studio ...", flush=True)
    threading.Thread(target=_announce, args=(url, open_browser), daemon=True).start()
    try:
        from app import gate, watch
        from rdpd_core import files

        files.ask_owner(gate.owner)
        watch.begin()
        from app import ahead

        ahead.load()
        import click
        from streamlit.web import cli

        os.environ["FORWARDED_ALLOW_IPS"] = NOBODY  # who a request is from is where it comes from, not what it says
        # What must hold whatever a person's own settings say; all else stands in .streamlit/config.toml beside main.py.
        flags = {"server.address": host, "server.port": port, "server.headless": "true", "logger.hideWelcomeMessage": "true"}
        arguments = ["run", str(MAIN), *(f"--{name}={value}" for name, value in flags.items())]
        names = os.environ.get(gate.NAMES, "").split()
        arguments += [f"--server.allowedHosts={name}" for name in ([*HOSTS, *names] if names else [])]
        with suppress(click.Abort):  # what click makes of the interruption that ends every server
            cli.main(arguments, prog_name="streamlit", standalone_mode=False)
    except KeyboardInterrupt:  # ended before the server had taken over the signals
        pass
    return 0


def _announce(url: str, open_browser: bool) -> None:
    while not is_healthy(url):
        time.sleep(POLL_S)
    print(f"RDPD Studio is at {url} (Ctrl-C ends it)", flush=True)
    if open_browser and _has_screen():
        webbrowser.open(url)


def is_healthy(url: str) -> bool:
    """Say whether the app at `url` is ready to answer."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        own = {"Host": HOSTS[0]}  # it answers under known names only
        request = urllib.request.Request(f"{url}/_stcore/health", headers=own)
        with direct.open(request, timeout=2) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def _has_screen() -> bool:
    """Say whether a browser could show itself; without a screen a text browser would take over the terminal."""
    if os.environ.get("BROWSER") or not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a page's thread may still be inside a library, which must not be taken down under it
