"""Rows of a variable that TensorFlow stored in parts (``tf.compat.v1.fixed_size_partitioner`` and its like)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from projector_export.errors import CorruptFileError
from projector_export.formats.tensor_bundle import TensorSlice
from projector_export.vectors import Float32Array, Vectors

__all__ = ["Part", "PartitionedVectors", "require_whole"]

MOST_PLACES = 10_000_000


def require_whole(label: str, shape: tuple[int, int], parts: Sequence[TensorSlice]) -> None:
    """Refuse parts that leave a gap or lie over each other.

    Parameters
    ----------
    label
        What errors call the variable.
    shape
        ``(n_rows, n_dims)``.
    parts
        Where each lies.

    Raises
    ------
    CorruptFileError
        If they do not make up the whole.
    """
    rows = sorted({edge for part in parts for edge in (part.extents[0][0], sum(part.extents[0]))} | {0, shape[0]})
    columns = sorted({edge for part in parts for edge in (part.extents[1][0], sum(part.extents[1]))} | {0, shape[1]})
    if len(rows) * len(columns) > MOST_PLACES:
        raise CorruptFileError(f"{label} is in {len(parts):,} parts, which is more than can be put together")
    covered = np.zeros((len(rows) - 1, len(columns) - 1), dtype=np.int64)
    for part in parts:
        (row, n_rows), (column, n_columns) = part.extents
        first, last = np.searchsorted(rows, [row, row + n_rows])
        left, right = np.searchsorted(columns, [column, column + n_columns])
        covered[first:last, left:right] += 1
    if not (covered == 1).all():
        raise CorruptFileError(f"{label} is in {len(parts):,} parts that do not make up {shape[0]:,} x {shape[1]:,}")


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a partitioned variable, and where it begins."""

    row: int
    column: int
    vectors: Vectors


@dataclass(frozen=True, eq=False)
class PartitionedVectors:
    """Rows that lie in several parts.

    Parameters
    ----------
    shape
        ``(n_rows, n_dims)``.
    dtype
        How a value is stored.
    parts
        They make up the whole.
    """

    shape: tuple[int, int]
    dtype: str
    parts: tuple[Part, ...]

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        result = np.empty((stop - start, self.shape[1]), dtype=np.float32)
        for part in self.parts:
            n_rows, n_dims = part.vectors.shape
            first, last = max(start, part.row), min(stop, part.row + n_rows)
            if first < last:
                values = part.vectors.read(first - part.row, last - part.row)
                result[first - start : last - start, part.column : part.column + n_dims] = values
        return result
