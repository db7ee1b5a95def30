"""A small proxy as hospitals have one: it says in a header who somebody is, in every request that passes."""

from __future__ import annotations

import shutil
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD_END, LARGEST = b"\r\n\r\n", 65536


@contextmanager
def proxy(port: int, header: str, name: str) -> Iterator[str]:
    """Give the address at which one person reaches a server.

    Args:
        port: Of the server, on this machine.
        header: In which the name is passed on; what a browser says in it is left out.
        name: Of the person.
    """

    class Pass(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while HEAD_END not in head and len(head) < LARGEST:
                if not (more := self.request.recv(LARGEST)):
                    return
                head += more
            lines, _, body = head.partition(HEAD_END)
            with socket.create_connection(("127.0.0.1", port)) as server:
                server.sendall(b"\r\n".join(changed(lines.split(b"\r\n"), header, name)) + HEAD_END + body)
                back = threading.Thread(target=pour, args=(server, self.request), daemon=True)
                back.start()
                pour(self.request, server)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Pass) as waiting:
        threading.Thread(target=waiting.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{waiting.server_address[1]}"
        waiting.shutdown()


def changed(lines: list[bytes], header: str, name: str) -> list[bytes]:
    """Give a head with the name in it; each request has a connection of its own, so that none passes unchanged."""
    upgrade = any(line.lower().startswith(b"upgrade:") for line in lines)
    own = [header.lower().encode() + b":", *([] if upgrade else [b"connection:"])]
    kept = [line for line in lines if not line.lower().startswith(tuple(own))]
    said = [f"{header}: {name}".encode(), b"X-Forwarded-For: 203.0.113.9", b"X-Forwarded-Proto: https"]  # as proxies do
    return [*kept, *([] if upgrade else [b"Connection: close"]), *said]


def pour(source: socket.socket, target: socket.socket) -> None:
    """Hand on what comes until one of both ends."""
    with suppress(OSError), source.makefile("rb", buffering=0) as come, target.makefile("wb", buffering=0) as gone:
        shutil.copyfileobj(come, gone)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
