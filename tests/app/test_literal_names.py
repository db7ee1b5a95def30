"""Names that come from files are shown as they are written, on every page: no Markdown, no HTML, no formulas, no colors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from app import cached, recent
from rdpd_core.datasets import DATASETS
from rdpd_core.experiments import Experiment, keep, run
from rdpd_core.jobs import states
from rdpd_core.store import Store
from rdpd_core.types import Channel, Recording
from tests.app import jobs_made
from tests.app.test_views import MAIN
from tests.toys import CLASSES, SUBJECTS, ToyDataset

SIGNS = "**x**<img src=x onerror=alert(1)>$a$:red[x][a](http://x)`c`"
TURNED = "\u202e"
LIVE = re.compile(r"(?<!\\)(<img|\*\*x|\$a|:red\[|\[a\]|`c)")
"""What would be more than text where Markdown is read; in a figure, an opened tag is."""
LITERAL = {"arrow_data_frame", "code", "text", "json", "text_input", "text_area", "plotly_chart", "toast"}
"""Elements that show what they hold as it is."""
PLAIN = {
    "id",
    "form_id",
    "alt",
    "key",
    "query_string",
    "url_path",
    "page",
    "element_id",
    "url",
    "page_script_hash",
    "data",
    "raw_value",
}
"""Fields that are not shown as Markdown."""
NAMES = [f"{SIGNS}{at}{'w' * 300 if at == 1 else ''}" for at in range(3)]


def named(name: str) -> str:
    """Give a name as it is, made hostile."""
    return f"{SIGNS}{name}"


class Hostile(ToyDataset):
    """The toy data set with names that want to be more than text."""

    name = "simulated_ecg"
    title, summary, reference, licence = (named(word) for word in ("title", "summary", "reference", "licence"))
    channels = tuple(Channel(name, "mV", named(f"group{at // 2}")) for at, name in enumerate(NAMES))
    classes = tuple(named(name) for name in CLASSES)
    views = {"lead_I": NAMES[:1], "two": NAMES[:2]}
    architecture = ToyDataset.architecture

    def __init__(self, root=None):
        """Give everybody a hostile name."""
        super().__init__(root, [f"{TURNED}{named(subject)}" for subject in SUBJECTS])

    def recordings(self) -> Iterator[Recording]:
        """Yield the toy recordings under other names."""
        for found in ToyDataset(subjects=SUBJECTS).recordings():
            label, subject = named(found.label), f"{TURNED}{named(found.subject)}"
            facts = {named("fact"): named("value")}
            told = {"channels": self.channels, "label": label, "subject": subject, "name": named(found.name), "facts": facts}
            yield replace(found, **told)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with models of hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._entries, "simulated_ecg", Hostile)
        patch.setenv("RDPD_CACHE", str(folder / "cache"))
        patch.setenv("RDPD_WORK", str(folder))
        asked = Experiment(
            dataset="simulated_ecg", view="two", arms=("teacher", "direct", "rdpd"), seeds=1, recipe="paper", epochs=1
        )
        keep(run(asked), Store.default(), "2026-01-01T00:00:00+00:00")
    return folder


@pytest.fixture
def here(work, monkeypatch, tmp_path, still_watch):
    """The hostile data set and its models, a job of a hostile title, and a last view of such a name."""
    monkeypatch.setitem(DATASETS._entries, "simulated_ecg", Hostile)
    monkeypatch.setenv("RDPD_CACHE", str(work / "cache"))
    monkeypatch.setenv("RDPD_WORK", str(work))
    monkeypatch.setenv("RDPD_DATA", str(work / "data"))
    monkeypatch.setattr("rdpd_core.store.store.pretrained_root", lambda: tmp_path / "none")
    still_watch.desk = jobs_made.desk(tmp_path)
    folder = jobs_made.submit(still_watch.desk, jobs_made.spec(SIGNS), jobs_made.Course(stage="tables", epochs=2))
    jobs_made.end(folder, states.FAILED, SIGNS, tables=[jobs_made.table()], models=[f"simulated_ecg/{SIGNS}"])
    other = jobs_made.submit(still_watch.desk, jobs_made.spec(SIGNS, epochs=3))
    grid = [jobs_made.table(view=NAMES[0], noise=noise, split=SIGNS) for noise in (0.0, 0.5)]
    jobs_made.end(other, states.DONE, tables=[*grid, jobs_made.table(view=NAMES[2])])
    recent.note("case", SIGNS, {"case.subject": SIGNS}, "one")
    cached.listing.clear()
    return folder.path.name


def opened(page: str, **link: str) -> AppTest:
    """Run a page until nothing is read or made any more; the bars of a job may stay."""
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for key, value in link.items():
        at.query_params[key.replace("__", ".")] = value
    if page != "start":
        at.switch_page(f"views/{page}.py")
    at.run()
    for _ in range(100):
        if not any(bar.proto.text.endswith("…") for bar in at.get("progress")):
            break
        at.run()
    assert not at.exception
    return at


def spoken(message, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text that an element may show as Markdown, with where it stands."""
    for field, value in message.ListFields():
        if field.name in PLAIN or field.name in LITERAL or (field.name == "options" and "selectbox" in where):
            continue
        for one in value if not isinstance(value, str) and hasattr(value, "__iter__") else [value]:
            if isinstance(one, str):
                yield f"{where}.{field.name}", one
            elif hasattr(one, "ListFields"):
                yield from spoken(one, f"{where}.{field.name}")


