"""Files at addresses that are brought over once."""

import asyncio
import gzip
import http.server
import json
import os
import signal
import socketserver
import sys
import threading
import time

import fsspec
import fsspec.asyn
import pytest

from projector_export.errors import (
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
    ProjectorExportError,
    TransferError,
    WriteError,
)
from projector_export.sources.encoders.corpus import opened_corpus
from projector_export.sources.encoders.options import TextColumns
from projector_export.tabular import open_records, read_labels
from projector_export.tabular.local_copies import FETCHING, local_copies
from projector_export.tabular.location import Location

TABLE = b"text,n\n" + b"".join(b"some words,%d\n" % number for number in range(3000))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves files from memory, counts requests, and cuts connections where it is told to."""

    daemon_threads = True
    files: dict
    asked: list
    keep: int | None = None
    hold: threading.Event | None = None


class Answer(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.server.asked.append((self.command, self.path))
        content = self.server.files.get(self.path.partition("?")[0])
        if content is None:
            self.send_error(403 if "secret" in self.path else 404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(content[: self.server.keep])
        if self.server.hold is not None:
            self.wfile.flush()
            self.server.hold.wait(30)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    pytest.importorskip("aiohttp")
    with Server(("127.0.0.1", 0), Answer) as made:
        made.files, made.asked = {"/x.csv": TABLE, "/x.csv.gz": gzip.compress(TABLE), "/labels.txt": b"a\nb\n"}, []
        made.address = f"http://127.0.0.1:{made.server_port}"
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_texts_of_the_web_are_asked_for_once(server, temporary, name):
    told = []
    with opened_corpus(
        f"{server.address}/{name}?key=hush", TextColumns(text="text"), lambda *each: told.append(each)
    ) as corpus:
        assert corpus.survey(1000).n_texts == 3000
        assert [chunk.texts[0] for chunk in corpus.chunks(1500)] == ["some words"] * 2
        assert corpus.records.describe["source"] == f"{server.address}/{name}"
        assert corpus.records.name == "x"
        assert len(list(temporary.rglob("*"))) == 2
    assert server.asked == [("GET", f"/{name}?key=hush")]
    size = len(server.files[f"/{name}"])
    assert told[0] == (FETCHING, 0, size)
    assert told[-1] == (FETCHING, size, size)
    assert not list(temporary.iterdir())


def test_labels_of_the_web_are_asked_for_once(server, temporary):
    server.files["/labels.json"] = json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]).encode()
    for name in ("labels.txt", "x.csv", "labels.json"):
        server.asked.clear()
        assert read_labels(f"{server.address}/{name}")
        assert server.asked == [("GET", f"/{name}")]
    assert not list(temporary.iterdir())


def test_a_page_without_an_ending_is_a_file(server):
    server.files["/export"] = TABLE
    with local_copies() as copies:
        records = open_records(Location.of(f"{server.address}/export?as=csv", copies), format="csv")
        assert len([row for batch in records.batches() for row in batch["n"]]) == 3000
    assert [command for command, _ in server.asked] == ["GET"]


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/none.csv?key=hush", NotFoundError, r"there is no file 'http://127.*/none.csv'"),
        ("/secret.csv?key=hush", TransferError, r"/secret.csv' cannot be read: the server answers 403"),
    ],
)
def test_what_the_server_refuses_is_one_sentence(server, temporary, path, error, words):
    with pytest.raises(error, match=words) as refused, opened_corpus(f"{server.address}{path}", TextColumns()):
        pass
    assert "hush" not in str(refused.value)
    assert not list(temporary.iterdir())


def test_a_connection_that_is_cut_is_one_sentence(server, temporary):
    server.keep = len(TABLE) // 2
    with (
        pytest.raises(TransferError, match=r"/x.csv' cannot be read: the connection was cut off: try again$"),
        opened_corpus(f"{server.address}/x.csv", TextColumns(text="text")),
    ):
        pass
    assert not list(temporary.iterdir())


def test_a_server_that_falls_silent_is_one_sentence(server, temporary, monkeypatch):
    monkeypatch.setattr("projector_export.tabular.local_copies._SILENCE", 0.2)
    server.keep, server.hold = 10, threading.Event()
    with (
        pytest.raises(TransferError, match=r"/x.csv' cannot be read: the server did not answer in time: try again$"),
        opened_corpus(f"{server.address}/x.csv", TextColumns(text="text")),
    ):
        pass
    server.hold.set()
    assert not list(temporary.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals as on Unix")
def test_after_an_interruption_nothing_is_left(server, temporary):
    server.keep, server.hold, told = 10, threading.Event(), []

    def interrupt():
        while not told:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with (
        pytest.raises(KeyboardInterrupt),
        opened_corpus(f"{server.address}/x.csv", TextColumns(text="text"), lambda *each: told.append(each)),
    ):
        pass
    assert not [task for task in asyncio.all_tasks(fsspec.asyn.get_loop()) if "get_file" in repr(task.get_stack())]
    server.hold.set()
    thread.join()
    assert not list(temporary.iterdir())
    assert len(told) <= 2


def test_folders_at_an_address_are_brought_over_file_by_file(temporary, monkeypatch):
    system = fsspec.filesystem("memory")
    for number in range(2):
        system.pipe(f"/shards/train-{number:05d}-of-00002.csv", b"text,n\na,1\nb,%d\n" % number)
    opened, opening = [], type(system).get_file
    monkeypatch.setattr(
        type(system), "get_file", lambda *args, **options: (opened.append(args[1]), opening(*args, **options))
    )
    with opened_corpus("memory://shards", TextColumns(text="text")) as corpus:
        assert corpus.survey(3).n_texts == 4
        assert corpus.records.describe["source"] == "memory://shards"
    assert opened == [f"/shards/train-{number:05d}-of-00002.csv" for number in range(2)]
    assert not list(temporary.iterdir())


def test_errors_in_a_copy_name_the_address(temporary):
    fsspec.filesystem("memory").pipe("/bad/x.csv", b"a,b\n1,2\n3\n")
    with (
        opened_corpus("memory://bad/x.csv", TextColumns(text="a")) as corpus,
        pytest.raises(InvalidInputError, match=r"line 3 of 'memory://bad/x.csv' has 1 cell "),
    ):
        corpus.survey(10)


def test_a_full_disk_is_told(temporary, monkeypatch):
    import errno

    system = fsspec.filesystem("memory")
    system.pipe("/full/x.csv", TABLE)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(system), "get_file", full)
    with (
        pytest.raises(WriteError, match=r"'memory://full/x.csv' does not fit into '.*temporary'.*TMPDIR"),
        opened_corpus("memory://full/x.csv", TextColumns(text="text")),
    ):
        pass


def test_a_missing_package_of_web_addresses_names_its_extra(monkeypatch):
    registry = sys.modules["fsspec.registry"]

    def missing(_):
        raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")

    monkeypatch.setattr(registry, "_import_class", missing)
    monkeypatch.setattr(registry, "_registry", {})
    monkeypatch.setattr(registry, "registry", {})
    for address in ("https://user:hush@host/x.csv", "http://host/x.csv"):
        with pytest.raises(MissingExtraError, match=r"pip install 'projector-export\[remote\]'") as refused:
            open_records(address)
        assert "hush" not in str(refused.value)


def test_local_files_are_not_copied(tmp_path, temporary):
    (tmp_path / "x.csv").write_bytes(TABLE)
    with opened_corpus(tmp_path / "x.csv", TextColumns(text="text")) as corpus:
        corpus.survey(1000)
        assert not list(temporary.iterdir())
    with pytest.raises(ProjectorExportError), opened_corpus(tmp_path / "none.csv", TextColumns()):
        pass
