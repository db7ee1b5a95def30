"""What a view is called, and how long ago something was."""

import pytest

from app.figures.view_words import PAGES, ago, choices


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"), (0, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
        (86399, "23 h ago"), (200_000, "2 d ago"),
    ],
)  # fmt: skip
def test_how_long_ago(seconds, words):
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("page", "told", "words"),
    [
        (
            "case",
            {"set": "simulated_ecg", "subject": "s1", "window": 3, "part": "window"},
            "Simulated ECG · subject s1 · window 3",
        ),
        ("case", {"set": "no_more", "subject": "s1", "part": "group"}, "no_more · subject s1 · several subjects side by side"),
        ("whatif", {"data": "dsads", "edits": "drop~I!drop~II"}, "Daily and Sports Activities · 2 edits"),
        ("whatif", {"data": "dsads", "edits": ""}, "Daily and Sports Activities"),
        ("models", {"model": "dsads/one", "part": "cost", "arm": "all"}, "one · cost"),
        ("jobs", {"job": "0123456789"}, "job 012345"),
    ],
)
def test_a_view_is_called_by_its_choices(page, told, words):
    assert choices(page, told) == words


def test_a_page_without_its_choices_has_no_words():
    assert {choices(page, {}) for page in PAGES} == {""}
