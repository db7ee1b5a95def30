"""The shape of the code: who may import whom, how long things may be, and what must not lie about."""

import ast
import functools
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {"README.md", "requirements.txt", "app", "rdpd_core", "pretrained", "tests"}

# Lowest first. A room imports rooms of lower rows only; of its own row, only itself.
ROWS = {
    "rdpd_core": [
        {"errors", "environment"},
        {"types", "params", "registry", "runtime", "files", "terminal", "apart", "marks"},
        {"datasets", "preprocessing", "models", "losses"},
        {"methods", "evaluation", "intake"},
        {"training"},
        {"store"},
        {"experiments"},
        {"jobs"},
        {"__main__"},
    ],
    "app": [
        {"theme"},
        {"figures"},
        {"recent", "gate", "failures", "stray", "unheard"},
        {"kept"},
        {"state", "cached", "watch"},
        {"components"},
        {"ahead"},
        {"views"},
        {"main", "served"},
        {"__main__"},
    ],
}
ALSO_CLOSED = {"rdpd_core": {"streamlit", "plotly", "app", "tests"}, "app": {"tests"}, "app.figures": {"streamlit"}}
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_MEDIAN_LINES = 400, 60, 12
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc"}

# Put together from parts, so that this file does not hold what it looks for.
LEFTOVERS = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"))
MACHINE_PATHS = "(?:^|[^A-Za-z0-9_.])/(?:" + "|".join(("home", "root", "Users", "mnt", "srv", "work", "farm", "tmp")) + ")/"
PACKED = re.compile(r"[^\s\"]{200,}")
"""Numbers as base85, in which any three letters come by chance; in files of results only."""
RESULTS = ROOT / "pretrained" / "results"


def tracked() -> list[Path]:
    """Give every file of the project: those under version control, or all where there is none."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        return sorted(ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file())
    hidden = {"__pycache__"}
    files = [p for top in TOP_LEVEL for p in ((ROOT / top).rglob("*") if (ROOT / top).is_dir() else [ROOT / top])]
    return sorted(p for p in files if p.is_file() and not hidden & set(p.parts))


FILES = tracked()
PYTHON = [p for p in FILES if p.suffix == ".py"]
CODE = [p for p in PYTHON if p.relative_to(ROOT).parts[0] in ROWS]


def shown(path: Path) -> str:
    """Give a path as a test's name."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """Give the dotted name of a module; a package's is that of its folder."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """Give what a file says; several tests ask the same files."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Give everything within, which several tests look through."""
    return tuple(ast.walk(tree))


def imports(tree: ast.AST) -> list[str]:
    """Give the dotted names a module imports anywhere, also inside functions and by name at run time."""
    found = []
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            found += [str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return found


def _called(func: ast.expr) -> str:
    return getattr(func, "attr", getattr(func, "id", ""))


def problems_of_imports(module: str, names: list[str]) -> list[str]:
    """Say what is wrong with the imports of a module."""
    package, _, inner = module.partition(".")
    room = inner.split(".")[0]
    rows = {name: row for row, names_of_row in enumerate(ROWS[package]) for name in names_of_row}
    closed = {name for area, banned in ALSO_CLOSED.items() if f"{module}.".startswith(f"{area}.") for name in banned}
    if room and room not in rows:
        return [f"{room} is in no row of the table"]
    found = []
    for name in names:
        head, _, rest = name.partition(".")
        target = rest.split(".")[0]
        if not head:
            found.append(f"relative import {name}")
        elif head in closed:
            found.append(f"must not import {name}")
        elif head == package and target in rows and target != room and (not room or rows[target] >= rows[room]):
            found.append(f"row {rows.get(room, 'of the package')} imports {name}, row {rows[target]}")
        elif module.startswith("app.views.") and name.startswith("app.views.") and not name.startswith(module):
            found.append(f"a view imports the view {name}")
    return found


@pytest.mark.parametrize("path", CODE, ids=shown)
def test_imports_go_down(path):
    problems = problems_of_imports(dotted(path), imports(tree_of(path)))
    assert not problems, f"{shown(path)}: {problems}"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("rdpd_core.errors", "import rdpd_core.files"),
        ("rdpd_core.files", "from rdpd_core import params"),
        ("rdpd_core.models.rcnn", "from rdpd_core.losses.imitation import soft"),
        ("rdpd_core.models.rcnn", "def f():\n    import streamlit"),
        ("rdpd_core.jobs.worker", "from app import state"),
        ("rdpd_core.jobs.worker", "import importlib\nimportlib.import_module('plotly.express')"),
        ("rdpd_core.datasets.dsads", "from . import base"),
        ("rdpd_core.helping", "import numpy"),
        ("app.figures.history", "from streamlit import write"),
        ("app.state", "from app.cached import model"),
        ("app.views.case", "from app.views.start import page"),
        ("app.views.case", "from app.views import start"),
        ("app.components.form", "from tests.toys import Toy"),
    ],
)
def test_forbidden_imports_are_seen(module, line):
    assert problems_of_imports(module, imports(ast.parse(line)))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("rdpd_core.datasets.dsads", "from rdpd_core.datasets.base import Dataset"),
        ("rdpd_core.methods.rdpd", "from rdpd_core.losses import imitation\nfrom rdpd_core import __version__"),
        ("app.figures.history", "import plotly\nfrom app import theme\nfrom rdpd_core.types import Windows"),
    ],
)
def test_allowed_imports_pass(module, line):
    assert not problems_of_imports(module, imports(ast.parse(line)))


