"""Names from files are shown as they are written."""

import pytest

from app.figures.text import at_rate, in_cell, in_filename, in_markdown, in_plotly, lasting, listed


def test_plotly_sees_no_tags():
    assert in_plotly('<a href="x">s1</a> & co') == '&lt;a href="x"&gt;s1&lt;/a&gt; &amp; co'


SIGNS = ["**b**", "[a](b)", "![a](b)", "`c`", "$x$", ":red[a]", ":material/home:", "# h", "<b>", "- a", "a|b"]


@pytest.mark.parametrize("name", SIGNS)
def test_markdown_signs_are_escaped(name):
    shown = in_markdown(name)
    assert shown.replace("\\", "") == name
    for at, sign in enumerate(shown):
        assert sign not in "*[]()!`$:#<>|-" or shown[at - 1] == "\\"


def test_lines_and_lengths_are_bounded():
    assert in_markdown("a\nb\x00c") == "a b c"
    assert len(in_plotly("x" * 500)) == 80


@pytest.mark.parametrize("value", ["=1+1", "+a", "-a", "@a", "\tx"])
def test_cells_are_no_formulas(value):
    assert in_cell(value) == f"'{value}"


def test_other_cells_stay_as_they_are():
    assert in_cell(-1.5) == -1.5
    assert in_cell("s1") == "s1"


def test_file_names_hold_letters_digits_and_dashes():
    assert in_filename("simulated_ecg", "../s 1", "0") == "simulated-ecg_s-1_0"


def test_lists_read_as_sentences():
    assert listed([]) == "none"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("seconds", "said"), [(5.12, "5.12 s"), (3600, "3600 s"), (43200.0, "12 h"), (172800, "48 h"), (7201, "7201 s")]
)
def test_hours_are_told_as_hours(seconds, said):
    assert lasting(seconds) == said


@pytest.mark.parametrize(("rate", "said"), [(50, "50 Hz"), (0.5, "0.5 Hz"), (1 / 3600, "1 per hour"), (1 / 60, "60 per hour")])
def test_slow_rates_are_told_per_hour(rate, said):
    assert at_rate(rate) == said
