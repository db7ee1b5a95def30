"""Models from elsewhere: whole ones are kept byte for byte, all others refused in one sentence, and nothing is left of them."""

import io
import json
import math
import pickle
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
import torch

from rdpd_core.errors import ModelFileError
from rdpd_core.files import digest_bytes
from rdpd_core.store import Store, exchange
from rdpd_core.store.checking import check_folder
from rdpd_core.store.exchange import export_folder, pack, parts_of, take_in
from rdpd_core.types import Channel
from tests.core.store.rcnn_made import files, rcnn, rcnn_card, saved


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store; temporary files go to a folder of the test, so that leftovers show."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return Store([tmp_path / "own", tmp_path / "shipped"])


@pytest.fixture
def in_process(monkeypatch, tmp_path):
    """The check without a process of its own, which takes seconds to start; what is checked is the same."""

    def check(card, weights, memory_mb, time_s):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("card.json", card), ("model.safetensors", weights)):
                (tmp_path / folder / name).write_bytes(data)
            check_folder(tmp_path / folder)

    monkeypatch.setattr(exchange, "check_apart", check)


def nothing_left(store, tmp_path):
    """Say whether neither the store nor the folder of temporary files holds a file, but for the lock."""
    return not [p for root in (store.roots[0], tmp_path / "temporary") for p in root.rglob("*") if p.name != ".lock"]


def safetensors_bytes(header: dict | bytes, numbers: bytes = b"") -> bytes:
    """Give the bytes of a safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def entry(shape: list[int], first: int = 0, dtype: str = "F32", size: int | None = None) -> dict:
    """Give what a header says of a tensor."""
    size = 4 * math.prod(shape) if size is None else size
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, first + size]}


def torch_file(value: object) -> bytes:
    """Give what torch.save writes."""
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def scripted() -> bytes:
    """Give an archive as TorchScript writes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("model/constants.pkl", b"\x80\x02.")
    return stream.getvalue()


def not_finite() -> bytes:
    """Give weights of which one is not a number."""
    import safetensors.torch

    state = rcnn().state_dict()
    state["attend"] = state["attend"].clone()
    state["attend"][1] = float("nan")
    return safetensors.torch.save(state)


def good() -> bytes:
    return files()["model.safetensors"]


def many(count: int) -> bytes:
    """Give weights of many empty tensors."""
    one = b'"t%d":' + json.dumps(entry([0])).encode()
    return safetensors_bytes(b"{" + b",".join(one % at for at in range(count)) + b"}")


class Harmful:
    """What a pickle would run."""

    def __reduce__(self):
        return (print, ("this must never be printed",))


