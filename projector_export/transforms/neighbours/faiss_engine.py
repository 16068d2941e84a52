"""Squared distances by faiss and BLAS, on all processors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from projector_export import optional
from projector_export.vectors import BLOCK_BYTES, Float32Array

__all__ = ["FaissEngine"]

WIDE_BYTES = 32 * 2**20
"""Float64 bytes of one block of distances."""


class FaissEngine:
    """An :class:`~projector_export.transforms.neighbours.engine.Engine` on rows in memory.

    Parameters
    ----------
    rows
        Float32, C order, shape ``(n_rows, n_dims)``.

    Raises
    ------
    MissingExtraError
        If faiss is not installed.
    """

    def __init__(self, rows: Float32Array) -> None:
        with optional.required_for("finding nearest neighbours"):
            import faiss
        self._faiss: Any = faiss
        self._rows = rows

    def nearest(self, queries: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.int64], Float32Array]:
        """Return the nearest rows by one blocked matrix product (faiss's ``knn_L2sqr``)."""
        squared, indices = self._faiss.knn(self._rows[queries], self._rows, count)
        return indices, squared[:, -1]

    def squared(self, queries: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]) -> Float32Array:
        """Return squared distances from differences (faiss's ``fvec_L2sqr_by_idx``)."""
        wanted = np.ascontiguousarray(indices, dtype=np.int64)
        vectors = self._rows[queries]
        squared = np.empty(wanted.shape, dtype=np.float32)
        pointers = [self._faiss.swig_ptr(array) for array in (squared, vectors, self._rows, wanted)]
        self._faiss.fvec_L2sqr_by_idx(*pointers, self._rows.shape[1], *wanted.shape)
        return squared

    def nearest_in_float64(self, queries: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
        """Return the nearest rows by matrix products in float64, a few queries at a time."""
        nearest = np.empty((len(queries), count), dtype=np.int64)
        step = max(1, WIDE_BYTES // (8 * len(self._rows)))
        for start in range(0, len(queries), step):
            distances = self._in_float64(queries[start : start + step])
            nearest[start : start + step] = np.argpartition(distances, count - 1, axis=1)[:, :count]
        return nearest

    def _in_float64(self, queries: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return squared distances to all rows, up to a number that is the same in each line."""
        vectors = self._rows[queries].astype(np.float64)
        distances = np.empty((len(queries), len(self._rows)))
        step = max(1, BLOCK_BYTES // (8 * self._rows.shape[1]))
        for start in range(0, len(self._rows), step):
            block = self._rows[start : start + step].astype(np.float64)
            lengths = np.einsum("ij,ij->i", block, block)
            distances[:, start : start + step] = lengths - 2 * (vectors @ block.T)
        return distances
