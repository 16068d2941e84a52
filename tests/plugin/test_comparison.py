import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from projector_export.plugin.comparison import compare, joined


def test_repeated_labels_are_paired_in_their_order():
    rows, others = joined(["a", "b", "a", "c", "a"], ["a", "x", "a", "b"])
    assert list(zip(rows.tolist(), others.tolist(), strict=True)) == [(0, 0), (1, 3), (2, 2)]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30))
def test_ranks_are_means_among_equals(pairs):
    values = np.array(pairs, dtype=np.float32)
    moved = compare(values[:, 0], values[:, 1], (np.arange(len(values)), np.arange(len(values))))
    below = (rankdata(values, axis=0) - 1) / max(1, len(values) - 1)
    assert np.allclose(moved.ranks, below[moved.rows, 0])
    assert np.allclose(moved.other_ranks, below[moved.rows, 1])
    sizes = np.abs(moved.other_ranks - moved.ranks)
    assert (np.diff(sizes) <= 0).all()


def test_rows_without_a_value_are_left_out():
    rows = np.arange(4)
    moved = compare(np.array([1.0, np.nan, 3, 4]), np.array([4.0, 3, np.nan, 1]), (rows, rows))
    assert sorted(moved.rows.tolist()) == [0, 3]
    assert moved.ranks[0] == pytest.approx(1 - moved.other_ranks[0])


def test_nothing_shared():
    moved = compare(np.zeros(2), np.zeros(2), joined(["a", "b"], ["c", "d"]))
    assert len(moved.rows) == 0
