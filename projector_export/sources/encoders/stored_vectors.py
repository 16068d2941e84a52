"""Vectors that lie in the files of many chunks, read as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from projector_export.errors import CorruptFileError
from projector_export.sources.encoders.encoder import IntArray
from projector_export.vectors import Float32Array

__all__ = ["StoredVectors"]


@dataclass(frozen=True, eq=False)
class StoredVectors:
    """Rows in several files of raw little-endian float32, one after the other.

    Parameters
    ----------
    paths
        The files.
    counts
        Rows of each.
    n_dims
        Dimensions of a row.
    keeper
        Something that has to live as long as the files do.
    """

    paths: Sequence[Path]
    counts: Sequence[int]
    n_dims: int
    keeper: object = None

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return int(self._offsets[-1]), self.n_dims

    @property
    def dtype(self) -> str:
        """Vectors are kept as float32."""
        return "float32"

    @cached_property
    def _offsets(self) -> IntArray:
        return np.concatenate([[0], np.cumsum(self.counts, dtype=np.int64)])

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        found = np.empty((max(0, stop - start), self.n_dims), dtype="<f4")
        number = int(np.searchsorted(self._offsets, start, side="right")) - 1
        row = start
        while row < stop:
            last = min(stop, int(self._offsets[number + 1]))
            self._fill(found[row - start : last - start], number, row - int(self._offsets[number]))
            row, number = last, number + 1
        return found.astype(np.float32, copy=False)

    def _fill(self, rows: Float32Array, number: int, first: int) -> None:
        if not rows.size:
            return
        path = self.paths[number]
        try:
            with open(path, "rb", buffering=0) as file:
                file.seek(4 * self.n_dims * first)
                count = file.readinto(memoryview(rows).cast("B"))
        except OSError as error:
            raise CorruptFileError(f"cannot read {path} ({error.strerror}): encode the texts again") from error
        if count != rows.nbytes:
            raise CorruptFileError(f"{path} is shorter than it has to be: delete its folder and start again")
