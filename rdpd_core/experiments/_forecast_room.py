"""What room there is: memory of the machine, of its GPU and on its disk; and how much of it this process takes."""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import torch

from rdpd_core.runtime import free_memory_mb, peak_memory_mb

_PROC = Path("/proc/self")
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Room(NamedTuple):
    """Room in MB; None where the system does not tell.

    Attributes:
        memory_mb: Of the machine, or what a container may use of it.
        free_mb: Of that, what nobody uses now.
        gpu_mb: Free memory of the GPU that would be used; None on the CPU.
        disk_mb: Free where jobs lie.
        load: Processes that want each core just now; 0 where the system does not tell.
    """

    memory_mb: float | None
    free_mb: float | None
    gpu_mb: float | None
    disk_mb: float | None
    load: float = 0.0


def room_of(jobs: Path, device: str = "cpu") -> Room:
    """Give the room there is now.

    Args:
        jobs: The folder of the jobs; it need not be there yet.
        device: Where to train, as PyTorch names it.
    """
    there = next(folder for folder in (jobs.absolute(), *jobs.absolute().parents) if folder.exists())
    whole, free = _memory()
    place = torch.device(device)
    gpu = torch.cuda.mem_get_info(place)[0] / 1e6 if place.type == "cuda" else None
    return Room(whole, free, gpu, shutil.disk_usage(there).free / 1e6, wanting() / (os.cpu_count() or 1))


def wanting() -> float:
    """Give how many processes wanted to run in the last minute, on average; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def used_mb(device: torch.device) -> float:
    """Give the memory this process takes now, in MB: on the GPU if that trains; 0 where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device) / 1e6
    return _status("VmRSS") if sys.platform == "linux" else peak_memory_mb() or 0.0


def peak_mb(device: torch.device) -> float:
    """Give the most it took since the last `forget_peak`, in MB; where peaks cannot be forgotten, since it began."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    return _status("VmHWM") if sys.platform == "linux" else peak_memory_mb() or 0.0


def forget_peak(device: torch.device) -> None:
    """Begin to watch for a new peak, where the system can."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif os.access(_PROC / "clear_refs", os.W_OK):
        (_PROC / "clear_refs").write_text("5", encoding="ascii")


def give_back() -> None:
    """Return memory that this process holds but does not use to the system, where there is a way to ask for it."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _status(name: str) -> float:
    lines = (_PROC / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next(float(line.split()[1]) / 1e3 for line in lines if line.startswith(f"{name}:"))


def _memory() -> tuple[float | None, float | None]:
    """Give what the machine has, and what is free of it, in MB."""
    known = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in known:
        return None, None
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
    limits = [int(text) / 1e6 for path in _LIMITS if path.is_file() and (text := path.read_text().strip()).isdecimal()]
    return min([whole, *limits]), free_memory_mb()
