"""A small Ray cluster on this machine for tests: reached by a token only, in folders of its own, gone without a trace."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
START_S = 90.0
MARK = "RDPD_TEST_HEAD"


class Head:
    """A running head.

    Attributes:
        address: Of its dashboard.
        token: That it asks for.
        folder: For whatever is on the cluster.
    """

    def __init__(self, folder: Path, cpus: int = 2, gpus: int = 1) -> None:
        """Choose ports and a token; nothing is started yet.

        Args:
            folder: Empty, with a short name, since sockets lie in it.
            cpus: That it says it has.
            gpus: That it says it has; none is needed.
        """
        self.folder, self.token, self.cpus, self.gpus = folder, secrets.token_hex(16), cpus, gpus
        self.mark = secrets.token_hex(8)
        self.ports = free_ports(4)
        self.address = f"http://127.0.0.1:{self.ports[0]}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it and wait until it takes jobs."""
        dashboard, agent, client, gcs = self.ports
        bin_folder = Path(sys.executable).parent
        words = [
            str(bin_folder / "ray"), "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={gcs}",
            "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={agent}",
            f"--ray-client-server-port={client}", f"--num-cpus={self.cpus}", f"--num-gpus={self.gpus}",
            "--object-store-memory=80000000", f"--temp-dir={self.folder / 't'}", "--disable-usage-stats",
            "--include-log-monitor=false",
        ]  # fmt: skip
        (self.folder / "home").mkdir(exist_ok=True)
        here = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "RDPD_"))},
            "HOME": str(self.folder / "home"), "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token, MARK: self.mark,
            "RDPD_CACHE": str(self.folder / "cache"), "RDPD_WORK": str(self.folder / "work"), "PYTHONPATH": str(ROOT),
            "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}", "RAY_USAGE_STATS_ENABLED": "0", "RDPD_NICE": "0",
        }  # fmt: skip
        with (self.folder / "head.log").open("ab") as log:
            self.process = subprocess.Popen(
                words, env=here, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.folder
            )
        last = time.monotonic() + START_S
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "head.log").read_text()[-3000:]
            assert time.monotonic() < last, "the head did not start in time"
            time.sleep(0.2)

    def answers(self) -> bool:
        """Say whether it takes jobs."""
        request = urllib.request.Request(f"{self.address}/api/v0/nodes", headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return bool(json.load(answer)["data"]["result"]["result"])
        except (OSError, ValueError):
            return False

    def processes(self) -> set[int]:
        """Give every living process of it and of its jobs; some hide their environment, but none where it is."""
        found, parents = set(), {}
        for place in Path("/proc").iterdir():
            try:
                if not place.name.isdecimal():
                    continue
                state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
                if state in "ZX":
                    continue
                parents[int(place.name)] = int(parent)
                marked = f"{MARK}={self.mark}".encode() in (place / "environ").read_bytes()
                if marked or (place / "cwd").readlink().is_relative_to(self.folder):
                    found.add(int(place.name))
            except OSError:  # it ended meanwhile, or is somebody else's
                continue
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def stop(self) -> None:
        """Kill all of it."""
        last = time.monotonic() + START_S
        while left := self.processes():
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < last, f"processes {left} do not die"
            time.sleep(0.05)
        if self.process is not None:
            self.process.wait()
            self.process = None


def free_ports(number: int) -> list[int]:
    """Give ports that nobody listens on."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]


@contextmanager
def ray_head(**sizes: int) -> Iterator[Head]:
    """Give a running head; skips the test where Ray is not installed."""
    pytest.importorskip("ray", reason="pip install -r rdpd_core/jobs/requirements-ray.txt")
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    head = Head(folder, **sizes)
    try:
        head.start()
        yield head
    finally:
        head.stop()
        shutil.rmtree(folder, ignore_errors=True)
