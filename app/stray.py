"""Fragments of a page that is left already are not run: in Streamlit 1.67 one of them could leave the browser blank.

A part that reruns by itself asks for that while the next page is being made, and is answered after it. The answer names the
page it belongs to, so the browser takes the page for changed, clears it, and fails at the next update of what it has cleared.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def install() -> None:
    """Leave such requests out, in every session of this process; a second call changes nothing.

    Raises:
        AttributeError: This Streamlit runs its scripts in another way than the pinned one.
    """
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

    original = ScriptRunner._run_script
    if getattr(original, "leaves_out_strays", False):
        return

    def run_script(self: ScriptRunner, rerun_data: RerunData) -> None:
        if not is_stray(rerun_data, self._get_script_run_ctx().page_script_hash, self._fragment_storage.contains):
            original(self, rerun_data)

    run_script.leaves_out_strays = True
    ScriptRunner._run_script = run_script


def is_stray(asked: RerunData, page: str, is_there: Callable[[str], bool]) -> bool:
    """Say whether nothing but fragments is asked for, and they are of another page or not there any more.

    Args:
        asked: What is to be run.
        page: The page that was made last, as Streamlit names it; empty if none was.
        is_there: Says whether there is a fragment of an id.
    """
    if not asked.fragment_id_queue:
        return False
    elsewhere = bool(page and asked.page_script_hash) and page != asked.page_script_hash
    return elsewhere or not any(is_there(fragment) for fragment in asked.fragment_id_queue)
