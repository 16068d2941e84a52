"""Distances between all rows of two blocks, for layouts that are not made from neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.transforms.layouts.start import Float64Array
from projector_export.vectors import Float32Array, MappedVectors, Vectors

__all__ = ["comparable", "distances", "rows_at"]


def comparable(vectors: Vectors, metric: str) -> Vectors:
    """Return vectors whose Euclidean distances put pairs in the metric's order: unit rows for cosine."""
    return MappedVectors(vectors, vectors.shape[1], _unit) if metric == "cosine" else vectors


def _unit(block: Float32Array) -> Float64Array:
    wide = block.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0), dtype=np.float64)


def rows_at(vectors: Vectors, rows: npt.NDArray[np.int64]) -> Float64Array:
    """Return chosen rows, float64."""
    return np.concatenate([vectors.read(row, row + 1) for row in rows.tolist()]).astype(np.float64)


def distances(left: Float64Array, right: Float64Array, metric: str) -> Float64Array:
    """Return the distance of each left row to each right row.

    Parameters
    ----------
    left, right
        Rows that :func:`comparable` gave, shapes ``(n, n_dims)`` and ``(m, n_dims)``; those of Euclidean distances are best
        centred, so that no digits are lost.
    metric
        ``"euclidean"``, or ``"cosine"`` for 1 minus the cosine.

    Returns
    -------
    ndarray of float64, shape (n, m)
    """
    squared = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * (left @ right.T)
    np.maximum(squared, 0, out=squared)
    return np.asarray(squared / 2 if metric == "cosine" else np.sqrt(squared), dtype=np.float64)
