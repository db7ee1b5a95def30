"""A Ray cluster, through the Jobs API of its dashboard; here nothing needs to be installed.

Where the cluster does not see the job's folder, code and job travel as packages, and events and files come back as marked
lines of the job's log (`rdpd_core.jobs.wire`). Ray never starts a job a second time by itself, and refuses a second job of the
same name, which is made of the job's id and the attempt.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from typing import Any, ClassVar
from urllib.parse import urlsplit

from rdpd_core.errors import EngineError, ParameterError
from rdpd_core.files import OWNER, owner
from rdpd_core.jobs import parcel
from rdpd_core.jobs.engines._dashboard import PATIENT_S, Dashboard, RefusedError, UnreachableError
from rdpd_core.jobs.engines.base import ENGINES, OVER, PENDING, RUNNING, Engine, Handle, Seen
from rdpd_core.jobs.engines.local import how_ended
from rdpd_core.jobs.folder import FORCE, JobFolder
from rdpd_core.jobs.locks import hold
from rdpd_core.jobs.spec import Spec
from rdpd_core.jobs.wire import Receiver

BRING_S = 1.5
FEW_LINES, MANY_LINES = 32, 4096
CPUS = 2
AGAIN_S = 300
"""A stop is sent again after so long, if the job has not ended."""
TRUE = ("1", "true", "yes")
TERMINAL = ("STOPPED", "FAILED", "SUCCEEDED")
NO_ROOM = "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"
NAME = re.compile(r"rdpd-([0-9a-f]{16})-(\d+)")
_KNOWN: dict[tuple[str, str], Dashboard] = {}
_BROUGHT: set[str] = set()
"""Jobs that have ended, of whose log everything was read by this process."""
_WITHDRAWN: set[str] = set()
"""Jobs that were stopped before they began: Ray keeps them until there is room, and then ends them at once."""

_TOLD: set[str] = set()
"""Errands that this process has sent."""


@ENGINES.register
class Ray(Engine):
    """Workers as jobs of a Ray cluster.

    Settings come from the environment: RDPD_RAY_ADDRESS (of the dashboard, such as http://127.0.0.1:8265), RDPD_RAY_TOKEN,
    RDPD_RAY_SHARED (1 if the cluster sees the folders of jobs under the same path), RDPD_RAY_FOLDER (folder for jobs on the
    cluster where it does not), RDPD_RAY_DATA (folder of the data sets on the cluster), RDPD_RAY_PYTHON (of the cluster) and
    RDPD_RAY_CPUS (CPUs for a job that does not say how many threads it wants).
    """

    name = "ray"
    title = "a Ray cluster"
    needs = (
        "a Ray cluster of version 2.52 or newer: its address in RDPD_RAY_ADDRESS (such as http://127.0.0.1:8265), its token in "
        "RDPD_RAY_TOKEN, its folder of data sets in RDPD_RAY_DATA; on its machines, "
        "pip install -r requirements.txt -r rdpd_core/jobs/requirements-ray.txt"
    )
    module: ClassVar[str] = "rdpd_core.jobs.worker"

    def check(self, spec: Spec) -> None:
        """Raise unless the cluster can be reached and has a machine that is large enough."""
        cluster = self._configured()
        cluster.version(PATIENT_S)
        _room(cluster.nodes(PATIENT_S), spec)

    def launch(self, folder: JobFolder, spec: Spec, attempt: int) -> Handle | None:
        """Hand in a job; one that was handed in already is taken as it is. Ray decides when it begins.

        Raises:
            ConnectionError: The cluster cannot be reached now; the job waits.
            EngineError: The cluster refuses.
        """
        try:
            cluster, wire = self._configured(), _setting("SHARED").lower() not in TRUE
            nodes = cluster.nodes()
            name = f"rdpd-{spec.id}-{attempt}"
            packages: dict[str, Any] = {"py_modules": [cluster.upload(parcel.code())]}
            if wire:
                packages["working_dir"] = cluster.upload(parcel.job(folder))
            asked = self._asked(folder, spec, attempt, nodes, wire)
            data = {OWNER: owner()} | ({"RDPD_DATA": _setting("DATA")} if _setting("DATA") else {})
            # Ray sends SIGTERM at a stop and kills what lives after these seconds; our own stops are gentle, this one is not.
            packages["env_vars"] = {"RAY_JOB_STOP_WAIT_TIME_S": "0", **data}
            cluster.submit({"submission_id": name, "runtime_env": packages, "metadata": {"rdpd_job": spec.id}, **asked})
        except UnreachableError as error:
            raise ConnectionError(str(error)) from error
        return {"id": name, "address": cluster.address, "wire": wire}

    def state(self, handle: Handle | None) -> Seen:
        """Say what the cluster says; a job of a cluster that cannot be asked is taken for running."""
        if handle is None:
            return Seen(OVER, "it was not started")
        try:
            found = self._cluster_of(handle).job(handle["id"])
        except EngineError as error:
            return Seen(RUNNING, str(error))
        if found is None:
            return Seen(OVER, "the cluster does not know it any more; it may have been started anew")
        return _seen(handle, found)

    def kill(self, handle: Handle | None) -> None:
        """Kill a worker and its children; if the cluster cannot be reached, the next round tries again."""
        if handle is None:
            return
        try:
            cluster = self._cluster_of(handle)
            found = cluster.job(handle["id"])
            if found is not None and found["status"] not in TERMINAL:
                _stop(cluster, handle, found)
        except UnreachableError:  # the state of the job says so
            return

    def pass_on(self, folder: JobFolder, handle: Handle | None) -> None:
        """Put a note into the job's folder on the cluster; if it cannot be reached, the next round tries again."""
        if handle is None:
            return
        try:
            cluster = self._cluster_of(handle)
            self._pass_on(cluster, handle, cluster.job(handle["id"]))
        except UnreachableError:  # the state of the job says so
            return

    def bring(self, folder: JobFolder, handle: Handle | None) -> None:
        """Bring what is new; takes a second or two at most, the rest comes next time.

        Raises:
            EngineError: The cluster cannot be reached, or refuses.
        """
        if handle is None:
            return
        cluster = self._cluster_of(handle)
        found = cluster.job(handle["id"])
        if folder.cancelled() not in (None, FORCE):
            self._pass_on(cluster, handle, found)
        if not handle["wire"] or handle["id"] in _BROUGHT:
            return
        with hold(folder.path / "bringing", 0) as mine:
            if mine and (found is None or self._fetch(cluster, folder, handle["id"], found)):
                _BROUGHT.add(handle["id"])

    def forget(self, folder: JobFolder, handle: Handle | None) -> None:
        """Delete the job's folder on the cluster; of a cluster that is not set up any more, nothing is known.

        Raises:
            EngineError: The cluster cannot be reached now.
        """
        if handle is None or not handle["wire"] or not _setting("ADDRESS") or handle["address"] != self._configured().address:
            return
        cluster = self._cluster_of(handle)
        found = cluster.job(handle["id"])
        if found is not None:
            _errand(cluster, f"{handle['id']}-forget", f"rm -rf -- {_shell(_place(handle))}", found)

    def _fetch(self, cluster: Dashboard, folder: JobFolder, name: str, found: dict[str, Any]) -> bool:
        """Read what is new of a log; say whether the job has ended and everything was read."""
        node, over, last = found.get("driver_node_id"), found["status"] in TERMINAL, time.monotonic() + BRING_S
        if not node:
            return over
        receiver = Receiver(folder, name, _host(found))
        lines = FEW_LINES + receiver.behind if receiver.begun else -1
        try:
            while not receiver.take(cluster.log(name, node, lines), whole=lines < 0, until=last):
                lines = lines * 4 if 0 < lines < MANY_LINES else -1
        except RefusedError as error:
            if not over and "not found" not in error.told:
                raise
            return over  # the log went with its machine; what is missing is sent again by the next worker
        return over and time.monotonic() < last

    def _pass_on(self, cluster: Dashboard, handle: Handle, found: dict[str, Any] | None) -> None:
        if found is None or found["status"] in TERMINAL:
            return
        if found["status"] == "PENDING":
            _stop(cluster, handle, found)
        elif handle["wire"] and found.get("driver_agent_http_address"):
            place, attempt = _shell(_place(handle)), NAME.fullmatch(handle["id"])[2]
            words = f"mkdir -p -m 700 {place} && echo stop {attempt} > {place}/.cancel && mv {place}/.cancel {place}/cancel"
            name = f"{handle['id']}-stop-{int(time.time() / AGAIN_S)}"
            if name not in _TOLD:
                _errand(cluster, name, words, found)
                _TOLD.add(name)

    def _asked(self, folder: JobFolder, spec: Spec, attempt: int, nodes: list[dict[str, Any]], wire: bool) -> dict[str, Any]:
        """Give what is asked of the cluster: the command, and how much of which machine."""
        gpus, cpus = _room(nodes, spec)
        place = _place({"id": f"rdpd-{spec.id}-{attempt}"}) if wire else str(folder.path.resolve())
        words = [_setting("PYTHON") or "python", "-m", self.module, place, "--attempt", str(attempt), "--guest"]
        words += ["--threads", str(cpus), *(["--wire", "."] if wire else [])]
        log = "" if wire else f" >> {shlex.quote(str(folder.log.resolve()))} 2>&1"
        asked: dict[str, Any] = {"entrypoint": f"exec {shlex.join(words)}{log}", "entrypoint_num_cpus": cpus}
        if gpus:
            asked["entrypoint_num_gpus"] = gpus
        before = Receiver(folder, "").place if wire else ""
        if before in [node["node_ip"] for node in nodes]:  # its checkpoints are there
            asked["entrypoint_resources"] = {f"node:{before}": 0.001}
        return asked

    def _configured(self) -> Dashboard:
        address, token = _setting("ADDRESS"), _setting("TOKEN")
        if not address:
            raise EngineError(f"no Ray cluster is set up; it needs {self.needs}")
        if (address, token) not in _KNOWN:
            _KNOWN[address, token] = Dashboard(address, token)
        return _KNOWN[address, token]

    def _cluster_of(self, handle: Handle) -> Dashboard:
        cluster = self._configured()
        if handle["address"] != cluster.address or not NAME.fullmatch(handle["id"]):
            raise EngineError(
                f"it was started on the cluster {handle['address']}, but RDPD_RAY_ADDRESS is {cluster.address}; set it back"
            )
        return cluster


def _setting(name: str) -> str:
    return os.environ.get(f"RDPD_RAY_{name}", "").strip()


def _cpus() -> int:
    given = _setting("CPUS") or str(CPUS)
    if not given.isdecimal() or int(given) < 1:
        raise ParameterError(f"RDPD_RAY_CPUS is {given[:20]!r}; give a whole number from 1")
    return int(given)


def _room(nodes: list[dict[str, Any]], spec: Spec) -> tuple[float, int]:
    """Give the GPUs and CPUs to ask for.

    Raises:
        ParameterError: No machine of the cluster has as many.
    """
    if ":" in spec.device:
        raise ParameterError(f"device {spec.device} was asked for; a cluster numbers its GPUs itself, choose device cuda")
    gpus = spec.gpus or (1 if spec.device == "cuda" else 0)
    if gpus > 1 and gpus != int(gpus):
        raise ParameterError(f"{gpus:g} GPUs were asked for; Ray gives a part of one GPU, or whole ones")
    there = [(node["resources_total"].get("GPU", 0), node["resources_total"].get("CPU", 0)) for node in nodes]
    most = max((g for g, _ in there), default=0)
    if gpus > most:
        raise ParameterError(f"{gpus:g} GPUs were asked for, the largest machine of the cluster has {most:g}; ask for fewer")
    cpus = int(max((c for g, c in there if g >= gpus), default=0))
    if not cpus or spec.threads > cpus:
        raise ParameterError(f"{spec.threads or 1} CPU threads were asked for, the largest machine that fits has {cpus}")
    return gpus, spec.threads or min(cpus, _cpus())


def _seen(handle: Handle, found: dict[str, Any]) -> Seen:
    if found["status"] == "PENDING":
        taken_back = handle["id"] in _WITHDRAWN
        over = Seen(OVER, "it was taken back before it began", began=False)
        return over if taken_back else Seen(PENDING, "waits for room on the cluster")
    if found["status"] not in TERMINAL:
        return Seen(RUNNING)
    if handle["wire"] and handle["id"] not in _BROUGHT:
        return Seen(RUNNING, "what it made is being brought here")
    return Seen(OVER, _why(found), began=found.get("error_type") != NO_ROOM)


def _why(found: dict[str, Any]) -> str:
    code = found.get("driver_exit_code")
    if found["status"] == "STOPPED":
        return "it was stopped on the cluster"
    if code is not None:
        return how_ended(128 - code if 128 < code < 160 else code)
    if found.get("error_type") == NO_ROOM:
        return (
            "the cluster had no room for it within its limit, which is 15 minutes unless RAY_JOB_START_TIMEOUT_SECONDS is set"
        )
    lines = str(found.get("message") or "").strip().splitlines() or ["without a word"]
    return f"Ray ended it: {lines[0][:300]}"


def _stop(cluster: Dashboard, handle: Handle, found: dict[str, Any]) -> None:
    cluster.stop(handle["id"])
    if found["status"] == "PENDING":
        _WITHDRAWN.add(handle["id"])


def _errand(cluster: Dashboard, name: str, words: str, found: dict[str, Any]) -> None:
    """Run a few words of shell on the machine where a job runs; one of the same name is run once only."""
    where = {f"node:{_host(found)}": 0.001}
    cluster.submit({"submission_id": name, "entrypoint": words, "entrypoint_resources": where})


def _host(found: dict[str, Any]) -> str:
    return urlsplit(found.get("driver_agent_http_address") or "").hostname or ""


def _place(handle: Handle) -> str:
    """Give a job's folder on the cluster; made from its id, never from what a file says."""
    return f"{(_setting('FOLDER') or '~/rdpd-jobs').rstrip('/')}/{NAME.fullmatch(handle['id'])[1]}"


def _shell(path: str) -> str:
    return f'"$HOME"/{shlex.quote(path[2:])}' if path.startswith("~/") else shlex.quote(path)
