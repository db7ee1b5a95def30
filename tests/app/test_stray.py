"""Which fragments are left out because their page is left."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from app import stray


@pytest.mark.parametrize(
    ("queue", "asked", "page", "left_out"),
    [
        (["a"], "case", "case", False),
        (["a"], "case", "jobs", True),
        (["gone"], "jobs", "jobs", True),
        (["gone", "a"], "jobs", "jobs", False),
        (["a"], "case", "", False),
        (["a"], "", "jobs", False),
        ([], "case", "jobs", False),
        ([], "", "", False),
    ],
)
def test_fragments_of_other_pages_and_such_that_are_gone_are_left_out(queue, asked, page, left_out):
    data = RerunData(fragment_id_queue=queue, page_script_hash=asked)
    assert stray.is_stray(data, page, {"a"}.__contains__) is left_out


@pytest.fixture
def patched(monkeypatch):
    """Streamlit as the app runs it; put back afterwards."""
    monkeypatch.setattr(ScriptRunner, "_run_script", ScriptRunner._run_script)
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    stray.install()


def test_a_second_call_changes_nothing(patched):
    once = ScriptRunner._run_script, ForwardMsgQueue.clear
    stray.install()
    assert (ScriptRunner._run_script, ForwardMsgQueue.clear) == once


def delta(place, fragment=""):
    message = ForwardMsg()
    message.metadata.delta_path[:] = [0, place]
    message.delta.new_element.text.body = f"{place}"
    message.delta.fragment_id = fragment
    return message


def test_what_a_fragment_has_still_to_send_is_sent_when_it_begins_anew(patched):
    queue = ForwardMsgQueue()
    for message in (delta(5), delta(6, "part"), delta(7)):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["part"])
    queue.enqueue(delta(6, "part"))
    assert [message.metadata.delta_path[1] for message in queue.flush()] == [5, 6, 7, 6]


def test_a_page_that_is_made_anew_drops_what_was_still_to_be_sent(patched):
    queue = ForwardMsgQueue()
    queue.enqueue(delta(5))
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()
