"""Rows that come in blocks, in one array that grows in its place."""

from __future__ import annotations

import numpy as np

from projector_export.vectors import Float32Array

__all__ = ["RowStore"]

_FIRST_ROWS = 1024


class RowStore:
    """An array of rows that grows by a quarter where it is full, so that no second copy of it is ever made.

    Parameters
    ----------
    n_dims
        Numbers of a row.
    n_rows
        How many rows will come, where that is known from somebody who can be trusted.
    """

    def __init__(self, n_dims: int, n_rows: int | None = None) -> None:
        self._array: Float32Array = np.empty((n_rows or _FIRST_ROWS, n_dims), dtype=np.float32)
        self._n_rows = 0

    def append(self, rows: Float32Array) -> None:
        """Put rows behind the others."""
        end = self._n_rows + len(rows)
        if end > len(self._array):
            self._resize(max(end, len(self._array) * 5 // 4))
        self._array[self._n_rows : end] = rows
        self._n_rows = end

    def finished(self) -> Float32Array:
        """Return the rows that came, read-only; nothing can be appended any more."""
        self._resize(self._n_rows)
        self._array.flags.writeable = False
        return self._array

    def _resize(self, n_rows: int) -> None:
        self._array.resize((n_rows, self._array.shape[1]), refcheck=False)
