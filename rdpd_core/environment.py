"""The one environment of the app and the tests: made on first use, brought up to date when a requirements file changes.

Standard library only, and written so that Python 3.8 can still read it: an old Python is told so in words. What is known of
the environment lies in its folder: a lock that every installation holds, pip's log, and a stamp written last. Where the stamp
does not fit there is work to do, so an interrupted installation is taken up where it stopped.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
NEEDED_GB = 2.5
LOCK, STAMP, LOG = "rdpd-lock", "rdpd-stamp.json", "rdpd-pip.log"
STARTED_BY = "RDPD_STARTED_BY"
POLL_S, PLAIN_LINE_EVERY_S = 0.2, 2.0
WINDOWS = os.name == "nt"
OTHER_FOLDER = "name another folder in RDPD_VENV"
TROUBLE = {
    r"No space left on device|Errno 28|Disk quota exceeded": (
        f"The disk is full. Free some space, or {OTHER_FOLDER} (and in TMPDIR, for downloads)."
    ),
    r"NewConnectionError|ConnectionError|Max retries|Connect\w*Timeout|Read timed out|ProxyError|SSLError|name resolution": (
        "The package registry cannot be reached. Look at the network, and at pip's settings: python3 -m pip config list."
    ),
    r"Permission denied|Read-only file system": f"The folder cannot be written. Make it writable, or {OTHER_FOLDER}.",
    r"No matching distribution found for (\S+)": (
        "No {} was found. Either the package registry has none for this Python and this system, "
        "or pip's settings lead to none: python3 -m pip config list."
    ),
}


class SetupError(Exception):
    """The environment cannot be made; the message says what is missing and what to do.

    Outside the tree of `rdpd_core.errors`, because this module stands beside that one and imports nothing of the project.
    """


def enter(module: str, requirements: Sequence[str]) -> None:
    """Return inside an environment that holds the requirements; elsewhere, start `python -m module` anew in it.

    A failure prints its reason and ends the process with code 1, an interruption with 130.

    Args:
        module: The package to start, with the arguments of this process.
        requirements: Requirements files, relative to the root of the project.
    """
    try:
        check_python(sys.version_info[:2], module)
        home = folder()
        prepare(home, requirements)
        paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(filter(None, paths)))
        if not inside(home):
            _restart(home, module)
    except SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nInterrupted. The same command takes up where this stopped.", file=sys.stderr)
        sys.exit(130)


def check_python(version: tuple[int, ...], module: str) -> None:
    """Raise SetupError if Python is too old; the message names a newer one that is on the path."""
    if version >= OLDEST:
        return
    newer = next(filter(_runs, ("python3.13", "python3.12", "python3.11")), None)
    advice = f"Run: {newer} -m {module}" if newer else "Install one from python.org or your system's packages, then run again."
    wanted, given = (".".join(map(str, v)) for v in (OLDEST, version))
    raise SetupError(f"Python {wanted} or newer is needed; this is Python {given} ({sys.executable}). {advice}")


def _runs(name: str) -> bool:
    return shutil.which(name) is not None and subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode == 0


def folder() -> Path:
    """Give the environment's folder: RDPD_VENV, else `.venv` in the root of the project."""
    return Path(os.path.abspath(os.path.expanduser(os.environ.get("RDPD_VENV") or ROOT / ".venv")))


def interpreter(home: Path) -> Path:
    """Give the path of the environment's Python."""
    return home / ("Scripts/python.exe" if WINDOWS else "bin/python")


