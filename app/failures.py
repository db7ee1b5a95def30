"""What nobody foresaw: a person sees a number, a file keeps where it happened; neither says what a recording holds."""

from __future__ import annotations

import json
import logging
import os
import secrets
import traceback
from datetime import UTC, datetime

import streamlit as st

from rdpd_core.environment import ROOT
from rdpd_core.files import shared_work_root

FILE = "failures.jsonl"
LOUD = "streamlit.error_util"
"""The logger that would print the text of an error, and lines of code around it, to the terminal."""


def tell(error: Exception) -> bool:
    """Note an error and show its id; gives True, so that nothing else of it is shown."""
    number = note(error)
    st.error(
        f"Something went wrong that should not have. Its number is **{number}**; where in the program it happened stands under "
        f"this number in the file `{FILE}` of the workspace, without any value of a recording. Reload the page to go on.",
        icon=":material/bug_report:",
    )
    return True


def note(error: BaseException) -> str:
    """Keep kind and places of an error, not its text, which may quote a recording; gives the id under which it stands."""
    number = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    entry = {
        "id": number, "time": datetime.now(UTC).isoformat(timespec="seconds"), "kind": type(error).__name__,
        "places": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }  # fmt: skip
    folder = shared_work_root()  # of the server: whose page it was is not told, and need not be known
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    logging.getLogger(__name__).error("failure %s, a %s; see %s in the workspace", number, entry["kind"], FILE)
    return number


def hush() -> None:
    """Keep Streamlit from printing errors with their text."""
    logging.getLogger(LOUD).addFilter(lambda record: False)


def _short(path: str) -> str:
    """Give a path below the project, or the last two parts of any other."""
    name = path.removeprefix(f"{ROOT}{os.sep}")
    return name if name != path else "/".join(path.replace("\\", "/").split("/")[-2:])
