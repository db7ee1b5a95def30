"""A short demonstration is played once: every page, one guided case by arrow keys, finds, edits, and nothing fails."""

import pytest

from tests.browser.conftest import LAPTOP
from tests.browser.demo_run import play
from tests.browser.demo_script import script

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.trial, pytest.mark.timeout(600)]

LEAST = 40


def test_a_demonstration_without_network_fails_nowhere(browser, app_url):
    with browser.new_context(viewport=LAPTOP) as context:
        replay = play(context.new_page(), app_url, script(0, short=True), pace=0.0)
    assert not replay.troubles, "\n".join(replay.troubles)
    assert not replay.asked
    assert replay.interactions >= LEAST
