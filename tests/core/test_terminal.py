"""What commands print."""

from rdpd_core.terminal import LazyParser, plain, table


def test_a_table_is_aligned_and_complete():
    rows = [{"name": "a", "n": 1}, {"name": "long name", "more": None}, {"n": 0.5, "more": "x"}]
    assert table(rows).splitlines() == ["name       n    more", "a          1", "long name", "           0.5  x"]
    assert table([]) == "none"


def test_text_cannot_command_a_terminal():
    assert plain("a\x1b[31mb\x00\x9bc\n\td\u202ee\ud800") == "a?[31mb??c  d?e?"
    assert plain("Zoë 12 µV ± 3 – 心") == "Zoë 12 µV ± 3 – 心"
    assert "\x1b" not in table([{"a\x1b": "\x1b[2J"}])


def test_options_are_declared_at_the_first_look_and_once():
    declared = []

    def declare(parser):
        declared.append(1)
        parser.add_argument("--n", type=int)

    parser = LazyParser()
    parser.declare = declare
    assert not declared
    assert parser.parse_args(["--n", "3"]).n == 3
    assert parser.parse_args(["--n", "4"]).n == 4
    assert declared == [1]
