"""What is committed is all it takes: a clone, given an environment, shows the picture.

That a first start makes the environment is tested with small lists of packages in `tests/core/test_environment_start.py`, and
for the true list by every run of these tests on a fresh checkout.
"""

import subprocess
import sys

import pytest

from rdpd_core.environment import ROOT

BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # the one outside the environment of the tests


@pytest.fixture
def clone(tmp_path):
    """A clone of what is committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout, so there is nothing to clone")
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    return folder


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(400)
def test_fresh_clone_shows_the_picture(clone, tmp_path, fresh_app, sees_picture):
    with fresh_app(clone, BASE_PYTHON, tmp_path, within_s=60, RDPD_VENV=sys.prefix) as url:
        sees_picture(url)
