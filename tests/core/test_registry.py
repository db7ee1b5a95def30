"""A registry is filled by the files of one folder."""

import sys

import pytest

from rdpd_core.errors import UnknownNameError
from rdpd_core.registry import Registry, discover


def entry(name):
    return type(name.title(), (), {"name": name})


@pytest.fixture
def shelf():
    registry = Registry("toy")
    for name in ("kite", "ball"):
        registry.register(entry(name))
    return registry


def test_register_gives_the_class_back(shelf):
    cls = entry("top")
    assert shelf.register(cls) is cls
    assert shelf.get("top") is cls


def test_order_is_by_name(shelf):
    assert shelf.names() == ["ball", "kite"]
    assert [cls.name for cls in shelf] == ["ball", "kite"]
    assert len(shelf) == 2
    assert "kite" in shelf
    assert "top" not in shelf


def test_unknown_entry_names_the_nearest(shelf):
    with pytest.raises(UnknownNameError, match=r"unknown toy 'kit' \(did you mean 'kite'\?\); known: ball, kite"):
        shelf.get("kit")


def test_a_name_is_taken_once(shelf):
    with pytest.raises(ValueError, match="two toys are named 'ball'"):
        shelf.register(entry("ball"))


def test_what_is_found_is_listed_and_what_is_registered_goes_before_it(shelf):
    top, other = entry("top"), entry("ball")
    shelf.also(lambda: {"top": top, "ball": other})
    shelf.also(lambda: {"kite2": entry("kite2")})
    assert shelf.names() == ["ball", "kite", "kite2", "top"]
    assert shelf.get("ball") is not other
    assert shelf.registered() == ["ball", "kite"]


def test_what_is_unlisted_is_given_to_who_asks_by_name(shelf):
    top = entry("top")
    shelf.unlisted({"top": top})
    assert shelf.get("top") is top
    assert "top" in shelf
    assert shelf.names() == ["ball", "kite"]
    assert shelf.registered() == ["ball", "kite", "top"]
    with pytest.raises(UnknownNameError, match=r"unknown toy 'topp' \(did you mean 'top'\?\); known: ball, kite, top"):
        shelf.get("topp")
    with pytest.raises(UnknownNameError, match=r"known: ball, kite$"):
        shelf.get("zebra")


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_is_needed(shelf, name):
    with pytest.raises(TypeError, match="must define `name` to be a toy"):
        shelf.register(type("Nameless", (), {"name": name}))


def test_an_inherited_name_does_not_count(shelf):
    with pytest.raises(TypeError, match="must define `name`"):
        shelf.register(type("Heir", (shelf.get("ball"),), {}))


def test_discover_imports_public_modules_only(tmp_path, monkeypatch):
    room = tmp_path / "toyroom"
    room.mkdir()
    (room / "__init__.py").write_text("seen = []\n")
    for name in ("one", "two", "_hidden"):
        (room / f"{name}.py").write_text(f"import toyroom\ntoyroom.seen.append({name!r})\n")
    monkeypatch.syspath_prepend(tmp_path)
    import toyroom

    try:
        discover("toyroom", toyroom.__path__)
        assert toyroom.seen == ["one", "two"]
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "toyroom"]:
            del sys.modules[name]
