"""Who may look: everybody on this machine; from elsewhere only who logged in and is on the list."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import streamlit as st

from app.figures.text import in_markdown
from rdpd_core import files
from rdpd_core.errors import DataError

MODE, USERS, PROXY, HEADER = "RDPD_LOGIN", "RDPD_USERS", "RDPD_PROXY", "RDPD_USER_HEADER"
NAMES, LOCAL = "RDPD_HOST_NAMES", ("localhost", "127.0.0.1", "::1")
CLOSED, ALIVE = "/_stcore/metrics", "/_stcore/health"
OIDC, TRUSTED = "oidc", "proxy"
SECRETS = Path(__file__).resolve().parent / ".streamlit" / "secrets.toml"
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
SHORTEST_SECRET, OWNER_SIGNS = 32, 20
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "media-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Streamlit's own page needs inline scripts, and plotly makes functions of text; nothing comes from other machines."""
_ACTING: ContextVar[str] = ContextVar("acting")
Scope, Message = MutableMapping[str, Any], MutableMapping[str, Any]
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]


class Guard:
    """Sets the headers of every answer; where a proxy says who somebody is, answers nobody but this proxy."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        """Stand in front of an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if not admitted(scope, os.environ):
            await refuse(scope, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message.get("headers", [])}
                more = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items() if k.lower().encode() not in there]
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        await self.app(scope, receive, with_headers)


def admitted(scope: Scope, settings: Mapping[str, str]) -> bool:
    """Say whether a request may pass.

    It must use a known name of this machine (a page elsewhere could give it one of its own). With a trusted proxy it must come
    from the proxy's address and carry the name of a listed user.
    """
    if str(scope.get("path", "")).endswith(CLOSED):
        return False
    hosts = [value.decode("latin-1") for name, value in scope.get("headers", []) if name.lower() == b"host"]
    if len(hosts) != 1 or host_of(hosts[0]) not in (*LOCAL, *settings.get(NAMES, "").split()):
        return False
    if settings.get(MODE) != TRUSTED:
        return True
    if scope.get("path") == ALIVE:
        return True  # it says nothing but that a server lives, which its own start and a proxy's watch ask
    peer = (scope.get("client") or ("",))[0]
    if peer not in settings.get(PROXY, "").split():
        return False
    wanted = settings.get(HEADER, "").lower().encode()
    names = [value.decode("latin-1") for name, value in scope.get("headers", []) if name.lower() == wanted]
    return len(names) == 1 and names[0] in settings.get(USERS, "").split()


def host_of(text: str) -> str:
    """Give the name in a Host header, without its port."""
    name = text.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0] if name.count(":") == 1 else name


async def refuse(scope: Scope, send: Send) -> None:
    """Answer 403 without a word about what is here."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"not admitted"})


def ask() -> None:
    """End the page for whoever has not logged in or is on no list, where a login is asked for."""
    if os.environ.get(MODE) != OIDC:
        return
    if not st.user.get("is_logged_in", False):
        st.title("RDPD Studio", anchor=False)
        st.markdown("This server asks for a login, as it shows recordings of people.")
        st.button("Log in", type="primary", on_click=st.login, key="gate.login")
        st.stop()
    if not visitor():
        st.error(f"{in_markdown(st.user.get('email', 'Who logged in'))} is not on the list of those who may look.")
        st.button("Log out", on_click=st.logout, key="gate.logout")
        st.stop()


def visitor() -> str:
    """Give the name of the listed user whose page is made by this thread; empty if there is none."""
    if os.environ.get(MODE) == OIDC:
        trusted = st.user.get("is_logged_in", False) and st.user.get("email_verified", True) is not False
        name = str(st.user.get("email", "")) if trusted else ""
    else:
        name = str(st.context.headers.get(os.environ.get(HEADER, ""), ""))
    return name if name in os.environ.get(USERS, "").split() else ""


def owner() -> str:
    """Give the owner of what this thread does, a name for a folder: who opened the page, or whoever the work is for.

    Everybody shares one workspace where no login is asked for; the name is empty then.

    Raises:
        DataError: Nobody is known, so no workspace may be looked into.
    """
    if not os.environ.get(MODE):
        return ""
    name = _ACTING.get("")
    if not name and not (name := owner_of(visitor())):
        raise DataError("nobody is logged in here, so no workspace is opened; load the page again and log in")
    return name


def owner_of(user: str) -> str:
    """Give the folder's name of a user, which does not tell who that is; empty for nobody."""
    return files.digest_bytes(user.encode())[:OWNER_SIGNS] if user else ""


def owners() -> list[str]:
    """Give the owners of all workspaces that may be opened here."""
    return [owner_of(user) for user in os.environ.get(USERS, "").split()] if os.environ.get(MODE) else [""]


@contextmanager
def acting(name: str) -> Iterator[None]:
    """Let this thread work for an owner, as `owner` named it."""
    before = _ACTING.set(name)
    try:
        yield
    finally:
        _ACTING.reset(before)


def lacking(path: Path = SECRETS) -> str:
    """Say what the settings of a login by OIDC lack; empty if nothing.

    Args:
        path: The file secrets.toml, with a section [auth] as Streamlit describes it.
    """
    if not path.is_file():
        return f"there is no {path.name} beside config.toml in app/.streamlit"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("auth", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return f"{path.name} is no TOML"
    missing = [name for name in NEEDED if not found.get(name)]
    if missing:
        return f"its section [auth] lacks {', '.join(missing)}"
    if len(str(found["cookie_secret"])) < SHORTEST_SECRET:
        return f"its cookie_secret is shorter than {SHORTEST_SECRET} characters"
    return ""


def is_address(text: str) -> bool:
    """Say whether a text is the address of a machine, not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
