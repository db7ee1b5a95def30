"""History: plain rows that survive JSON."""

import json

from rdpd_core.training.history import best_row, epoch_row


def test_rows_are_plain_and_the_earliest_of_equals_is_best():
    rows = [epoch_row(at + 1, {"hard": 1.0 / (at + 1)}, score) for at, score in enumerate([0.2, 0.9, 0.9, 0.5])]
    assert json.loads(json.dumps(rows)) == rows
    assert best_row(rows)["epoch"] == 2
