import shutil

import numpy as np
import pyarrow as pa
import pytest

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, InvalidInputError, NotFoundError
from projector_export.sources import indexes

lancedb = pytest.importorskip(
    "lancedb", reason="the package lancedb is not installed: pip install 'projector-export[lance]'"
)

VALUES = np.random.default_rng(3).normal(size=(120, 4)).astype(np.float32)


def fixed(values, kind=None):
    flat = pa.array(values.reshape(-1), type=kind)
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def rows(values=VALUES, **others):
    numbers = list(range(len(values)))
    columns = {"text": [f"text {number}" for number in numbers], "vector": fixed(values), "number": numbers, **others}
    return pa.table(columns)


def database(folder, **tables):
    connection = lancedb.connect(str(folder))
    for name, table in tables.items():
        connection.create_table(name, table)
    return connection


def test_all_columns_and_rows_in_order(tmp_path):
    database(tmp_path, words=rows())
    for path in (tmp_path, tmp_path / "words.lance"):
        assert indexes.recognises(path) == "lance"
        table = indexes.read(path)
        assert table.name == "words"
        assert np.array_equal(table.vectors.read(0, 120), VALUES)
        assert [column.name for column in table.columns] == ["text", "number"]
        assert list(table.column("text").values) == [f"text {number}" for number in range(120)]
        assert np.array_equal(table.column("number").values, np.arange(120))


def test_the_present_version_counts(tmp_path):
    opened = database(tmp_path, words=rows()).open_table("words")
    opened.delete("number < 10")
    opened.add(rows(VALUES[:3] * 2))
    table = indexes.read(tmp_path)
    assert np.array_equal(table.vectors.read(0, 113), np.concatenate([VALUES[10:], VALUES[:3] * 2]))


def test_which_table_and_which_column(tmp_path):
    database(tmp_path, a=rows(), b=rows(other=fixed(VALUES * 3), photo=[b"x"] * 120))
    with pytest.raises(AmbiguousChoiceError, match="more than one table: name one of 'a', 'b'"):
        indexes.read(tmp_path)
    with pytest.raises(NotFoundError, match="has no table 'c'; it has 'a', 'b'"):
        indexes.read(tmp_path, collection="c")
    usual = indexes.read(tmp_path, collection="b")
    assert np.array_equal(usual.vectors.read(0, 120), VALUES)
    assert usual.provenance.notes == ("columns of other vectors and of bytes were left out: other, photo",)
    other = indexes.read(tmp_path, collection="b", column="other", limit=5)
    assert np.array_equal(other.vectors.read(0, 5), VALUES[:5] * 3)
    assert len(other.columns[0].values) == 5
    with pytest.raises(NotFoundError, match="has no column of vectors 'x'; it has 'vector', 'other'"):
        indexes.read(tmp_path, collection="b", column="x")


@pytest.mark.parametrize("kind", [pa.float16(), pa.float64()])
def test_other_precisions(kind, tmp_path):
    values = VALUES.astype(kind.to_pandas_dtype()) / 3
    database(tmp_path, words=pa.table({"vector": fixed(values, kind)}))
    table = indexes.read(tmp_path)
    assert np.array_equal(table.vectors.read(0, 120), values.astype(np.float32))
    assert table.columns == ()


def test_more_rows_than_a_batch_and_progress(tmp_path):
    values = np.random.default_rng(0).normal(size=(9001, 3)).astype(np.float32)
    database(tmp_path, words=rows(values))
    told = []
    table = indexes.read(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert np.array_equal(table.vectors.read(0, 9001), values)
    assert told[-1] == (9001, 9001)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([[1.0, 2.0], None], pa.list_(pa.float32())), "has no vector in row 1"),
        (pa.array([[1.0, 2.0], [1.0]], pa.list_(pa.float32())), "vectors of different lengths"),
        (pa.array([[1.0, 2.0], [1.0, None]], pa.list_(pa.float32())), "vectors with missing numbers"),
        (pa.array(["a", "b"]), "holds no column of vectors"),
    ],
)
def test_columns_that_are_no_vectors(column, words, tmp_path):
    database(tmp_path, words=pa.table({"given": column}))
    with pytest.raises((InvalidInputError, NotFoundError), match=words):
        indexes.read(tmp_path)


def test_an_empty_table(tmp_path):
    database(tmp_path, words=rows()).open_table("words").delete("number >= 0")
    with pytest.raises(InvalidInputError, match="table 'words' of .* is empty: add rows first"):
        indexes.read(tmp_path)


@pytest.mark.parametrize("part", ["data/*.lance", "_versions/*.manifest"])
@pytest.mark.parametrize("how", ["short", "empty", "gone", "changed"])
def test_damage_is_one_sentence(part, how, tmp_path):
    database(tmp_path / "whole", words=rows())
    shutil.copytree(tmp_path / "whole", tmp_path / "damaged")
    for path in (tmp_path / "damaged" / "words.lance").glob(part):
        data = path.read_bytes()
        changed = {"short": data[: len(data) // 2], "empty": b"", "changed": bytes(255 - byte for byte in data)}
        path.unlink() if how == "gone" else path.write_bytes(changed[how])
    with pytest.raises(CorruptFileError, match="'damaged' is damaged or no table of LanceDB") as refused:
        indexes.read(tmp_path / "damaged")
    assert "\n" not in str(refused.value)
    assert ".rs:" not in str(refused.value)


def test_the_folder_is_not_changed(tmp_path):
    database(tmp_path, words=rows())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    indexes.read(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
