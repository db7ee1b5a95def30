"""Seeds, devices, threads and versions: what a computation runs on, passed in and never assumed."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import numpy as np
import torch

from rdpd_core import __version__
from rdpd_core.errors import ParameterError

DEVICES = ("auto", "cpu", "cuda", "mps")
_MMAP_MAX, _TRIM_THRESHOLD, _KEPT_BYTES = -4, -1, 2**30  # of mallopt, as malloc.h numbers them
_PACKAGES = ("torch", "numpy", "pandas", "scikit-learn", "streamlit", "plotly", "safetensors")


def seed_of(*key: object) -> int:
    """Give a 63-bit seed that depends on every part of `key` and on nothing else."""
    text = "\x1f".join(str(part) for part in key).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def torch_generator(*key: object, device: torch.device | str = "cpu") -> torch.Generator:
    """Give a torch generator keyed by `key`."""
    return torch.Generator(device=device).manual_seed(seed_of(*key))


def numpy_generator(*key: object) -> np.random.Generator:
    """Give a NumPy generator keyed by `key`."""
    return np.random.default_rng(seed_of(*key))


def pick_device(name: str = "auto") -> torch.device:
    """Give the device to compute on; "auto" takes CUDA, then Apple's, then the CPU.

    Raises:
        ParameterError: The device is unknown, or not on this machine.
    """
    kind = name.partition(":")[0]
    if kind not in DEVICES:
        raise ParameterError(f"device {name!r}: choose one of {', '.join(DEVICES)}")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        return torch.device(next(k for k in ("cuda", "mps", "cpu") if there[k]))
    if not there[kind]:
        present = ", ".join(k for k, on in there.items() if on)
        raise ParameterError(f"device {name!r} is not on this machine (here: {present}); choose one of these, or auto")
    return torch.device(name)


def free_memory_mb() -> float | None:
    """Give the memory of this machine that nobody uses now, in MB; None where the system does not tell."""
    path = Path("/proc/meminfo")
    if not path.is_file():
        return None
    found = dict(line.split(":", 1) for line in path.read_text(encoding="ascii").splitlines() if ":" in line)
    return float(found["MemAvailable"].split()[0]) / 1e3 if "MemAvailable" in found else None


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Use at most `count` CPU threads inside; None changes nothing."""
    before = torch.get_num_threads()
    try:
        if count is not None:
            torch.set_num_threads(max(1, count))
        yield
    finally:
        torch.set_num_threads(before)


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, up to 1 GB, for its next request, as far as its C library can.

    The GNU library gives large blocks back to the system at once and fetches them anew, page by page, in every step of a
    training: a cohort of 60 ECG students in batches of 128 loses a fifth of its time to that. For processes that train and
    end, not for the app. Whoever has set the library's own variables (GLIBC_TUNABLES, MALLOC_...) keeps the last word.

    Returns:
        Whether it was done.
    """
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return False
    if any(name == "GLIBC_TUNABLES" or name.startswith("MALLOC_") for name in os.environ):
        return False
    library = ctypes.CDLL(None)
    return bool(library.mallopt(_MMAP_MAX, 0) and library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES))


def peak_memory_mb(device: torch.device | None = None) -> float | None:
    """Give the peak memory so far, in MB: of the process, or of a CUDA device; None on Windows, which does not tell."""
    if device is not None and device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if importlib.util.find_spec("resource") is None:
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def versions() -> dict[str, str]:
    """Give the versions that a result depends on, by package name."""
    found = {"rdpd_core": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
