"""What the README shows must be true: its commands, its names, its links."""

import importlib
import importlib.util
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}(.*)$", re.MULTILINE)
COMMAND = re.compile(r"^\s*(?:\$ )?\S*python3? -m (rdpd_core|app|tests)\b(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|(?:src|href)=\"([^\"]+)\"")
PATH = re.compile(r"`((?:rdpd_core|app|tests|pretrained|\.ci)/[\w./-]*)`")


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Give the project's own commands in the code blocks of a text, each as its package and arguments."""
    blocks = [*FENCED.findall(text), "\n".join(INDENTED.findall(FENCED.sub("", text)))]
    found = []
    for package, rest in (match for block in blocks for match in COMMAND.findall(block.replace("\\\n", " "))):
        words = shlex.split(rest, comments=True)
        end = next((at for at, word in enumerate(words) if word in ("|", ">", "&&", ";", "&")), len(words))
        found.append((package, words[:end]))
    return found


def check(package: str, arguments: list[str], capsys) -> None:
    """Fail unless the command would be understood."""
    if package == "tests":
        paths = [ROOT / word.split("::")[0] for word in arguments if "/" in word]
        assert all(path.exists() for path in paths), f"README names tests that are not there: {paths}"
        return
    assert importlib.util.find_spec(f"{package}.__main__"), f"README shows python -m {package}, which does not exist"
    parser = importlib.import_module(f"{package}.__main__").build_parser()
    try:
        parser.parse_args(arguments)
    except SystemExit as end:
        if end.code:
            shown = f"python -m {package} {shlex.join(arguments)}"
            pytest.fail(f"README shows a command that is not understood: {shown}\n{capsys.readouterr().err}")


@pytest.mark.parametrize(("package", "arguments"), commands(TEXT), ids=str)
def test_command_is_understood(package, arguments, capsys):
    check(package, arguments, capsys)


def test_a_wrong_command_is_seen(capsys):
    (command,) = commands("```\n$ python3 -m app --poort 80  # a comment\n```\n")
    with pytest.raises(pytest.fail.Exception, match="--poort"):
        check(*command, capsys)


def test_commands_are_found_in_both_kinds_of_block():
    fenced = "```bash\npython -m rdpd_core compare dsads \\\n  --seeds 5 | head\n```\n"
    text = f"python3 -m app in a sentence\n{fenced}\n    python3 -m tests quick\n"
    assert commands(text) == [("rdpd_core", ["compare", "dsads", "--seeds", "5"]), ("tests", ["quick"])]


def test_the_two_commands_are_shown():
    shown = commands(TEXT)
    assert ("app", []) in shown
    assert ("tests", []) in shown


@pytest.mark.parametrize(("room", "registry"), [("datasets", "DATASETS"), ("models", "MODELS"), ("methods", "METHODS")])
def test_every_entry_is_named(room, registry):
    names = getattr(importlib.import_module(f"rdpd_core.{room}"), registry).names()
    unnamed = [name for name in names if not re.search(rf"\b{re.escape(name)}\b", TEXT)]
    assert names
    assert not unnamed, f"README does not name these {room}: {unnamed}"


def headings() -> set[str]:
    """Give the addresses of the headings, as they are made on the web."""
    titles = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_links_lead_somewhere():
    targets = [first or second for first, second in LINK.findall(TEXT)]
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    dead = [t for t in local if (t[1:] not in headings() if t.startswith("#") else not (ROOT / t.split("#")[0]).exists())]
    assert not dead, f"README links to what is not there: {dead}"


def test_paths_exist():
    missing = [path for path in PATH.findall(TEXT) if not (ROOT / path).exists()]
    assert not missing, f"README names paths that are not there: {missing}"
