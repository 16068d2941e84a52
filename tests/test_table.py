import dataclasses

import numpy as np
import pytest

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.provenance import Provenance, Step
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import (
    ArrayVectors,
    FileVectors,
    MappedVectors,
    SelectedVectors,
    bad_rows_of,
    blocks_of,
    norms_of,
)

RNG = np.random.default_rng(7)
VALUES = RNG.normal(size=(1000, 12)).astype(np.float32)


def in_file(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(b"head" + VALUES.tobytes())
    return FileVectors(path, 4, VALUES.shape, "float32", 4 * 12, lambda raw: raw.view(np.float32))


KINDS = {
    "array": lambda tmp_path: ArrayVectors(VALUES),
    "file": in_file,
    "selected": lambda tmp_path: SelectedVectors(ArrayVectors(np.repeat(VALUES, 3, axis=0)), np.arange(0, 3000, 3)),
    "mapped": lambda tmp_path: MappedVectors(ArrayVectors(VALUES / 2), 12, lambda block: block * 2),
}


@pytest.fixture(params=sorted(KINDS))
def vectors(request, tmp_path):
    return KINDS[request.param](tmp_path)


def test_every_kind_of_vectors_gives_the_same_rows(vectors):
    assert vectors.shape == VALUES.shape
    for start, stop in [(0, 1000), (0, 0), (999, 1000), (13, 500)]:
        block = vectors.read(start, stop)
        assert np.array_equal(block, VALUES[start:stop])
        assert block.dtype == np.float32
        assert block.flags.c_contiguous
        assert block.flags.writeable


@pytest.mark.parametrize("block_bytes", [1, 48, 100, 4800, 10**9])
def test_blocks_cover_every_row_once(vectors, block_bytes):
    starts, blocks = zip(*blocks_of(vectors, block_bytes=block_bytes), strict=True)
    assert np.array_equal(np.concatenate(blocks), VALUES)
    assert list(starts) == np.cumsum([0, *map(len, blocks)])[:-1].tolist()


def test_rows_that_are_read_may_be_overwritten(vectors):
    vectors.read(0, 5)[:] = 0
    assert np.array_equal(vectors.read(0, 5), VALUES[:5])


def test_norms_in_float64(vectors):
    assert np.allclose(norms_of(vectors), np.linalg.norm(VALUES.astype(float), axis=1), rtol=1e-12)


def test_tiny_and_huge_norms_survive():
    values = np.array([[1e-30, 0], [3e38, 3e38]], np.float32)
    assert np.allclose(norms_of(ArrayVectors(values)), [1e-30, np.float64(np.float32(3e38)) * 2**0.5], rtol=1e-6)
    assert len(bad_rows_of(ArrayVectors(values))) == 0


def test_a_file_that_shrinks_is_told(tmp_path):
    vectors = in_file(tmp_path)
    (tmp_path / "rows").write_bytes(b"short")
    with pytest.raises(CorruptFileError, match="rows .*became shorter"):
        vectors.read(0, 10)
    (tmp_path / "rows").unlink()
    with pytest.raises(CorruptFileError, match="cannot read .*rows"):
        vectors.read(0, 10)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "uint16", "bool"])
def test_arrays_of_real_numbers_are_read_as_float32(dtype):
    array = (RNG.normal(size=(5, 3)) * 3).astype(dtype)
    assert np.array_equal(ArrayVectors(array).read(0, 5), array.astype(np.float32))


@pytest.mark.parametrize(
    "array",
    [np.zeros(3), np.zeros((2, 2, 2)), np.array([["a", "b"]]), np.array([[object()]]), np.zeros((1, 1), complex)],
)
def test_other_arrays_are_refused(array):
    with pytest.raises(InvalidInputError, match="have to be"):
        ArrayVectors(array)


def test_a_table_is_frozen_and_keeps_its_own_copy():
    array = np.ones((2, 3))
    numbers = np.array([1, 2])
    table = EmbeddingTable.from_array(array, columns=[Column("n", numbers)])
    array[:] = 7
    numbers[:] = 7
    assert np.array_equal(table.vectors.read(0, 2), np.ones((2, 3)))
    assert table.column("n").values.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        table.column("n").values[0] = 5
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.name = "x"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([Column("a", ["x"])], "'a' has 1 values for 2 rows"),
        ([Column("a", ["x", "y"]), Column("a", ["x", "y"])], "two columns named 'a'"),
    ],
)
def test_columns_are_checked_once(columns, words):
    with pytest.raises(InvalidInputError, match=words):
        EmbeddingTable.from_array(np.ones((2, 3)), columns=columns)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_empty_tables_are_refused(shape):
    with pytest.raises(InvalidInputError, match="is empty"):
        EmbeddingTable.from_array(np.ones(shape))


@pytest.mark.parametrize(
    "values", [[1, "a"], np.ones((2, 2)), np.array([["a", "b"]]), "ab", np.array([1, "a"], object)]
)
def test_columns_hold_texts_or_numbers(values):
    with pytest.raises(InvalidInputError, match="column 'c'"):
        Column("c", values)


def test_an_unknown_column_names_the_known_ones():
    table = EmbeddingTable.from_array(np.ones((1, 1)), columns=[Column("word", ["x"])])
    with pytest.raises(InvalidInputError, match="no column 'label'; it has word"):
        table.column("label")


def test_bad_rows_are_named():
    values = VALUES.copy()
    values[[3, 700], 2] = [np.nan, np.inf]
    table = EmbeddingTable.from_array(values)
    assert bad_rows_of(table.vectors).tolist() == [3, 700]
    with pytest.raises(InvalidInputError, match=r"2 of 1,000 rows .*rows 3, 700.*--drop-bad-rows"):
        table.require_finite()


def test_history_grows_and_the_old_one_stays():
    first = Provenance()
    second = first.then(Step("read", {"file": "x"}), "a note")
    assert first == Provenance()
    assert second.as_json() == {"steps": [{"name": "read", "parameters": {"file": "x"}}], "notes": ["a note"]}


def test_arrays_of_texts_are_texts():
    assert Column("c", np.array(["a", "b"])).values == ("a", "b")
    assert Column("c", np.array(["a", None], object)).values == ("a", None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EmbeddingTable("t", np.ones((2, 3))), "use EmbeddingTable.from_array"),
        (lambda: EmbeddingTable(5, ArrayVectors(np.ones((2, 3)))), "name is a text"),
        (lambda: EmbeddingTable.from_array(np.ones((2, 3)), columns=["a", "b"]), "use Column"),
        (lambda: EmbeddingTable.from_array(np.ma.masked_array(np.ones((2, 2)), [[1, 0], [0, 0]])), "masked"),
        (lambda: EmbeddingTable.from_array([[1, 2], [3]]), "different lengths"),
        (lambda: Column(3, ["a"]), "name is a text"),
    ],
)
def test_misuse_is_told_at_once(make, words):
    with pytest.raises(InvalidInputError, match=words):
        make()


def test_one_column_may_stand_alone():
    assert EmbeddingTable.from_array(np.ones((1, 3)), columns=Column("a", ["x"])).column("a").values == ("x",)


def test_numbers_beyond_float32_are_named_without_a_warning(recwarn):
    table = EmbeddingTable.from_array(np.array([[1.0, 2.0], [1e300, 0.0]]))
    with pytest.raises(InvalidInputError, match=r"beyond float32 \(row 1\)"):
        table.require_finite()
    assert not recwarn