DUPLICATE = b'{"a": %s, "a": %s}' % ((json.dumps(entry([1])).encode(),) * 2)
BAD = {
    "1 pickle inside a .pt": (lambda: torch_file({"w": Harmful()}), "pickle inside, not safetensors"),
    "2 pickle renamed": (lambda: pickle.dumps(Harmful(), protocol=4), "this is a pickle, which may run code"),
    "3 whole module": (lambda: torch_file(torch.nn.Linear(2, 2)), "save_file"),
    "4 TorchScript": (scripted, "TorchScript, which holds code"),
    "5 more numbers than bytes": (lambda: safetensors_bytes({"a": entry([10**12], size=4)}, b"12"), "does not fit in 4 bytes"),
    "6 not a number": (not_finite, "the tensor attend holds 1 values that are not finite"),
    "8 nothing": (lambda: b"", "it is empty"),
    "8 truncated": (lambda: good()[:-7], "truncated|but .* follow the header"),
    "8 truncated header": (lambda: good()[:60], "truncated"),
    "10 a million tensors": (lambda: many(10**6), "at most"),
    "10 12,000 tensors": (lambda: many(12_000), "at most"),
    "11 endless header": (lambda: struct.pack("<Q", 2**60) + b"{}" + bytes(64), "truncated"),
    "11 overlap": (lambda: safetensors_bytes({"a": entry([2]), "b": entry([2], 4)}, bytes(12)), "overlap or leave gaps"),
    "11 overflow": (lambda: safetensors_bytes({"a": entry([2**47, 2**47], size=4)}, bytes(4)), "does not fit"),
    "12 twice the same name": (lambda: safetensors_bytes(DUPLICATE, bytes(4)), "holds 'a' twice"),
    "12 a path for a name": (lambda: safetensors_bytes({"../../x": entry([1])}, bytes(4)), "is not allowed"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
@pytest.mark.slow
def test_bad_weights_are_refused_in_a_sentence(store, tmp_path, in_process, capsys, case):
    data, reason = BAD[case][0](), BAD[case][1]
    with pytest.raises(ModelFileError, match=reason) as refused:
        take_in(store, files(data))
    assert "\n" not in str(refused.value)
    assert nothing_left(store, tmp_path)
    assert capsys.readouterr().out == ""


def test_weights_that_do_not_fit_are_listed(store, tmp_path, in_process):
    state = rcnn().state_dict()
    state["extra"] = state.pop("attend")
    with pytest.raises(ModelFileError, match="missing attend; unexpected extra"):
        take_in(store, files(state=state))
    channels = tuple(Channel(f"lead {n}", "mV", "limb") for n in range(3))
    scale = {"mean": [0.0] * 3, "std": [1.0] * 3, "standardize": "train"}
    with pytest.raises(ModelFileError, match=r"conv_weight is float32 \(3, 2, 2\) but must be float32 \(3, 3, 2\)"):
        take_in(store, files(channels=channels, normalization=scale))
    assert nothing_left(store, tmp_path)


def test_a_flipped_bit_is_seen(store, tmp_path, in_process):
    given = files()
    for name, at in (("model.safetensors", -1), ("card.json", 40)):
        bad = bytearray(given[name])
        bad[at] ^= 1
        with pytest.raises(ModelFileError, match=r"sha256|digest|JSON|field"):
            take_in(store, {**given, name: bytes(bad)})
    assert nothing_left(store, tmp_path)


def test_words_of_strangers_stay_words(store, in_process):
    """Metadata of a weights file is never read; a title is text."""
    data = good()
    length = int.from_bytes(data[:8], "little")
    header = {**json.loads(data[8 : 8 + length]), "__metadata__": {"title": "<script>alert(1)</script>"}}
    card = take_in(store, files(safetensors_bytes(header, data[8 + length :]), title="<b>*bold*</b>"))
    assert card.title == "<b>*bold*</b>"
    assert "script" not in card.to_json()


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "CON", "x" * 101, "ü", ""])
def test_names_that_are_no_folder_are_refused(store, tmp_path, in_process, name):
    given = files()
    text = given["card.json"].decode().replace('"name": "direct-small"', f'"name": {json.dumps(name)}')
    with pytest.raises(ModelFileError, match=r"name must be|does not match its own digest"):
        take_in(store, {**given, "card.json": text.encode()})
    assert nothing_left(store, tmp_path)


def test_what_is_not_a_model_is_told_by_what_is_there(store):
    given = files()
    with pytest.raises(ModelFileError, match="0 cards and 1 files of weights"):
        take_in(store, {"model.safetensors": given["model.safetensors"]})
    with pytest.raises(ModelFileError, match="1 cards and 0 files of weights"):
        take_in(store, {"card.json": given["card.json"]})
    with pytest.raises(ModelFileError, match="0 cards and 0 files"):
        take_in(store, {})


def test_files_are_told_by_what_they_hold():
    given = files()
    assert parts_of({"x": given["model.safetensors"], "y": given["card.json"]}) == tuple(given.values())


