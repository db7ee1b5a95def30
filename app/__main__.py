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
from pathlib import Path

from rdpd_core import environment

MAIN = Path(__file__).resolve().parent / "main.py"
HOSTS = ("127.0.0.1", "localhost", "::1")
PORT = 8501
TRIED = 100
POLL_S = 0.1


def build_parser() -> argparse.ArgumentParser:
    """Give the options of the command."""
    parser = argparse.ArgumentParser(prog="python3 -m app", description="Serve the app on this machine and open the browser.")
    parser.add_argument("--port", type=_port, help=f"port to serve on; by default the first free one from {PORT} on")
    parser.add_argument("--address", type=_host, default=HOSTS[0], help=f"address to serve on: {', '.join(HOSTS)}")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--data-root", type=_folder, metavar="FOLDER", help="folder that holds the data sets, as RDPD_DATA")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


def _host(text: str) -> str:
    if text not in HOSTS:
        raise argparse.ArgumentTypeError(
            f"{text!r} could be reached by other machines, but the app shows recordings of people and asks nobody for a login. "
            f"Allowed: {', '.join(HOSTS)}. From elsewhere, use a tunnel (ssh -L {PORT}:127.0.0.1:{PORT} THIS_MACHINE) "
            "or a reverse proxy that asks for a login"
        )
    return text


def _folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the app until it is ended; gives the exit code."""
    parser = build_parser()
    options = parser.parse_args(argv)
    environment.enter("app", ["requirements.txt"])
    port = options.port or free_port(options.address)
    if port is None or not is_free(options.address, port):
        taken = f"port {port} is" if port else f"ports {PORT} to {PORT + TRIED - 1} are"
        parser.error(f"{taken} taken; end what uses it, or name another with --port")
    if options.port is None and port != PORT:
        print(f"Port {PORT} is taken, so this start uses {port}.", flush=True)
    if options.data_root:
        os.environ["RDPD_DATA"] = str(options.data_root)
    return serve(options.address, port, open_browser=not options.no_browser)


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
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("Starting RDPD Studio ...", flush=True)
    threading.Thread(target=_announce, args=(url, open_browser), daemon=True).start()
    try:
        from app.watch import watch

        watch()  # jobs of an earlier server go on, whether or not a page is opened
        from streamlit.web import cli

        # What must hold whatever a person's own settings say; all else stands in .streamlit/config.toml beside main.py.
        flags = {"server.address": host, "server.port": port, "server.headless": "true", "logger.hideWelcomeMessage": "true"}
        arguments = ["run", str(MAIN), *(f"--{name}={value}" for name, value in flags.items())]
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
        with direct.open(f"{url}/_stcore/health", timeout=2) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def _has_screen() -> bool:
    """Say whether a browser could show itself; without a screen a text browser would take over the terminal."""
    if os.environ.get("BROWSER") or not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
