import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_cell, metadata_tsv
from projector_export.table import Column

TEXTS = st.text(st.characters(codec=None))


def test_golden_bytes():
    columns = [
        Column("token", ["a\tb", "007", ""]),
        Column("id", np.arange(3)),
        Column("norm", np.array([0.1, np.nan, 3.0])),
        Column("good", np.array([True, False, True])),
    ]
    assert metadata_tsv.encode(columns) == (
        b'token\tid\tnorm\tgood\na\\tb\t0\t0.1\ttrue\n"007"\t1\t\tfalse\n(empty)\t2\t3.0\ttrue\n'
    )


def test_one_column_has_no_header_and_several_have_one():
    one = metadata_tsv.encode([Column("name", ["x", "y"])])
    assert one == b"x\ny\n"
    assert not metadata_tsv.decode(one).has_header
    two = metadata_tsv.encode([Column("name", ["x", "y"]), Column("n", np.arange(2))])
    assert metadata_tsv.decode(two).names == ("name", "n")


@given(st.lists(TEXTS, min_size=1, max_size=80))
def test_any_labels_come_out_of_the_viewers_rules_one_to_one(texts):
    counted = len(set(texts)) <= 50
    for columns in ([Column("label", texts)], [Column("label", texts), Column("id", np.arange(len(texts)))]):
        seen = metadata_tsv.decode(metadata_tsv.encode(columns))
        assert seen.n_skipped == 0
        assert [metadata_cell.decode(row[0], counted=counted) for row in seen.rows] == texts


@given(st.lists(st.floats(allow_infinity=False, width=64), min_size=1))
def test_numbers_come_out_exactly_and_nan_as_no_value(values):
    columns = [Column("label", [f"r{i}" for i in range(len(values))]), Column("x", np.array(values))]
    seen = [row[1] for row in metadata_tsv.decode(metadata_tsv.encode(columns)).rows]
    assert seen == [None if np.isnan(value) else value for value in values]


@pytest.mark.parametrize("place", [None, 0, 1, 2])
def test_no_character_lies_across_a_chunk_border(place):
    n_rows = 30_000
    texts = [f"日本語の見出し🙂é{i}" * 3 for i in range(n_rows)]
    columns = [Column("a", texts), Column("b", texts)]
    if place is not None:
        columns.insert(place, Column("id", np.arange(n_rows)))
    data = metadata_tsv.encode(columns)
    assert len(data) > 3 * metadata_tsv.CHUNK_BYTES
    seen = metadata_tsv.decode(data)
    label = 1 if place == 0 else 0
    assert [row[label] for row in seen.rows] == texts
    if place is not None:
        assert seen.n_skipped == 0, "TensorBoard counts blank lines among the first 100,000"
        assert [row[place] for row in seen.rows] == list(range(n_rows))


def test_chunk_test_can_fail():
    texts = ["é" * 50 + str(i) for i in range(20_000)]
    plain = "\n".join(texts).encode() + b"\n"
    shifted = b"x" + plain
    broken = [row[0] for data in (plain, shifted) for row in metadata_tsv.decode(data).rows]
    assert any("\ufffd" in label for label in broken)


def test_rows_longer_than_a_chunk():
    texts = ["ü" * 700_000 + str(i) for i in range(3)]
    columns = [Column("label", texts), Column("id", np.arange(3))]
    assert [row[0] for row in metadata_tsv.decode(metadata_tsv.encode(columns)).rows] == texts


def test_infinity_is_refused_with_its_row():
    with pytest.raises(InvalidInputError, match="'x' is infinite in row 1"):
        metadata_tsv.encode([Column("a", ["p", "q"]), Column("x", np.array([1.0, -np.inf]))])


def test_a_row_without_any_value_is_refused():
    columns = [Column("x", np.array([1.0, np.nan])), Column("y", np.array([2.0, np.nan]))]
    with pytest.raises(InvalidInputError, match="row 1 has no value"):
        metadata_tsv.encode(columns)


def test_names_that_the_viewer_cannot_hold_are_refused():
    with pytest.raises(InvalidInputError, match="__proto__"):
        metadata_tsv.encode([Column("__proto__", ["a"]), Column("b", ["c"])])


def test_names_of_every_object_are_protected_where_the_viewer_counts():
    few = metadata_tsv.encode([Column("kind", ["constructor", "word"])])
    assert few == b'"constructor"\nword\n'
    many = metadata_tsv.encode([Column("token", ["constructor", *map(str, range(60))])])
    assert many.startswith(b"constructor\n")


@given(st.binary())
def test_any_file_is_read_as_the_viewer_reads_it(data):
    seen = metadata_tsv.decode(data)
    assert all(len(row) == len(seen.names) for row in seen.rows)


@pytest.mark.parametrize("n_distinct", [3, 500])
def test_blocks_of_rows_leave_no_trace(monkeypatch, n_distinct):
    n_rows = 1_000
    columns = [
        Column("text", [f"é{row % n_distinct}" for row in range(n_rows)]),
        Column("number", np.linspace(-1, 1, n_rows)),
        Column("count", np.arange(n_rows)),
        Column("flag", np.arange(n_rows) % 3 == 0),
    ]
    whole = metadata_tsv.encode(columns)
    monkeypatch.setattr(metadata_tsv, "BLOCK_ROWS", 7)
    assert metadata_tsv.encode(columns) == whole
    assert len(whole.splitlines()) == n_rows + 1
    holes = np.full(n_rows, 1.0)
    holes[900] = np.nan
    with pytest.raises(InvalidInputError, match="row 900 has no value"):
        metadata_tsv.encode([Column("number", holes)])
