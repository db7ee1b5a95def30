"""A job folder that cannot be written: one sentence beside that job, and the others go on."""

import os
import shutil
import subprocess
import sys

import pytest

from rdpd_core.jobs import locks, states
from rdpd_core.jobs.engines.local import PROJECT
from tests.core.jobs.made import desk, toy_spec, until_ended

BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
"""Even root may then write only where the folder says so."""
CODE = """
import sys
from pathlib import Path
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import RdpdError
from tests.core.jobs.made import desk, until_ended
from tests.toys import ToyDataset
DATASETS._entries["toy"] = ToyDataset
office, free, shut = desk(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
print("free:", until_ended(office, free).state.name)
office.tick()
print("shut:", office.job(shut).state.name, office.job(shut).state.reason)
for do in (office.stop, office.force):
    try:
        do(shut)
    except RdpdError as error:
        print(f"{do.__name__}:", error)
"""


def bound(*words):
    """Run Python where a folder that may not be written is not written; give what it printed, line by line."""
    guard = BOUND if os.name == "posix" and not os.geteuid() else []
    if guard and shutil.which(guard[0]) is None:
        pytest.skip("this system has no setpriv, and root may write everywhere")
    done = subprocess.run(
        [*guard, sys.executable, "-c", CODE, *words], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_job_folder_that_cannot_be_written_is_told_and_the_others_go_on(toy, tmp_path):
    office = desk(tmp_path)
    with locks.hold(tmp_path / "slots" / "cpu-0"):  # both wait
        shut, free = (office.submit(toy_spec(first_seed=seed, seeds=1))[0] for seed in (1, 2))
    shut.folder.path.chmod(0o555)
    try:
        told = bound(str(tmp_path), free.id, shut.id)
    finally:
        shut.folder.path.chmod(0o755)
    assert told["free"] == states.DONE
    name, _, reason = told["shut"].partition(" ")
    assert name == states.QUEUED
    assert "log.txt" in reason
    assert "cannot write" in told["stop"]
    assert "choose a folder that can be written" in told["force"]
    assert until_ended(office, shut.id).state.name == states.DONE, "once it can be written, it goes on"
