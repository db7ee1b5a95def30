"""Runs a command without any network but the machine's own address, where the system allows that."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

INSIDE = "RDPD_CUT_OFF"
UNSHARE = ("unshare", "--user", "--map-root-user", "--net")
SET_FLAGS, UP_AND_RUNNING = 0x8914, 0x41
"""Linux: SIOCSIFFLAGS; IFF_UP and IFF_RUNNING."""


def enter(module: str, arguments: list[str]) -> bool:
    """Start this command again where there is no network, and say whether that is so now; it returns only inside, or in vain.

    Args:
        module: Of the command.
        arguments: Of the command.
    """
    if os.environ.get(INSIDE):
        _raise_loopback()
        return True
    if shutil.which(UNSHARE[0]) is None or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        return False
    command = [*UNSHARE, sys.executable, "-m", module, *arguments]
    return os.execvpe(UNSHARE[0], command, {**os.environ, INSIDE: "1"})


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14s", b"lo", UP_AND_RUNNING, b""))
