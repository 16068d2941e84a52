import json
import pickle
import random
import shutil
import sqlite3
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from projector_export.errors import (
    AmbiguousChoiceError,
    CorruptFileError,
    InvalidInputError,
    NotFoundError,
    ProjectorExportError,
)
from projector_export.sources import indexes
from projector_export.sources.indexes import plain_pickle

FOLDERS = sorted(Path(__file__).parent.glob("chroma_*.zip"))
"""Made by make_chroma_folder.py with the version of Chroma that is in the name; what Chroma itself read is in them."""


@pytest.fixture(params=FOLDERS, ids=lambda path: path.stem)
def chroma(request, tmp_path):
    with zipfile.ZipFile(request.param) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "chroma"


def expected_of(chroma, collection):
    return json.loads((chroma.parent / "expected.json").read_text())[collection]


def change(chroma, *statements):
    with closing(sqlite3.connect(chroma / "chroma.sqlite3")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_there_are_folders_of_an_old_and_a_new_version():
    assert len(FOLDERS) >= 2


@pytest.mark.parametrize("collection", ["angles", "distances"])
def test_a_collection_is_what_chroma_reads(chroma, collection):
    expected = expected_of(chroma, collection)
    table = indexes.read(chroma, collection=collection)
    ids = list(table.column("id").values)
    assert sorted(ids) == sorted(expected)
    vectors = np.array([expected[record]["vector"] for record in ids], np.float32)
    found = table.vectors.read(0, table.n_rows)
    if collection == "distances":
        assert np.array_equal(found, vectors)
    else:  # Chroma stores them at unit length, with their lengths
        np.testing.assert_allclose(found, vectors, rtol=3e-7)
    assert table.columns[0].name == "document"
    assert list(table.columns[0].values) == [expected[record]["document"] for record in ids]
    for key in ("row", "share"):
        values = [expected[record]["metadata"] and expected[record]["metadata"].get(key) for record in ids]
        assert np.array_equal(table.column(key).values, np.array(values, float), equal_nan=True)
    kinds = [expected[record]["metadata"] and expected[record]["metadata"].get("kind") for record in ids]
    assert list(table.column("kind").values) == kinds
    assert table.provenance.steps[0].parameters["collection"] == collection


def test_a_collection_that_is_only_in_the_queue(chroma):
    table = indexes.read(chroma, collection="few")
    assert table.vectors.read(0, 2).tolist() == [[1, 2], [3, 4]]
    assert [(column.name, list(column.values)) for column in table.columns] == [("id", ["a", "b"])]


def test_some_records_only(chroma):
    table = indexes.read(chroma, collection="distances", limit=7)
    assert table.n_rows == 7
    assert list(table.column("id").values)[:4] == ["id0", "id1", "id2", "id4"]


def test_the_folder_is_not_changed(chroma):
    before = {path: path.read_bytes() for path in chroma.rglob("*") if path.is_file()}
    indexes.read(chroma, collection="angles")
    assert {path: path.read_bytes() for path in chroma.rglob("*") if path.is_file()} == before


def test_a_key_called_id_stays_apart_from_the_records_id(chroma):
    change(chroma, "UPDATE embedding_metadata SET key = 'id' WHERE key = 'kind'")
    table = indexes.read(chroma, collection="distances")
    assert table.column("id").values[0] == "id0"
    assert "kind 0" in table.column("id (metadata)").values


def test_which_collection(chroma):
    with pytest.raises(
        AmbiguousChoiceError, match="more than one collection: name one of 'angles', 'distances', 'few'"
    ):
        indexes.read(chroma)
    with pytest.raises(NotFoundError, match="'chroma' has no collection 'x'; it has 'angles'"):
        indexes.read(chroma, collection="x")
    with pytest.raises(InvalidInputError, match="has no column 'x'"):
        indexes.read(chroma, collection="few", column="x")
    with pytest.raises(InvalidInputError, match="limit is a number of rows"):
        indexes.read(chroma, collection="few", limit=0)


def test_a_record_without_vector_is_told_with_a_way_out(chroma):
    change(chroma, "DELETE FROM embeddings_queue")
    with pytest.raises(
        CorruptFileError, match=r"record '\w+' of collection 'distances' has no vector: .*collection.get\("
    ):
        indexes.read(chroma, collection="distances")


def test_what_the_database_says_of_dimensions_allocates_nothing(chroma):
    change(chroma, "UPDATE collections SET dimension = 1000000000000")
    assert indexes.read(chroma, collection="few").shape == (2, 2)
    assert indexes.read(chroma, collection="distances").n_dims == 4


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE embeddings_queue SET vector = X'0000803F' WHERE id = 'new'", "a vector of 1 instead of 4 dimensions"),
        ("UPDATE embeddings_queue SET encoding = 'BITS'", "has a vector of kind 'BITS'"),
        ("UPDATE embeddings_queue SET metadata = '{'", "'{' is no JSON"),
        ("UPDATE embeddings_queue SET operation = 'x'", "of kind 'x'"),
    ],
)
def test_wrong_entries_of_the_queue(chroma, statement, words):
    change(chroma, statement)
    with pytest.raises(CorruptFileError, match=words):
        indexes.read(chroma, collection="distances")


