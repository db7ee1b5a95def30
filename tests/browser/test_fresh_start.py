"""A person who has just cloned the project types one command and sees the picture."""

import shutil
import subprocess
import sys

import pytest

from rdpd_core.environment import ROOT

BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # the one outside the environment of the tests


@pytest.fixture
def clone(tmp_path):
    """A clone of what is committed; removed at the end, as its environment is large."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout, so there is nothing to clone")
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(900)
def test_fresh_clone_shows_the_picture(clone, tmp_path, fresh_app, sees_picture):
    with fresh_app(clone, BASE_PYTHON, tmp_path, within_s=600) as url:
        sees_picture(url)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(400)
def test_first_page_shows_the_picture(app_url, sees_picture):
    sees_picture(app_url)
