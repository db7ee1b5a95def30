"""Which fragments are left out because their page is left."""

import pytest
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


def test_a_second_call_changes_nothing(monkeypatch):
    monkeypatch.setattr(ScriptRunner, "_run_script", ScriptRunner._run_script)  # put back afterwards
    stray.install()
    once = ScriptRunner._run_script
    stray.install()
    assert ScriptRunner._run_script is once
