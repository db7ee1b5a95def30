"""What links ask for: said when it cannot be had, silent otherwise."""

from app.state import link_problems, unknown_keys


def test_a_link_that_can_be_had_is_silent():
    allowed = {"start.view": ["lead I", "limb"], "start.window": range(1, 6)}
    assert link_problems({"start.view": "limb", "start.window": "5"}, allowed) == []
    assert link_problems({}, allowed) == []
    assert link_problems({"other.view": "nonsense"}, allowed) == []


def test_what_cannot_be_had_is_named_with_what_there_is():
    (problem,) = link_problems({"start.window": "6"}, {"start.window": range(1, 6)})
    assert "window" in problem
    assert "“6”" in problem
    assert "1, 2, 3, 4, 5" in problem


def test_a_link_cannot_bring_markdown_onto_the_page():
    (problem,) = link_problems({"start.subject": "[x](http://a) ![y](b) :red[z] $q$"}, {"start.subject": ["s001"]})
    assert "[x](" not in problem
    assert ":red[" not in problem
    assert "$q$" not in problem


def test_long_lists_are_cut():
    (problem,) = link_problems({"start.subject": "s999"}, {"start.subject": [f"s{i:03d}" for i in range(100)]})
    assert "s011" in problem
    assert "s012" not in problem


def test_keys_that_mean_nothing_are_named_for_the_own_page_only():
    found = unknown_keys({"start.veiw": "limb", "data.set": "dsads", "embed": "true"}, "start", ["start.view"])
    assert len(found) == 1
    assert "start\\.veiw" in found[0]