def zipped(members: dict[str, bytes]) -> dict[str, bytes]:
    """Give a zip archive of some members, deflated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return {"model.zip": stream.getvalue()}


def test_archives_of_anything_else_are_refused(store, tmp_path, monkeypatch):
    given = files()
    monkeypatch.setitem(exchange._MOST, "model.safetensors", 1 << 16)
    bomb = {**given, "model.safetensors": bytes(1 << 20)}
    more = {**given, "run.py": b"print()"}
    for members, reason in ((bomb, "more than 65536 bytes"), (more, "card.json and model.safetensors only")):
        with pytest.raises(ModelFileError, match=reason):
            take_in(store, zipped(members))
    whole = zipped(given)["model.zip"]
    with pytest.raises(ModelFileError, match="zip archive cannot be read"):
        take_in(store, {"model.zip": whole[: len(whole) // 2]})
    assert nothing_left(store, tmp_path)


def test_members_that_point_elsewhere_lead_nowhere(store, tmp_path, in_process):
    given = files()
    card = take_in(store, zipped({f"../../{name}": data for name, data in given.items()}))
    assert sorted(p.name for p in store.folder(card.dataset, card.name).iterdir()) == sorted(given)
    assert not list(tmp_path.glob("*.json"))


def test_what_was_handed_out_can_be_taken_in(store, tmp_path, in_process):
    card = saved(store)
    archive = pack(store, card.dataset, card.name)
    assert archive == pack(store, card.dataset, card.name)
    other = Store([tmp_path / "other"])
    assert take_in(other, {"any name": archive}) == card
    for part in ("card.json", "model.safetensors"):
        folders = [s.folder(card.dataset, card.name) for s in (store, other)]
        assert len({(folder / part).read_bytes() for folder in folders}) == 1


def test_a_folder_is_handed_out_once(store, tmp_path):
    card = saved(store)
    folder = export_folder(store, card.dataset, card.name, tmp_path / "out")
    assert check_folder(folder) == card
    assert sorted(p.name for p in folder.iterdir()) == ["card.json", "model.safetensors"]
    with pytest.raises(ModelFileError, match="is there already"):
        export_folder(store, card.dataset, card.name, tmp_path / "out")


@pytest.mark.parametrize("place", ["own", "shipped"])
def test_nothing_is_written_over(store, tmp_path, in_process, place):
    saved(Store([tmp_path / place]), title="The first")
    with pytest.raises(ModelFileError, match="already"):
        take_in(store, files(title="The second"))
    assert [card.title for card in store.list().cards] == ["The first"]


def test_bytes_that_were_not_checked_are_not_kept(store):
    given = files()
    with pytest.raises(ModelFileError, match="sha256"):
        store.adopt(given["card.json"], given["model.safetensors"] + b"x")


@pytest.mark.slow
def test_a_process_of_its_own_checks_a_model(store, tmp_path):
    given = files()
    card = take_in(store, given)
    assert card.weights_sha256 == digest_bytes(given["model.safetensors"])
    assert store.verify(card.dataset, card.name) == card
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.slow
def test_what_the_process_refuses_is_told_here(store, tmp_path):
    with pytest.raises(ModelFileError, match="the tensor attend holds 1 values"):
        take_in(store, files(not_finite()))
    assert nothing_left(store, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system sets no limit")
def test_memory_ends_at_its_limit(store, tmp_path):
    wide = rcnn(filters=1024, hidden=512)
    given = files(state=wide.state_dict(), model_params=wide.params.to_dict())
    with pytest.raises(ModelFileError, match=r"more than the 16 MB it is given|for want of memory"):
        take_in(store, given, memory_mb=16)
    assert nothing_left(store, tmp_path)
    assert take_in(store, given).parameters == rcnn_card().parameters


def test_time_ends_at_its_limit(store, tmp_path):
    with pytest.raises(ModelFileError, match=r"more than 0\.01 s"):
        take_in(store, files(), time_s=0.01)
    assert nothing_left(store, tmp_path)


def test_a_check_that_dies_is_no_yes(store, tmp_path, monkeypatch):
    monkeypatch.setattr("rdpd_core.apart.sys.executable", "/bin/false")
    with pytest.raises(ModelFileError, match="without an answer"):
        take_in(store, files())
    assert nothing_left(store, tmp_path)