def test_a_segment_outside_the_folder_is_refused(chroma):
    change(chroma, "UPDATE segments SET id = '../../secret' || rowid WHERE scope = 'VECTOR'")
    with pytest.raises(CorruptFileError, match="'../../secret[0-9]' is no name of a segment"):
        indexes.read(chroma, collection="few")


def test_another_database_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "chroma.sqlite3")) as connection:
        connection.execute("CREATE TABLE collections (id)")
        connection.execute("CREATE VIEW embeddings AS SELECT 1")
    with pytest.raises(
        CorruptFileError, match="no database of Chroma's: it has no table embedding_metadata, embeddings,"
    ):
        indexes.read(tmp_path)


@pytest.mark.parametrize(
    "name", ["chroma.sqlite3", "data_level0.bin", "header.bin", "length.bin", "index_metadata.pickle"]
)
def test_files_that_are_cut_short(chroma, name):
    for path in chroma.rglob(name):
        path.write_bytes(path.read_bytes()[: 40 if name == "header.bin" else 150])
    with pytest.raises(CorruptFileError):
        indexes.read(chroma, collection="angles")


@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "index_metadata.pickle", "chroma.sqlite3"])
def test_files_with_wrong_bytes_are_refused_or_read(chroma, name, tmp_path):
    generator = random.Random(name)
    for attempt in range(25):
        copy = tmp_path / f"copy{attempt}"
        shutil.copytree(chroma, copy)
        for path in copy.rglob(name):
            data = bytearray(path.read_bytes())
            for _ in range(3):
                data[generator.randrange(len(data))] = generator.randrange(256)
            path.write_bytes(data)
        with suppress(ProjectorExportError):
            assert indexes.read(copy, collection="distances").n_dims == 4


class Harmful:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_pickles_are_read(protocol):
    value = {
        "a": [1, 2.5, None, True, False],
        "b": {"x": 2**70, 7: "ü"},
        "c": -5,
        "d": list(range(300)),
        "e": "a" * 300,
    }
    data = pickle.dumps(value, protocol)
    if protocol < 2:
        with pytest.raises(CorruptFileError, match="protocol 2 to 5"):
            plain_pickle.decode(data, classes=[], shown="x")
    else:
        assert plain_pickle.decode(data, classes=[], shown="x") == value


@pytest.mark.parametrize("protocol", range(2, 6))
def test_pickles_that_call_something_are_refused(protocol, capsys):
    with pytest.raises(CorruptFileError, match="asks for 'builtins.print'|asks for '__builtin__.print'"):
        plain_pickle.decode(pickle.dumps({"a": Harmful()}, protocol), classes=[], shown="x")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x04",
        b"\x80\x04}",
        b"\x80\x04h\x05.",
        b"\x80\x04u.",
        b"\x80\x04K\x01K\x02s.",
        b"\x80\x04r\xff\xff\xff\xff.",
    ],
)
def test_broken_pickles_are_refused(data):
    with pytest.raises(CorruptFileError, match="'x' is damaged"):
        plain_pickle.decode(data, classes=[], shown="x")