def inside(home: Path) -> bool:
    """Say whether this process runs in the environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(home)


def prepare(home: Path, requirements: Sequence[str]) -> None:
    """Make the environment or bring it up to date, if it is not; of two at once, the second waits for the first.

    Raises:
        SetupError: Something is missing; the message says what.
    """
    if is_current(home, requirements):
        return
    try:
        _claim(home)
        with _lock(home) as handle:
            if not is_current(home, requirements):
                _install(home, requirements, handle)
    except OSError as error:
        raise SetupError(f"The environment cannot be made in {home}: {error}. Mend that, or {OTHER_FOLDER}.") from error


def is_current(home: Path, requirements: Sequence[str]) -> bool:
    """Say whether the stamp tells of these very requirements and of the Python that is there."""
    stamp = _read_stamp(home)
    installed = stamp.get("requirements", {})
    return (
        (home / "pyvenv.cfg").is_file()
        and os.access(interpreter(home), os.X_OK)
        and stamp.get("python") == os.path.realpath(interpreter(home))
        and (home / stamp.get("packages", "missing")).is_dir()
        and all(installed.get(name) == _digest(name) for name in requirements)
    )


def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def _read_stamp(home: Path) -> dict[str, Any]:
    try:
        return json.loads((home / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no stamp, or not a whole one: either way there is an installation to finish
        return {}


def _write_stamp(home: Path, packages: Path, digests: dict[str, str]) -> None:
    python = os.path.realpath(interpreter(home))
    stamp = {"python": python, "packages": packages.relative_to(home).as_posix(), "requirements": digests}
    draft = home / f"{STAMP}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(stamp, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, home / STAMP)


def _claim(home: Path) -> None:
    """Make the folder; refuse one that holds anything else, as a broken environment is emptied later."""
    home.mkdir(parents=True, exist_ok=True)
    names = set(os.listdir(home))
    if names and not names & {"pyvenv.cfg", LOCK}:
        raise SetupError(f"{home} holds files, but no Python environment. Rename it, or {OTHER_FOLDER}.")


@contextmanager
def _lock(home: Path) -> Iterator[int]:
    with (home / LOCK).open("a", encoding="utf-8") as file:
        said = False
        while not _try_lock(file.fileno()):
            if not said:
                print("Another start is preparing the environment; waiting for it ...", flush=True)
            said = True
            time.sleep(POLL_S)
        yield file.fileno()


def _try_lock(handle: int) -> bool:
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _install(home: Path, requirements: Sequence[str], handle: int) -> None:
    stamped = [name for name in _read_stamp(home).get("requirements", {}) if (ROOT / name).is_file()]
    digests = {name: _digest(name) for name in [*requirements, *stamped]}
    began = time.monotonic()
    print(f"Preparing the environment in {os.path.relpath(home)} for {' and '.join(digests)}", flush=True)
    (home / STAMP).unlink(missing_ok=True)
    packages = _packages(home) or _make(home, handle)
    _remove_halves(packages)
    _pip(home, packages, list(digests), handle)
    _write_stamp(home, packages, digests)
    print(f"The environment is ready after {time.monotonic() - began:.0f} s.", flush=True)


def _packages(home: Path) -> Path | None:
    """Give the folder of installed packages, or None if the environment's Python or pip does not run."""
    script = "import pip._internal.cli.main, sysconfig; print(sysconfig.get_path('purelib'))"
    try:
        told = subprocess.run([interpreter(home), "-I", "-c", script], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = Path(told.strip())
    return found if home in found.parents else None


def _make(home: Path, handle: int) -> Path:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise _no_venv(module)
    free = shutil.disk_usage(home).free / 1e9
    if free < NEEDED_GB:
        advice = f"Free some space, or {OTHER_FOLDER}, on another disk."
        raise SetupError(f"Too little room in {home}: about {NEEDED_GB} GB are needed, {free:.1f} GB are free. {advice}")
    _empty(home)
    status, lines = _watch([sys.executable, "-m", "venv", str(home)], handle, lambda line: None)
    packages = _packages(home)
    if packages is None:
        raise _no_venv("ensurepip") if "ensurepip" in "\n".join(lines) else _explained(home, [*lines, f"exit code {status}"])
    return packages


def _no_venv(module: str) -> SetupError:
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return SetupError(
        f"The module {module}, which makes environments, does not work in this Python ({sys.executable}). "
        f"On Debian and Ubuntu: sudo apt install {package}. Elsewhere: install Python from python.org. Then run again."
    )


def _empty(home: Path) -> None:
    """Remove everything but the lock, which is held."""
    for path in home.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _remove_halves(packages: Path) -> None:
    """Remove what an interrupted pip left: it writes RECORD last, yet takes a package without one for installed."""
    for path in packages.iterdir():
        if path.is_dir() and (path.name[0] == "~" or (path.suffix == ".dist-info" and not (path / "RECORD").is_file())):
            shutil.rmtree(path)


def _pip(home: Path, packages: Path, names: Sequence[str], handle: int) -> None:
    command = [str(interpreter(home)), "-I", "-u", "-X", "utf8", "-m", "pip", "install"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--only-binary", ":all:"]
    command += ["--no-compile"]  # Python does so itself for what is used, which is a tenth of what is installed
    command += [part for name in names for part in ("-r", str(ROOT / name))]
    progress = Progress(packages)
    try:
        status, lines = _watch(command, handle, progress.tell)
    finally:
        progress.close()
    if status:
        raise _explained(home, lines)


def _watch(command: Sequence[str], handle: int, tell: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run a command, handing its lines to `tell`, and empty ones meanwhile.

    The command holds the lock too: it stays held until the command ends, even should this process be killed.
    """
    env = {name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")}
    shared: dict[str, Any] = {} if WINDOWS else {"pass_fds": (handle,)}
    output: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    lines: list[str] = []
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with subprocess.Popen(command, cwd=ROOT, env=env, **output, **shared) as child:
        try:
            for line in _arriving(child):
                tell(line)
                lines.extend(filter(None, [line]))
        except BaseException:
            child.terminate()
            raise
        finally:
            signal.signal(signal.SIGTERM, before)
    return child.returncode, lines


def _arriving(child: subprocess.Popen[str]) -> Iterator[str]:
    """Yield the lines a process prints, and an empty one whenever none came for a while."""
    arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in child.stdout:
            arrived.put(line.rstrip())
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = arrived.get(timeout=POLL_S)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


class Progress:
    """Tells how far pip is: one line rewritten on a terminal, a plain line every other second elsewhere."""

    def __init__(self, packages: Path) -> None:
        """Start the clock; `packages` is the folder in which installed packages appear."""
        self.packages = packages
        self.terminal = sys.stdout.isatty()
        self.began, self.said_at, self.said = time.monotonic(), 0.0, ""
        self.found, self.note = 0, "asking for packages"
        self.total, self.installing_since = 0, 0.0

    def tell(self, line: str) -> None:
        """Take a line of pip's, or an empty one, and show what is new."""
        self._take(line)
        now, text = time.monotonic(), self.text()
        shown = f"  {now - self.began:.0f} s  {text}"
        if self.terminal:
            room = shutil.get_terminal_size().columns - 1
            print("\r" + shown[:room].ljust(room), end="", flush=True)
        elif text != self.said and now - self.said_at >= PLAIN_LINE_EVERY_S:
            print(shown, flush=True)
            self.said, self.said_at = text, now

    def close(self) -> None:
        """Leave the line."""
        if self.terminal:
            print(flush=True)

    def text(self) -> str:
        """Give which package of how many pip is at."""
        if not self.total:
            return f"fetching package {self.found}: {self.note}" if self.found else self.note
        # The times of files may be a little coarser than the clock.
        new = [(p.stat().st_mtime, p.name) for p in self.packages.glob("*.dist-info")]
        new = sorted(row for row in new if row[0] >= self.installing_since - 0.05)
        return f"installing package {min(len(new), self.total)} of {self.total}" + (f": {_short(new[-1][1])}" if new else "")

    def _take(self, line: str) -> None:
        words = line.replace("Requirement already satisfied:", "Satisfied").split() or [""]
        if words[0] in ("Collecting", "Processing", "Satisfied"):
            self.found, self.note = self.found + 1, _short(words[1])
        elif words[0] == "Downloading":
            self.note = " ".join([_short(words[1]), *words[2:4]])
        elif line.startswith("Installing collected packages: "):
            self.total, self.installing_since = line.count(",") + 1, time.time()
        elif "Retrying" in words:
            self.note = "the package registry does not answer, trying again"


def _short(name: str) -> str:
    """Give "numpy 2.4.6" for a wheel or the record of an installed one, and the name for a requirement."""
    base = name.rsplit("/", 1)[-1]
    parts = base.split("-")
    known = base.endswith((".whl", ".dist-info"))
    return f"{parts[0]} {parts[1].replace('.dist', '')}" if known else re.split(r"[\[(<>=!~;]", base)[0]


def _explained(home: Path, lines: Sequence[str]) -> SetupError:
    """Say in plain words why pip or venv failed, and leave the whole story in the log."""
    text = "\n".join(lines)
    log = home / LOG
    log.write_text(text + "\n", encoding="utf-8")
    for pattern, message in TROUBLE.items():
        if match := re.search(pattern, text):
            reason = message.format(*match.groups())
            return SetupError(f"{reason}\nWhat pip said: {log}. The same command takes up where this stopped.")
    tail = "\n".join(f"    {line}" for line in lines[-8:])
    return SetupError(f"The packages could not be installed. The last words of pip:\n{tail}\nAll of it: {log}")


def _restart(home: Path, module: str) -> NoReturn:
    """Start the same command in the environment; where the system can, in the place of this process."""
    if os.environ.get(STARTED_BY) == str(os.getpid()):
        raise SetupError(f"The Python in {home} does not run as an environment. Delete the folder and run again.")
    env = {**os.environ, STARTED_BY: str(os.getpid())}
    command = [str(interpreter(home)), "-m", module, *sys.argv[1:]]
    if WINDOWS:
        sys.exit(subprocess.call(command, env=env))
    os.execve(command[0], command, env)
