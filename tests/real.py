"""Where the real recordings lie, for tests marked `data`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def real(*parts: str) -> Path:
    """Give a file or folder of the real recordings; skips the test, with a reason, where it is missing.

    Args:
        parts: Path below RDPD_SHARED_DATA, or below ../shared/data beside the repository.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("RDPD_SHARED_DATA") or beside).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real recordings are not here: no {'/'.join(parts)} in the folder named by RDPD_SHARED_DATA")
    return path
