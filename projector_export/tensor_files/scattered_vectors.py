"""Rows of float32 that lie here and there in a file, with other things between them."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike, fspath
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError
from projector_export.vectors import Float32Array

__all__ = ["ScatteredVectors", "gathered"]

_DENSE = 4
"""Rows that take at least this part of where they lie are read together with what is between them."""


@dataclass(frozen=True, eq=False)
class ScatteredVectors:
    """Little-endian float32 rows, each at a place of its own.

    Parameters
    ----------
    path
        File that holds the rows.
    offsets
        Byte at which each row begins, in any order.
    n_dims
        Numbers of a row.
    """

    path: str | PathLike[str]
    offsets: npt.NDArray[np.int64]
    n_dims: int

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return len(self.offsets), self.n_dims

    @property
    def dtype(self) -> str:
        """How the file stores a value."""
        return "float32"

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows; the file is walked through from front to back.

        Raises
        ------
        CorruptFileError
            If the file cannot be read any more, or became shorter.
        """
        offsets = self.offsets[start:stop]
        if not len(offsets):
            return np.empty((0, self.n_dims), dtype=np.float32)
        first, n_bytes = int(offsets.min()), 4 * self.n_dims
        length = int(offsets.max()) + n_bytes - first
        try:
            with open(self.path, "rb") as file:
                if length <= _DENSE * n_bytes * len(offsets):
                    return gathered(self._taken(file, first, length), offsets - first, self.n_dims)
                return self._picked(file, offsets)
        except OSError as error:
            raise CorruptFileError(f"cannot read {fspath(self.path)!r} ({error.strerror}): start again") from error

    def _picked(self, file: BinaryIO, offsets: npt.NDArray[np.int64]) -> Float32Array:
        rows = np.empty((len(offsets), self.n_dims), dtype=np.float32)
        for row in np.argsort(offsets).tolist():
            rows[row] = np.frombuffer(self._taken(file, int(offsets[row]), 4 * self.n_dims), dtype="<f4")
        return rows

    def _taken(self, file: BinaryIO, start: int, length: int) -> bytes:
        file.seek(start)
        raw = file.read(length)
        if len(raw) < length:
            raise CorruptFileError(
                f"cannot read {fspath(self.path)!r} (it became shorter while it was read): start again"
            )
        return raw


def gathered(raw: bytes, places: npt.NDArray[np.int64], n_dims: int) -> Float32Array:
    """Return the rows that begin at these bytes as new float32 rows, ``(len(places), n_dims)``."""
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(raw, dtype=np.uint8), 4 * n_dims)
    return windows[places].view("<f4").astype(np.float32, copy=False)
