"""Groups of people: how they are made, hidden, and tested."""

import numpy as np
import pytest

from rdpd_core.evaluation.groups import gap_p, grouped, shown_groups
from rdpd_core.runtime import numpy_generator


def test_words_numbers_and_what_tells_nobody_apart():
    facts = [
        (
            f"p{i}",
            {"sex": "fm"[i % 2], "rate": f"{60 + i + part} /min", "place": "lab", "id": f"x{i}", "finding": f"{i % 3}{part}"},
        )
        for i in range(30)
        for part in (0, 1)
    ]
    facts.append(("late", {}))
    found = grouped(facts)
    assert set(found) == {"sex", "rate"}  # one place only, as many ids as people, findings that differ within everybody
    assert set(found["sex"].values()) == {"f", "m", "not recorded"}
    thirds = [name for name in found["rate"].values() if name != "not recorded"]
    assert sorted(thirds.count(name) for name in set(thirds)) == [10, 10, 10]
    assert all(name.endswith("/min") for name in thirds)
    assert found["rate"]["p0"].startswith("up to")
    assert grouped([]) == {}


def test_small_groups_are_hidden_and_cannot_be_subtracted():
    groups = dict(zip("abcdefghijklmn", ["x"] * 6 + ["y"] * 5 + ["z"] * 3, strict=True))
    assert shown_groups(groups, 5) == (["x"], ["z", "y"])  # z alone would follow from the total
    assert shown_groups(groups, 3) == (["x", "y", "z"], [])
    assert shown_groups(groups, 6) == (["x"], ["y", "z"])
    assert shown_groups(groups, 20) == ([], ["x", "y", "z"])


def test_relabeling_people_keeps_its_promise():
    called = 0
    for repeat in range(200):
        draw = numpy_generator("groups", repeat)
        right = draw.binomial(10, draw.beta(2, 1, 30))
        called += gap_p(right, np.full(30, 10), np.arange(30) < 10, repeat, 200) < 0.05
    assert called <= 18
    right = np.where(np.arange(30) < 10, 3, 8)
    assert gap_p(right, np.full(30, 10), np.arange(30) < 10) < 0.01
    assert gap_p(np.full(30, 5), np.full(30, 10), np.arange(30) < 10) == pytest.approx(1)
