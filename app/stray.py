"""Fragments of a page that is left already are not run: in Streamlit 1.67 one of them could leave the browser blank.

A part that reruns by itself asks for that while the next page is being made, and is answered after it. The answer names the
page it belongs to, so the browser takes the page for changed, clears it, and fails at the next update of what it has cleared.

On a busy machine a fragment can also begin anew while what was made of it with the page is still to be sent. Streamlit drops
that and keeps what stands below it, which then arrives first, at a place that is not there yet: blank again. Here it is sent,
too, as it would have been a moment earlier.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def install() -> None:
    """Leave such requests out and send what was made, in every session of this process; a second call changes nothing.

    Raises:
        AttributeError: This Streamlit runs its scripts in another way than the pinned one.
    """
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

    original = ScriptRunner._run_script
    if getattr(original, "leaves_out_strays", False):
        return

    def run_script(self: ScriptRunner, rerun_data: RerunData) -> None:
        if not is_stray(rerun_data, self._get_script_run_ctx().page_script_hash, self._fragment_storage.contains):
            original(self, rerun_data)

    run_script.leaves_out_strays = True
    ScriptRunner._run_script = run_script
    clear_all = ForwardMsgQueue.clear

    def clear(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        none_of_them = None if fragment_ids_this_run is None else []  # of a fragment that runs anew nothing is dropped
        clear_all(self, retain_lifecycle_msgs, none_of_them)

    ForwardMsgQueue.clear = clear


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