def elements(at) -> list:
    """Give the messages of all elements and blocks of a page."""
    found, open_nodes = [], list(at._tree.children.values())
    while open_nodes:
        node = open_nodes.pop()
        open_nodes += list(getattr(node, "children", {}).values())
        if getattr(node, "proto", None) is not None:
            found.append((getattr(node, "type", ""), node.proto))
    return found


def live(at) -> list[str]:
    """Give all places of a page where a name would be more than text."""
    found = []
    for kind, proto in elements(at):
        if kind in LITERAL or not hasattr(proto, "ListFields"):
            continue
        where = f"{kind}{'.selectbox' if kind in ('selectbox', 'multiselect') else ''}"
        found += [f"{place}: {text[:160]}" for place, text in spoken(proto, where) if LIVE.search(text)]
        found += [f"{place} has a sign that turns text round" for place, text in spoken(proto, where) if TURNED in text]
    for chart in at.get("plotly_chart"):
        found += [f"figure: {part}" for part in re.findall(r".{40}<img.{20}", chart.proto.spec)]
    return found


VIEWS = {
    "start": {},
    "case, a window": {},
    "case, a subject": {"case__part": "subject"},
    "case, a group": {"case__part": "group"},
    "whatif": {"whatif__edits": ""},
    **{f"explain, {part}": {"explain__part": part} for part in ("one", "pair", "methods")},
    **{f"represent, {part}": {"represent__part": part} for part in ("look", "layers")},
    **{f"cohort, {part}": {"cohort__part": part} for part in ("wrong", "classes", "sure")},
    "distill": {"distill__view": "own", "distill__data": "simulated_ecg"},
    "jobs": {},
    "lab": {"lab__job": "new"},
    "lab, absent": {"lab__job": SIGNS},
    **{f"compare, {part}": {"compare__part": part} for part in ("table", "curves", "sides", "models", "missing")},
    "compare, absent": {"compare__jobs": SIGNS, "compare__part": SIGNS},
    "data": {"data__set": "simulated_ecg"},
    **{f"models, {part}": {"models__part": part} for part in ("card", "lineage", "cost", "fits", "pair", "out")},
    "models, absent": {"models__model": SIGNS},
    "jobs, absent": {"jobs__job": SIGNS},
    "case, absent": {"case__subject": SIGNS, f"case__{SIGNS}": SIGNS},
}


QUIET = {"compare, models", "models, lineage", "models, cost", "models, pair", "models, out"}
"""Views that may have nothing to say but what the program itself calls things."""


def everything(at) -> str:
    """Give all texts of a page, without the signs that keep Markdown from reading them."""
    texts = [text for _, proto in elements(at) if hasattr(proto, "ListFields") for _, text in spoken(proto)]
    return "\n".join(texts).replace("\\", "")


@pytest.mark.slow
@pytest.mark.parametrize("name", VIEWS)
def test_names_are_text(here, name):
    page = name.partition(",")[0]
    at = opened(page, **VIEWS[name])
    assert "img src" in everything(at) or name in QUIET, "nothing of it is shown, so nothing was looked at"
    assert not live(at)


@pytest.mark.parametrize("text", ["**x**", "<img src=x>", "a $a$", ":red[x]", "[a](http://x)", "`c`", "\\\\**x**"[2:]])
def test_live_text_would_be_seen(text):
    assert LIVE.search(text)