def test_environment_needs_only_the_standard_library():
    path = ROOT / "rdpd_core" / "environment.py"
    heads = {name.split(".")[0] for name in imports(tree_of(path))}
    assert heads <= sys.stdlib_module_names


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give all functions and methods of a module."""
    return [node for node in nodes_of(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Give the length of a function, in lines."""
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", PYTHON, ids=shown)
def test_lengths(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE_LINES, shown(path)
    long = {node.name: lines_of(node) for node in functions(tree_of(path)) if lines_of(node) > MAX_FUNCTION_LINES}
    assert not long, f"{shown(path)}: {long}"


@pytest.mark.parametrize("package", list(ROWS))
def test_most_functions_are_short(package):
    paths = [p for p in CODE if dotted(p).split(".")[0] == package]
    lengths = [lines_of(node) for p in paths for node in functions(tree_of(p))]
    assert statistics.median(lengths) <= MAX_MEDIAN_LINES


@pytest.mark.parametrize("path", CODE, ids=shown)
def test_docstrings(path):
    tree = tree_of(path)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    places = [("", tree), *((f"{c.name}.", c) for c in classes)]
    nodes = [(prefix, n) for prefix, place in places for n in place.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    bare = [prefix + n.name for prefix, n in nodes if not n.name.startswith("_") and not ast.get_docstring(n)]
    assert ast.get_docstring(tree), f"{shown(path)} has no docstring"
    assert not bare, f"{shown(path)}: without docstring: {bare}"


def test_visible_top_level():
    visible = {p.relative_to(ROOT).parts[0] for p in FILES}
    assert {name for name in visible if not name.startswith(".")} == TOP_LEVEL


def test_no_module_is_named_vaguely():
    parts = {part: p for p in PYTHON for part in p.relative_to(ROOT).with_suffix("").parts}
    assert not VAGUE_NAMES & set(parts), [shown(parts[name]) for name in VAGUE_NAMES & set(parts)]


def text_of(path: Path) -> str:
    """Give a file's text, empty for one that holds none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("pattern", [LEFTOVERS, MACHINE_PATHS], ids=["leftovers", "machine paths"])
def test_nothing_lies_about(pattern):
    texts = {path: PACKED.sub("", text_of(path)) if path.parent == RESULTS else text_of(path) for path in FILES}
    hits = [f"{shown(at)}: {m.group().strip()}" for at, text in texts.items() for m in re.finditer(pattern, text, re.MULTILINE)]
    assert not hits, hits


def test_packed_numbers_are_told_from_words():
    assert PACKED.sub("", f'"draws": "{"aB{3;" * 60}"') == '"draws": ""'
    words = "recipe strong, unlabeled_0.95.lead_II-V5-I+II, of rdpd_core/experiments/evidence/book.py"
    assert PACKED.sub("", words) == words


def test_ruff_is_content():
    options = ["--quiet", "--no-cache", "--output-format=concise", "--config", ".ruff.toml"]
    command = [sys.executable, "-m", "ruff", "check", *options, *map(shown, PYTHON)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
