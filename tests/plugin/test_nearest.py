import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from projector_export.errors import InvalidInputError
from projector_export.plugin.nearest import nearest
from projector_export.vectors import ArrayVectors


def plainly(vectors, row, count):
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1)
    similarities = wide @ wide[row] / np.where(lengths > 0, lengths, 1) / lengths[row]
    order = [each for each in np.argsort(-similarities, kind="stable") if each != row and lengths[each] > 0]
    return order[:count], similarities[order[:count]]


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(2, 80), st.integers(1, 5)), elements=st.integers(-3, 3).map(float)),
    st.data(),
)
def test_they_are_those_of_a_plain_computation(vectors, data):
    row = data.draw(st.integers(0, len(vectors) - 1))
    if not vectors[row].any():
        with pytest.raises(InvalidInputError, match="no direction"):
            nearest(ArrayVectors(vectors), row, 5)
        return
    rows, similarities = nearest(ArrayVectors(vectors), row, 5)
    _, expected = plainly(vectors, row, 5)
    assert row not in rows
    assert len(set(rows.tolist())) == len(rows)
    assert np.allclose(similarities, expected, atol=1e-12)


def test_rows_that_float32_cannot_tell_apart_are_in_order():
    vectors = np.array([[1, 0], [1, 1e-5], [1, 2e-5], [1, 3e-5], [-1, 0]], np.float32)
    rows, similarities = nearest(ArrayVectors(vectors), 0, 10)
    assert rows.tolist() == [1, 2, 3, 4]
    assert similarities[0] > similarities[1] > similarities[2]


def test_rows_without_direction_are_never_near():
    vectors = np.array([[1, 2], [0, 0], [np.nan, 1], [np.inf, 0], [2, 4], [1e-30, 2e-30], [1e30, 2e30]], np.float32)
    rows, similarities = nearest(ArrayVectors(vectors), 0, 10)
    assert sorted(rows.tolist()) == [4, 5, 6]
    assert np.allclose(similarities, 1)
    for row in (1, 2, 3):
        with pytest.raises(InvalidInputError, match=f"row {row} has no direction"):
            nearest(ArrayVectors(vectors), row, 3)


def test_many_blocks(monkeypatch):
    vectors = np.random.default_rng(0).standard_normal((60_000, 64), dtype=np.float32)
    rows, similarities = nearest(ArrayVectors(vectors), 12_345, 20)
    expected, exactly = plainly(vectors, 12_345, 20)
    assert rows.tolist() == expected
    assert np.allclose(similarities, exactly, atol=1e-12)


@pytest.mark.parametrize("row", [-1, 3])
def test_there_is_no_such_row(row):
    with pytest.raises(InvalidInputError, match=f"there is no row {row}: the rows are 0 to 2"):
        nearest(ArrayVectors(np.eye(3, dtype=np.float32)), row, 1)
