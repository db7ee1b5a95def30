"""Fetching from a server on this machine: resuming, checking, refusing; and archives that fight back."""

import functools
import hashlib
import http.server
import io
import threading
import zipfile

import pytest

from rdpd_core.__main__ import main
from rdpd_core.datasets import DATASETS, _fetching
from rdpd_core.datasets._downloading import SUMS, Download, download
from rdpd_core.datasets._fetching import check_address, fetch, listed
from rdpd_core.datasets._unpacking import unpack
from rdpd_core.errors import DataError

pytestmark = pytest.mark.slow

CONTENT = bytes(range(256)) * 4000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `files`; breaks off after `most` bytes of an answer, `breaks` times; can ignore ranges or send elsewhere."""

    def __init__(self, site, *args):
        self.site = site
        super().__init__(*args)

    def do_GET(self):
        site, path = self.site, self.path.lstrip("/")
        site.asked.append((path, self.headers.get("Range")))
        if path in site.moved:
            self.send_response(302)
            self.send_header("Location", site.moved[path])
            self.end_headers()
            return
        if path not in site.files:
            self.send_error(404)
            return
        data, first = site.files[path], 0
        if (asked := self.headers.get("Range")) and site.ranges:
            first = int(asked.removeprefix("bytes=").split("-")[0])
            if first >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        end = len(data)
        if site.breaks:
            site.breaks -= 1
            end = first + site.most
        self.wfile.write(data[first:end])

    def log_message(self, *args):
        """Say nothing."""


class Site:
    """A server on this machine."""

    def __init__(self):
        self.files, self.moved, self.asked = {}, {}, []
        self.breaks, self.most, self.ranges = 0, 300_000, True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, self))
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(_fetching, "PAUSE_S", 0.0)
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def packed(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_what_breaks_off_goes_on_where_it_was(site, tmp_path):
    site.files["a.bin"], site.breaks = CONTENT, 3
    seen = []
    assert fetch(site.address + "a.bin", tmp_path / "a.bin", sha(CONTENT), lambda d, t: seen.append((d, t))) == sha(CONTENT)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert [asked for _, asked in site.asked] == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert not list(tmp_path.glob("*.part"))


def test_what_stays_broken_is_kept_for_the_next_call(site, tmp_path):
    site.files["a.bin"], site.breaks, site.most = CONTENT, 100, 100_000
    with pytest.raises(DataError, match=r"broke off after 400000 bytes .* ask again, and it goes on from there"):
        fetch(site.address + "a.bin", tmp_path / "a.bin")
    site.breaks = 0
    fetch(site.address + "a.bin", tmp_path / "a.bin", sha(CONTENT))
    assert site.asked[-1] == ("a.bin", "bytes=400000-")


def test_a_server_without_ranges_begins_anew(site, tmp_path):
    site.files["a.bin"], site.breaks, site.ranges = CONTENT, 1, False
    fetch(site.address + "a.bin", tmp_path / "a.bin", sha(CONTENT))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_whole_part_is_recognized(site, tmp_path):
    site.files["a.bin"] = CONTENT
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    fetch(site.address + "a.bin", tmp_path / "a.bin", sha(CONTENT))
    assert len(site.asked) == 1


def test_another_content_is_removed(site, tmp_path):
    site.files["a.bin"] = CONTENT
    with pytest.raises(DataError, match=r"a\.bin: sha256 .* instead of 0000"):
        fetch(site.address + "a.bin", tmp_path / "a.bin", "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_missing_files_and_unreachable_servers_are_told(site, tmp_path):
    with pytest.raises(DataError, match="the server answers 404"):
        fetch(site.address + "b.bin", tmp_path / "b.bin")
    with pytest.raises(DataError, match="broke off after 0 bytes"):
        fetch("http://127.0.0.1:9/a.bin", tmp_path / "a.bin")


@pytest.mark.parametrize(
    "url", ["http://example.org/a", "ftp://127.0.0.1/a", "file:///etc/passwd", "//x/a", "s3://a/b", "https:"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(DataError, match="only https addresses are fetched"):
        check_address(url)


def test_a_server_cannot_send_elsewhere(site, tmp_path):
    site.moved["a.bin"] = "file:///etc/passwd"
    with pytest.raises(DataError):
        fetch(site.address + "a.bin", tmp_path / "a.bin")
    site.moved["b.bin"] = "http://example.org/b"
    with pytest.raises(DataError, match="only https addresses are fetched"):
        fetch(site.address + "b.bin", tmp_path / "b.bin")


def test_a_list_of_sums_names_what_is_wanted_and_what_is_here_is_kept(site, tmp_path):
    files = {"d/a.dat": b"a" * 10, "d/b c.dat": b"b" * 10, "d/e/f.dat": b"f", "notes.txt": b"n"}
    site.files = {name.replace(" ", "%20"): data for name, data in files.items()}
    site.files[SUMS] = "".join(f"{sha(data)}  {name}\n" for name, data in files.items()).encode()
    what = Download(site.address, ("d/*.dat",), "20 bytes")
    assert download(what, tmp_path) == 2
    assert (tmp_path / "d" / "b c.dat").read_bytes() == b"b" * 10
    assert not (tmp_path / "notes.txt").exists()
    assert not (tmp_path / "d" / "e").exists()
    (tmp_path / "d" / "a.dat").write_bytes(b"spoilt")
    assert download(what, tmp_path) == 1
    assert (tmp_path / "d" / "a.dat").read_bytes() == b"a" * 10
    with pytest.raises(DataError, match="lists none of"):
        download(Download(site.address, ("x/*",), ""), tmp_path)


@pytest.mark.parametrize("name", ["d/../../x.dat", "/d/x.dat", "d/c:x.dat"])
def test_a_list_cannot_name_files_outside(site, tmp_path, name):
    site.files = {SUMS: f"{sha(b'x')}  {name}\n".encode()}
    with pytest.raises(DataError, match=r"outside the data set's folder|lists none of"):
        download(Download(site.address, ("*.dat", "d/*.dat", "/d/*.dat", "d/../../*.dat"), ""), tmp_path / "set")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [SUMS]


def test_a_list_must_be_one():
    assert listed(f"{'a' * 64} *./d/x\n\n") == {"d/x": "a" * 64}
    with pytest.raises(DataError, match="line 1: expected a sha256 and a file name"):
        listed("<html>")


@pytest.mark.parametrize("nested", [False, True])
def test_an_archive_is_unpacked_to_where_its_files_are_looked_for(site, tmp_path, nested):
    inner = packed(**{"SET/Protocol/subject101.dat": b"1 2", "SET/readme.pdf": b"%PDF"})
    site.files["set.zip"] = packed(**{"SET.zip": inner, "readme.pdf": b"%PDF"}) if nested else inner
    assert download(Download(f"{site.address}set.zip", ("Protocol/subject10?.dat",), ""), tmp_path) == 1
    assert (tmp_path / "Protocol" / "subject101.dat").read_bytes() == b"1 2"
    assert not (tmp_path / "archive.zip").exists()
    assert sha(site.files["set.zip"]) in (tmp_path / "DOWNLOADED.json").read_text()


def linked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("d/x.dat")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (packed(**{"d/../../x.dat": b"x"}), "outside its folder"),
        (packed(**{"/d/x.dat": b"x"}), "outside its folder"),
        (packed(**{"C:\\d\\x.dat": b"x"}), "outside its folder"),
        (linked(), "holds a link"),
        (packed(**{"d/x.dat": bytes(8 << 20)}), "grows more than 200 times"),
        (packed(**{"y.dat": b"x"}), r"holds none of d/\*\.dat"),
        (packed(**{"d/x.dat": b"x" * 1000})[:-30], "damaged"),
        (b"<html>", "damaged"),
    ],
    ids=["above", "absolute", "drive", "link", "bomb", "other", "cut off", "a page"],  # bytes of an archive hold the time
)
def test_archives_that_fight_back(tmp_path, data, words):
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"a\.zip: .*{words}"):
        unpack(path, tmp_path / "out", ("d/*.dat",))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_the_command_shows_the_licence_and_wants_it_accepted(site, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    asked = ["download", "pamap2", "--data-root", str(tmp_path), "--from", f"{site.address}set.zip"]
    assert main(asked) == 1
    told = capsys.readouterr().err
    assert "licence: CC BY 4.0" in told
    assert "add --accept" in told.splitlines()[-1]
    assert site.asked == []
    site.files["set.zip"] = packed(**{"PAMAP2_Dataset/Protocol/subject101.dat": b"1"})
    assert main([*asked, "--accept", "--json"]) == 0
    assert (tmp_path / "pamap2" / "Protocol" / "subject101.dat").is_file()
    assert '"files": 1' in capsys.readouterr().out


def test_what_needs_a_signature_is_told_how_to_get(tmp_path, capsys):
    assert main(["download", "mimic3", "--data-root", str(tmp_path), "--accept"]) == 1
    told = capsys.readouterr().err
    assert "https://physionet.org/content/mimiciii/1.4/ after training and a signed agreement" in told
    assert list(tmp_path.iterdir()) == []


def test_a_question_is_fetched_with_the_set_that_it_asks(tmp_path, capsys):
    assert main(["download", "challenge2021_atrial_fibrillation", "--data-root", str(tmp_path), "--accept"]) == 1
    told = capsys.readouterr().err
    assert "reads the files of challenge2021; fetch these: python -m rdpd_core download challenge2021" in told
    assert list(tmp_path.iterdir()) == []


def test_open_sets_say_where_they_lie_and_their_files_are_among_the_wanted():
    for kind in DATASETS:
        if kind.download is not None:
            check_address(kind.download.address)
            assert kind.download.size
            assert kind.files
    assert {k.name for k in DATASETS if k.download is None} == {"mimic3", "simulated_ecg"}
