"""Every reader under fire: whole files damaged at random give a table or a sentence, and nothing else, ever.

`corpus/` keeps what once broke a reader; it is tried first. `RDPD_FUZZ=1` fires 40 times as long.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdpd_core.errors import RdpdError
from rdpd_core.intake.building import Builder
from rdpd_core.intake.formats.base import Given, Options, Table
from rdpd_core.intake.looking import look
from rdpd_core.intake.mapping import Mapping, Trace
from rdpd_core.intake.reading import read_all
from tests.core.intake.made import SEEDS, wfdb

CORPUS = Path(__file__).parent / "corpus"
MOST = 1000 if os.environ.get("RDPD_FUZZ") else 25
CALM = settings(max_examples=MOST, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIGNS = '0123456789.,;:"\n\t -+eEnaif#@?'
WORDS = ("1e999", "nan", "\0", "\ufeff", "é", "-9" * 20, ",,", "\r\n", '""')
ALPHABET = st.sampled_from([*SIGNS, *WORDS])


def try_it(name: str, data: bytes, folder: Path) -> None:
    """Read, look at and build what a file holds; only errors of our own may come out."""
    (folder / "scratch").mkdir(exist_ok=True)
    path = folder / "file"
    path.write_bytes(data)
    beside = folder / "samples"
    beside.write_bytes(wfdb()["rec.dat"])
    files = [Given(path, name), *([Given(beside, "rec.dat")] if name.endswith(".hea") else [])]
    try:
        table = read_all(files, Options(), folder / "scratch")
        assert isinstance(table, Table)
        assert all(len(column) == table.rows for column in table.columns)
        look(table)
        numeric = [c.name for c in table.columns if c.numbers is not None][:4]
        if numeric:
            mapping = Mapping(tuple(Trace(n, f"c{at}") for at, n in enumerate(numeric)), rate_hz=table.rate_hz or 10.0)
            for made in Builder(table, mapping).recordings():
                assert made.signal.dtype == np.float32
    except RdpdError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
    assert len(said) < 1500


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*")), ids=lambda path: path.name)
def test_what_once_broke_a_reader(path, tmp_path):
    try_it(path.name.partition("__")[2], path.read_bytes(), tmp_path)


@pytest.mark.parametrize("name", SEEDS)
@CALM
@given(draw=st.data())
@pytest.mark.slow
def test_damaged_files(name, tmp_path, draw):
    data = bytearray(SEEDS[name])
    for _ in range(draw.draw(st.integers(1, 6))):
        if not data:
            break
        at = draw.draw(st.integers(0, min(len(data) - 1, 2000)))
        match draw.draw(st.sampled_from(("flip", "cut", "drop", "repeat", "put"))):
            case "flip":
                data[at] ^= 1 << draw.draw(st.integers(0, 7))
            case "cut":
                del data[at:]
            case "drop":
                del data[at : at + draw.draw(st.integers(1, 40))]
            case "repeat":
                data[at:at] = data[at : at + draw.draw(st.integers(1, 40))]
            case "put":
                data[at:at] = draw.draw(st.binary(min_size=1, max_size=8))
    try_it(name, bytes(data), tmp_path)


@CALM
@given(words=st.lists(ALPHABET, max_size=60))
def test_made_up_text(words, tmp_path):
    try_it("a.csv", "".join(words).encode(), tmp_path)


@CALM
@given(words=st.lists(ALPHABET, max_size=40))
def test_made_up_lines_below_a_sound_head(words, tmp_path):
    try_it("a.csv", b"t,x,y\n0,1,2\n1,2,3\n" + "".join(words).encode(), tmp_path)


@CALM
@given(
    fields=st.lists(st.one_of(st.text("0123456789x+:/().-ecnaif", max_size=12), st.integers(-9, 10**13).map(str)), max_size=14)
)
def test_made_up_wfdb_headers(fields, tmp_path):
    try_it("rec.hea", ("rec " + " ".join(fields[:4]) + "\nrec.dat " + " ".join(fields[4:])).encode(), tmp_path)


@CALM
@given(
    fields=st.lists(st.text("0123456789.-+eEinfa ", min_size=0, max_size=8), min_size=9, max_size=9),
    body=st.binary(max_size=64),
)
def test_made_up_edf_headers(fields, body, tmp_path):
    head = bytearray(SEEDS["g.edf"][:768])
    places = (184, 236, 244, 252, 464, 480, 496, 512, 688)
    for at, text in zip(places, fields, strict=True):
        width = 4 if at == 252 else 8
        head[at : at + width] = text.ljust(width)[:width].encode()
    try_it("a.edf", bytes(head) + body, tmp_path)
