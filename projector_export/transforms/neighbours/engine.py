"""What a search asks of whoever multiplies its rows: faiss on processors, torch on a graphics card."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Float32Array

__all__ = ["Engine"]


class Engine(Protocol):
    """Squared Euclidean distances between the rows of one array."""

    def nearest(self, queries: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.int64], Float32Array]:
        """Return the ``count`` nearest of all rows for each query, and the largest of their squared distances.

        Distances come from ``|a|**2 + |b|**2 - 2 a.b`` in float32: near rows may come in the wrong order.

        Returns
        -------
        indices : ndarray of int64, shape (n_queries, count)
        largest : ndarray of float32, shape (n_queries,)
        """

    def squared(self, queries: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]) -> Float32Array:
        """Return the squared distances from each query to the rows in its line of ``indices``, from their differences."""

    def nearest_in_float64(self, queries: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
        """Return the ``count`` nearest of all rows for a few queries, the distances computed in float64."""
