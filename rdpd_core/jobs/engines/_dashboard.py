"""What is said to a Ray cluster: the few requests of its dashboard that jobs need, over plain HTTP, none of them slow.

Ray itself is not needed here. No proxy is used and no redirection followed, so that the token goes to the cluster only.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from rdpd_core.errors import EngineError

LEAST_VERSION = (2, 52)
QUICK_S, SUBMIT_S, UPLOAD_S = 1.5, 10.0, 60.0
PATIENT_S = 10.0
"""For what a person has just asked for and waits for; a busy cluster takes its time."""
QUIET_S = 5.0
"""After a connection failed, it is not tried again for so long: a page asks about many jobs."""
AWAY = (502, 503, 504)
"""What a server in between says of a cluster that does not answer it."""
BLOCK = 1 << 16


class UnreachableError(EngineError):
    """The cluster did not answer; whether it still runs is unknown."""


class RefusedError(EngineError):
    """The cluster answered, and refused; `status` is its HTTP status, `told` its words."""

    def __init__(self, message: str, status: int, told: str) -> None:
        """Keep what the cluster said."""
        super().__init__(message)
        self.status, self.told = status, told


class Dashboard:
    """One cluster, by the address of its dashboard."""

    def __init__(self, address: str, token: str = "") -> None:
        """Remember where it is.

        Args:
            address: Such as http://127.0.0.1:8265.
            token: Sent as bearer token; empty sends none.

        Raises:
            EngineError: That is no such address.
        """
        at = urlsplit(address if "://" in address else f"http://{address}")
        try:
            port = at.port or 8265
        except ValueError:
            port = 0
        if at.scheme not in ("http", "https") or not at.hostname or not port or at.username or at.path.strip("/"):
            raise EngineError("RDPD_RAY_ADDRESS is no address of a Ray dashboard; give it like http://127.0.0.1:8265")
        if any(not 33 <= ord(c) <= 126 for c in token):
            raise EngineError("RDPD_RAY_TOKEN holds a space or a sign that no token has; copy it anew")
        self.address = f"{at.scheme}://{at.hostname}:{port}"
        self._secure, self._place, self._token = at.scheme == "https", (at.hostname, port), token
        self._failed = float("-inf")
        self._version = ""
        self.since: float | None = None
        """When it could not be reached any more, in seconds since 1970."""

    def version(self, wait_s: float | None = None) -> str:
        """Give the version of Ray.

        Args:
            wait_s: How long an answer may take; with it a cluster is asked even if it did not answer a moment ago.

        Raises:
            EngineError: It cannot be reached, refuses the token, is no Ray cluster, or is too old.
        """
        if self._version:
            return self._version
        found = self._json("GET", "/api/version", wait_s=wait_s)
        text = found.get("ray_version") if isinstance(found, dict) else None
        numbers = [int(n) for n in str(text).split(".")[:2] if n.isdecimal()]
        if len(numbers) < 2:
            raise self._other()
        if tuple(numbers) < LEAST_VERSION:
            least = ".".join(map(str, LEAST_VERSION))
            raise EngineError(f"the cluster runs Ray {text}, which has known holes; update it to {least} or newer")
        self._json("GET", "/api/v0/nodes?limit=1", wait_s=wait_s)  # the version is told to anybody, the rest only for the token
        self._version = str(text)
        return self._version

    def nodes(self, wait_s: float | None = None) -> list[dict[str, Any]]:
        """Give the machines that live: "node_id", "node_ip" and "resources_total"; `wait_s` as for `version`."""
        query = urlencode({"limit": 10000, "filter_keys": "state", "filter_predicates": "=", "filter_values": "ALIVE"})
        found = self._json("GET", f"/api/v0/nodes?{query}", wait_s=wait_s)
        try:
            alive = [node for node in found["data"]["result"]["result"] if node["state"] == "ALIVE"]
            return [{name: node[name] for name in ("node_id", "node_ip", "resources_total")} for node in alive]
        except (KeyError, TypeError) as error:
            raise self._other() from error

    def job(self, name: str) -> dict[str, Any] | None:
        """Give what the cluster knows of a job; None if it knows none of that name."""
        try:
            found = self._json("GET", f"/api/jobs/{quote(name)}")
        except RefusedError as error:
            if error.status == 404 and "does not exist" in error.told:  # others than Ray say 404 too
                return None
            raise
        if not isinstance(found, dict) or not isinstance(found.get("status"), str):
            raise self._other()
        return found

    def submit(self, asked: dict[str, Any]) -> bool:
        """Hand in a job; False if there is one of that name already."""
        try:
            self._json("POST", "/api/jobs/", json.dumps(asked).encode(), SUBMIT_S)
        except RefusedError as error:
            if "already exists" in error.told:
                return False
            raise
        return True

    def stop(self, name: str) -> None:
        """Stop a job; one that is unknown or has ended is left alone."""
        try:
            self._json("POST", f"/api/jobs/{quote(name)}/stop")
        except RefusedError as error:
            if error.status != 404:
                raise

    def upload(self, archive: bytes) -> str:
        """Send a zip file, unless it is there already; give its URI."""
        name = f"_ray_pkg_{hashlib.sha256(archive).hexdigest()[:32]}.zip"
        place = f"/api/packages/gcs/{name}"
        try:
            self._ask("GET", place)
        except RefusedError as error:
            if error.status != 404:
                raise
            self._ask("PUT", place, archive, UPLOAD_S)
        return f"gcs://{name}"

    def log(self, name: str, node: str, lines: int) -> Iterator[bytes]:
        """Give the last lines of a job's log, each with its end; -1 gives all."""
        query = urlencode({"node_id": node, "filename": f"job-driver-{name}.log", "lines": lines})
        connection, answer = self._open("GET", f"/api/v0/logs/file?{query}", None, None)
        rest = b""
        try:
            while block := answer.read(BLOCK):
                *whole, rest = (rest + block).split(b"\n")
                yield from (line + b"\n" for line in whole)
            if rest:
                yield rest
        except (OSError, http.client.HTTPException) as error:
            raise self._down(error) from error
        finally:
            connection.close()

    def _json(self, method: str, path: str, body: bytes | None = None, wait_s: float | None = None) -> Any:
        data = self._ask(method, path, body, wait_s)
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._other() from error

    def _ask(self, method: str, path: str, body: bytes | None = None, wait_s: float | None = None) -> bytes:
        connection, answer = self._open(method, path, body, wait_s)
        try:
            return answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._down(error) from error
        finally:
            connection.close()

    def _open(self, method: str, path: str, body: bytes | None, wait_s: float | None) -> tuple[Any, Any]:
        if wait_s is None and time.monotonic() - self._failed < QUIET_S:
            raise UnreachableError(self._words())
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        more = {"context": ssl.create_default_context()} if self._secure else {}
        connection = kind(*self._place, timeout=QUICK_S, **more)
        head = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            connection.connect()
            connection.sock.settimeout(wait_s or QUICK_S)
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            if answer.status == 200:
                self.since = None
                return connection, answer
            told = answer.read(BLOCK).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._down(error) from error
        connection.close()
        if answer.status in AWAY:
            raise self._down(ConnectionError(told))
        self.since = None
        raise RefusedError(self._refusal(answer.status, told), answer.status, told)

    def _refusal(self, status: int, told: str) -> str:
        if status == 401:
            return f"the cluster at {self.address} asks for a token; set RDPD_RAY_TOKEN to it"
        if status == 403:
            return f"the cluster at {self.address} refuses the token; set RDPD_RAY_TOKEN to the one it was started with"
        last = told.strip().splitlines()[-1][:300] if told.strip() else "without a word"
        return f"the cluster at {self.address} refused (HTTP {status}): {last}"

    def _other(self) -> EngineError:
        return EngineError(f"what answers at {self.address} is not the dashboard of a Ray cluster; check RDPD_RAY_ADDRESS")

    def _down(self, error: Exception) -> UnreachableError:
        self._failed = time.monotonic()
        self.since = self.since or time.time()
        return UnreachableError(self._words())

    def _words(self) -> str:
        clock = time.strftime("%H:%M", time.localtime(self.since))
        return f"the cluster at {self.address} cannot be reached since {clock}; start it, or check RDPD_RAY_ADDRESS"
