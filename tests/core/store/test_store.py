"""Models are saved whole or not at all, and loaded only if every byte is as it was."""

from __future__ import annotations

import ast
import hashlib
import os
from pathlib import Path

import pytest
import torch

import rdpd_core
from rdpd_core import files
from rdpd_core.errors import DataError, ModelFileError
from rdpd_core.runtime import numpy_generator
from rdpd_core.store import Store, pretrained_root
from rdpd_core.store.store import build
from tests.core.store.made import card, registered, state


@pytest.fixture(autouse=True)
def _tiny():
    with registered():
        yield


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store([tmp_path / "own", tmp_path / "shipped"])


def snapshot(root: Path) -> dict[str, bytes]:
    """Give every file below a root, but for the lock."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file() and p.name != ".lock"}


def test_round_trip(store):
    saved = store.save(card(), state())
    model, found = store.open("made_ecg", "direct-lead_i-0")
    assert found == saved
    path = store.folder("made_ecg", "direct-lead_i-0") / "model.safetensors"
    assert saved.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not model.training
    assert not model.drop.training
    for name, tensor in state().items():
        assert torch.equal(model.state_dict()[name], tensor)
    assert store.verify("made_ecg", "direct-lead_i-0") == store.card("made_ecg", "direct-lead_i-0") == saved
    assert store.list().cards == (saved,)
    assert store.list("other") == ((), ())


def test_equal_models_give_equal_files(tmp_path):
    for place in ("a", "b"):
        Store([tmp_path / place]).save(card(), state())
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_building_leaves_global_randomness_alone():
    weights = state()
    before = torch.get_rng_state()
    build(card(), weights)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_name_is_taken_until_it_may_be_replaced(store):
    store.save(card(), state())
    before = snapshot(store.roots[0])
    with pytest.raises(ModelFileError, match="already; choose another name"):
        store.save(card(title="Other"), state(1))
    assert snapshot(store.roots[0]) == before
    store.save(card(title="Other"), state(1), overwrite=True)
    assert store.card("made_ecg", "direct-lead_i-0").title == "Other"
    assert torch.equal(store.load("made_ecg", "direct-lead_i-0")[0]["first.weight"], state(1)["first.weight"])
    assert len(snapshot(store.roots[0])) == 2, "nothing is left of the old model"


@pytest.mark.parametrize("failing", ["model.safetensors", "card.json"])
def test_a_full_disk_leaves_the_old_model(store, monkeypatch, failing):
    store.save(card(), state())
    before = snapshot(store.roots[0])

    def full(path: Path, data: bytes) -> None:
        if path.name == failing:
            raise DataError("disk full")
        path.write_bytes(data)

    monkeypatch.setattr("rdpd_core.store.store.write_atomic", full)
    with pytest.raises(DataError, match="disk full"):
        store.save(card(title="New"), state(1), overwrite=True)
    with pytest.raises(DataError, match="disk full"):
        store.save(card(name="other"), state(1))
    assert snapshot(store.roots[0]) == before
    assert len(store.list().cards) == 1


@pytest.mark.slow
def test_all_of_200_flipped_bits_are_refused(store):
    store.save(card(), state())
    folder = store.folder("made_ecg", "direct-lead_i-0")
    generator = numpy_generator("store flips")
    for trial in range(200):
        path = folder / ("card.json" if trial % 2 else "model.safetensors")
        good = path.read_bytes()
        bad = bytearray(good)
        bad[generator.integers(len(bad))] ^= 1 << int(generator.integers(8))
        path.write_bytes(bad)
        with pytest.raises(ModelFileError):
            store.open("made_ecg", "direct-lead_i-0")
        path.write_bytes(good)
    store.verify("made_ecg", "direct-lead_i-0")


def test_truncated_files_are_refused(store):
    store.save(card(), state())
    folder = store.folder("made_ecg", "direct-lead_i-0")
    for name in ("card.json", "model.safetensors"):
        good = (folder / name).read_bytes()
        for share in (0, 0.001, 0.3, 0.9, 0.999):
            (folder / name).write_bytes(good[: int(share * len(good))])
            with pytest.raises(ModelFileError, match=name):
                store.open("made_ecg", "direct-lead_i-0")
        (folder / name).write_bytes(good)


def test_weights_of_another_model_are_refused(store):
    store.save(card(), state())
    store.save(card(name="other"), state(1))
    swapped = (store.folder("made_ecg", "other") / "model.safetensors").read_bytes()
    (store.folder("made_ecg", "direct-lead_i-0") / "model.safetensors").write_bytes(swapped)
    with pytest.raises(ModelFileError, match=r"made_ecg/direct-lead_i-0/model\.safetensors: its sha256 is not the one"):
        store.load("made_ecg", "direct-lead_i-0")


def test_every_key_and_shape_that_does_not_fit_is_listed(store):
    given = state()
    given["extra"] = given.pop("last.bias")
    given["first.weight"] = torch.zeros(3, 5)
    given["seen"] = torch.zeros(())
    with pytest.raises(ModelFileError) as caught:
        store.save(card(), given)
    assert str(caught.value).endswith(
        ": missing last.bias; unexpected extra; seen is float32 () but must be int64 (); "
        "first.weight is float32 (3, 5) but must be float32 (3, 2)"
    )
    assert not snapshot(store.roots[0]), "nothing was written"


def test_a_card_that_cannot_be_built_is_refused():
    with pytest.raises(ModelFileError, match=r"unknown model 'tinny' \(did you mean 'tiny'\?\)"):
        build(card(model="tinny"), state())
    with pytest.raises(ModelFileError, match="outside"):
        build(card(model_params={"width": 0}), state())
    with pytest.raises(ModelFileError, match=r"unknown Tiny\.Params setting 'depth'"):
        build(card(model_params={"depth": 1}), state())
    with pytest.raises(ModelFileError, match=r"must be float32 \(1000000000, 2\)"):
        build(card(model_params={"width": 10**9}), state())


def test_one_broken_model_does_not_hide_the_others(store, tmp_path):
    for name in ("a", "b", "c", "d", "e"):
        store.save(card(name=name), state())
    root = store.roots[0] / "made_ecg"
    (root / "a" / "card.json").write_text("{}")
    (root / "b" / "model.safetensors").unlink()
    (root / "c").rename(root / "renamed")
    (tmp_path / "outside").write_bytes((root / "e" / "card.json").read_bytes())
    (root / "e" / "card.json").unlink()
    (root / "e" / "card.json").symlink_to(tmp_path / "outside")
    (root / "empty").mkdir()
    (root / ".half-written").mkdir()
    (root / "README").write_text("a file, not a model")
    listing = store.list()
    assert [c.name for c in listing.cards] == ["d"]
    reasons = {p.name: p.reason for p in listing.problems}
    assert set(reasons) == {"a", "b", "renamed", "e", "empty"}
    assert "missing field name" in reasons["a"]
    assert "holds no file model.safetensors" in reasons["b"]
    assert "must carry its name" in reasons["renamed"]
    assert "link to a place outside" in reasons["e"]
    assert "holds no file card.json" in reasons["empty"]
    assert all(p.writable for p in listing.problems)


@pytest.mark.parametrize("name", ["../direct-lead_i-0", "..", ".", "", "a/b", "/etc", "A", "nul", "x\0", "\\\\host\\share"])
def test_names_that_are_paths_are_refused(store, name):
    store.save(card(), state())
    for act in (store.load, store.delete, store.card, store.verify, store.folder):
        with pytest.raises(ModelFileError, match="model name"):
            act("made_ecg", name)
        with pytest.raises(ModelFileError, match="data set name"):
            act(name, "direct-lead_i-0")


def test_shipped_models_are_read_hidden_by_own_ones_and_never_deleted(store):
    shipped = Store(store.roots[1:])
    shipped.save(card(title="Shipped"), state())
    before = snapshot(store.roots[1])
    assert not store.writable("made_ecg", "direct-lead_i-0")
    with pytest.raises(ModelFileError, match="comes with the program"):
        store.delete("made_ecg", "direct-lead_i-0")
    store.save(card(title="Own"), state(1))
    assert [c.title for c in store.list().cards] == ["Own"]
    assert store.writable("made_ecg", "direct-lead_i-0")
    store.delete("made_ecg", "direct-lead_i-0")
    assert [c.title for c in store.list().cards] == ["Shipped"]
    assert snapshot(store.roots[1]) == before
    assert not snapshot(store.roots[0])


def test_a_missing_model_names_those_that_are_here(store):
    store.save(card(), state())
    with pytest.raises(ModelFileError, match="no model made_ecg/nothing; here are direct-lead_i-0"):
        store.load("made_ecg", "nothing")
    with pytest.raises(ModelFileError, match="none for this data set"):
        store.load("elsewhere", "nothing")


def test_lineage(store):
    teacher = store.save(card(name="teacher", role="teacher", arm="teacher", method=None), state(5))
    student = store.save(card(name="rdpd-0", arm="rdpd", teacher=teacher.weights_sha256), state(6))
    lost = store.save(card(name="rdpd-1", arm="rdpd", teacher="c" * 64), state(7))
    assert store.teacher_of(student) == teacher
    assert store.teacher_of(lost) is None
    assert store.teacher_of(teacher) is None
    assert store.students_of(teacher) == (student,)
    assert store.students_of(student) == ()


def test_a_file_that_may_not_be_read_has_a_reason(store, monkeypatch):
    store.save(card(), state())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in store.list().problems[0].reason


def test_huge_files_are_not_read(store, monkeypatch):
    store.save(card(), state())
    monkeypatch.setattr("rdpd_core.store.weights.MAX_BYTES", 100)
    with pytest.raises(ModelFileError, match="more than 100 bytes"):
        store.load("made_ecg", "direct-lead_i-0")


def test_the_default_store_follows_the_work_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_WORK", str(tmp_path))
    assert Store.default().roots == (files.work_root() / "models", pretrained_root())
    assert pretrained_root().name == "pretrained"


FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
FORBIDDEN_CALLS = {"torch.load", "torch.save", "torch.jit.load", "torch.export.load", "torch.package", "np.load", "numpy.load"}


def unsafe(source: str) -> list[str]:
    """Give what of a source text could run code from a file, or write such a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            found += [name for name in names if name.split(".")[0] in FORBIDDEN_MODULES]
        if isinstance(node, ast.Call):
            name, words = ast.unparse(node.func), {k.arg: k.value for k in node.keywords}
            safe = (
                name.endswith(".load")
                and isinstance(words.get("allow_pickle"), ast.Constant)
                and not words["allow_pickle"].value
            )
            if (name in FORBIDDEN_CALLS and not safe) or name.endswith("read_pickle"):
                found.append(name)
    return found


def test_the_search_for_pickle_finds_it():
    assert unsafe("import pickle") == ["pickle"]
    assert unsafe("from joblib import load") == ["joblib"]
    assert unsafe("import torch\ntorch.load(p, weights_only=True)") == ["torch.load"]
    assert unsafe("np.load(p)") == ["np.load"]
    assert unsafe("np.load(p, allow_pickle=True)") == ["np.load"]
    assert unsafe("np.load(p, allow_pickle=False)\nsafetensors.torch.load(b)\npickle_free = 1") == []


@pytest.mark.slow
def test_no_pickle_anywhere():
    project = Path(rdpd_core.__file__).parents[1]
    sources = [p for room in ("rdpd_core", "app") for p in (project / room).rglob("*.py")]
    assert len(sources) > 10
    found = {os.path.relpath(p, project): what for p in sources if (what := unsafe(p.read_text(encoding="utf-8")))}
    assert not found
