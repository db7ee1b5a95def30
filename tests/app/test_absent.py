"""A link that asks for what is not here says so on every page, for every kind of choice, and shows what there is."""

import pytest

from tests.app.test_views import here, models, opened

__all__ = ["here", "models"]

NOWHERE = "n*wh*re"
ABSENT = [
    ("start.subject", {}),
    ("start.channels", {"start.window": "2"}),
    ("case.subject", {}),
    ("case.follow", {"case.part": "subject"}),
    ("case.group", {"case.part": "group"}),
    ("whatif.subject", {}),
    ("whatif.edits", {"whatif.window": "2"}),
    ("distill.data", {}),
    ("distill.simulated_ecg_channels", {"distill.view": "own"}),
    ("distill.noise", {"distill.seeds": "2"}),
    ("jobs.job", {}),
    ("data.set", {}),
    ("data.counted", {"data.set": "simulated_ecg"}),
    ("models.model", {}),
    ("models.job", {"models.part": "cost"}),
]
"""What is asked for in vain, and what else the link holds."""


@pytest.mark.parametrize(("key", "others"), ABSENT, ids=[key for key, _ in ABSENT])
@pytest.mark.slow
def test_a_link_to_what_is_not_here_says_so(here, key, others):
    link = {name.replace(".", "__"): value for name, value in (others | {key: NOWHERE}).items()}
    at = opened(key.partition(".")[0], **link)
    assert not at.exception
    told = " ".join(words.value for kind in (at.warning, at.info, at.error) for words in kind).replace("\\", "")
    assert NOWHERE in told
