"""Starts of a small project with real environments, the real pip, and a package registry that can be made to wait."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rdpd_core import environment

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="uses signals of POSIX")]

PROGRAM = """
from rdpd_core import environment
environment.enter("hello", ["requirements.txt"])
import sys
import tiny
print("hello from", tiny.VERSION, *sys.argv[1:], flush=True)
sys.exit(7)
"""
HELLO = "hello from 1.0 --twice 2\n"


def wheel(name, version):
    """Give the bytes of a package that holds its version and nothing else."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = Path(os.environ["PYTEST_WHEELS"]) / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
    return path.read_bytes()


class Registry(ThreadingHTTPServer):
    """Serves packages `tiny` and `slow`; the latter only once `open` is set."""

    daemon_threads = True

    def __init__(self):
        self.wheels = {f"{name}-{v}-py3-none-any.whl": wheel(name, v) for name in ("tiny", "slow") for v in ("1.0", "2.0")}
        self.open, self.asked, self.fetched = threading.Event(), threading.Event(), []
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}/simple"


class Answer(BaseHTTPRequestHandler):
    """Answers as a registry does, quietly."""

    def do_GET(self):
        name = self.path.strip("/").split("/")[-1]
        if name in self.server.wheels:
            if name.startswith("slow"):
                self.server.asked.set()
                self.server.open.wait(60)
            self.server.fetched.append(name)
            self.reply(self.server.wheels[name])
            return
        links = {f: hashlib.sha256(data).hexdigest() for f, data in self.server.wheels.items() if f.startswith(f"{name}-")}
        self.reply("".join(f'<a href="/files/{f}#sha256={digest}">{f}</a>' for f, digest in links.items()).encode())

    def reply(self, body):
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/octet-stream" if self.path.endswith(".whl") else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def registry(tmp_path, monkeypatch):
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PYTEST_WHEELS", str(tmp_path / "wheels"))
    with Registry() as server:
        yield server
        server.open.set()
        server.shutdown()


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An environment without packages, to copy."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder


class Project:
    """A small project in a folder of its own."""

    def __init__(self, root, registry, bare):
        self.root, self.home = root, root / ".venv"
        for package, source in (("rdpd_core", environment.ROOT / "rdpd_core" / "environment.py"), ("hello", None)):
            (root / package).mkdir(parents=True)
            (root / package / "__init__.py").touch()
            if source:
                shutil.copy(source, root / package)
        (root / "hello" / "__main__.py").write_text(PROGRAM)
        if bare:
            shutil.copytree(bare, self.home, symlinks=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "RDPD_", "PYTHON"))}
        more = {"PIP_INDEX_URL": registry.url, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1"}
        self.env = kept | more
        self.require("tiny==1.0")

    def require(self, *lines):
        (self.root / "requirements.txt").write_text("\n".join(lines) + "\n")

    def start(self, **more):
        """Start the program and give it back running."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        command = [sys.executable, "-m", "hello", "--twice", "2"]
        listen = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731 - a test run in the background ignores Ctrl-C
        pipes |= {"start_new_session": True, "preexec_fn": listen}
        return subprocess.Popen(command, cwd=self.root, env={**self.env, **more}, **pipes)

    def run(self, **more):
        """Run the program to its end; gives its exit code and what it said."""
        with self.start(**more) as process:
            said = process.communicate(timeout=60)[0]
        return process.returncode, said


@pytest.fixture
def project(tmp_path, registry, bare):
    return Project(tmp_path / "project", registry, bare)


def test_first_start_makes_the_environment_and_later_ones_do_not(tmp_path, registry):
    project = Project(tmp_path / "project", registry, bare=None)
    code, said = project.run()
    assert code == 7
    assert re.match(r"Preparing the environment in \.venv for requirements\.txt\n  \d+ s  asking for packages\n", said)
    assert re.search(rf"\nThe environment is ready after \d+ s\.\n{HELLO}$", said)
    assert project.run() == (7, HELLO)
    assert registry.fetched == ["tiny-1.0-py3-none-any.whl"]


def test_a_changed_file_is_installed_anew(project, registry):
    project.run()
    project.require("tiny==2.0")
    code, said = project.run()
    assert (code, said.splitlines()[-1]) == (7, "hello from 2.0 --twice 2")
    assert registry.fetched == ["tiny-1.0-py3-none-any.whl", "tiny-2.0-py3-none-any.whl"]


def test_two_at_once_install_once(project, registry):
    project.require("tiny==1.0", "slow==1.0")
    first = project.start()
    assert registry.asked.wait(30)
    second = project.start()
    assert second.stdout.readline() == "Another start is preparing the environment; waiting for it ...\n"
    registry.open.set()
    said = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert said[0].endswith(HELLO)
    assert said[1] == HELLO
    assert len(registry.fetched) == 2


def test_ctrl_c_is_taken_up_again(project, registry):
    project.require("slow==1.0", "tiny==1.0")
    process = project.start()
    assert registry.asked.wait(30)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0].endswith("Interrupted. The same command takes up where this stopped.\n")
    assert process.returncode == 130
    registry.open.set()
    assert project.run()[1].endswith(HELLO)


def test_a_killed_start_keeps_the_others_out_until_its_pip_is_done(project, registry):
    project.require("slow==1.0", "tiny==1.0")
    process = project.start()
    assert registry.asked.wait(30)
    process.kill()
    process.wait()
    second = project.start()
    assert second.stdout.readline().startswith("Another start is preparing")
    registry.open.set()
    assert second.communicate(timeout=60)[0].endswith(HELLO)
    process.stdout.close()


def test_a_package_half_installed_is_installed_anew(project, registry):
    project.run()
    (project.home / environment.STAMP).unlink()
    (packages,) = project.home.glob("lib/*/site-packages")
    (packages / "tiny-1.0.dist-info" / "RECORD").unlink()
    (packages / "tiny.py").write_text("VER")
    assert project.run()[1].endswith(HELLO)


def test_a_broken_environment_is_made_anew(project):
    project.run()
    (project.home / "bin" / "python").unlink()
    assert project.run()[1].endswith(HELLO)


def test_no_registry_is_said_plainly(project):
    code, said = project.run(PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert code == 1
    assert "The package registry cannot be reached. Look at the network" in said
    assert "Traceback" not in said
    assert project.run()[1].endswith(HELLO)


def test_a_package_that_does_not_exist_is_named(project):
    project.require("tiny==9.9")
    code, said = project.run()
    assert code == 1
    assert "No tiny==9.9 was found" in said


def test_another_folder_may_be_named(project, tmp_path, bare):
    shutil.copytree(bare, tmp_path / "elsewhere", symlinks=True)
    assert project.run(RDPD_VENV=str(tmp_path / "elsewhere"))[1].endswith(HELLO)
    assert (tmp_path / "elsewhere" / environment.STAMP).is_file()
    assert not (project.home / environment.STAMP).exists()
