"""Rows of float32 that lie here and there in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError
from projector_export.vectors import Float32Array

__all__ = ["ScatteredVectors"]


@dataclass(frozen=True, eq=False)
class ScatteredVectors:
    """Little-endian float32 rows, each at a place of its own.

    Parameters
    ----------
    path
        File that holds the rows.
    offsets
        Byte at which each row begins.
    n_dims
        Numbers of a row.
    """

    path: Path
    offsets: npt.NDArray[np.int64]
    n_dims: int

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return len(self.offsets), self.n_dims

    @property
    def dtype(self) -> str:
        """How a value is stored."""
        return "float32"

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows; the file is walked through from front to back."""
        offsets = self.offsets[start:stop]
        rows = np.empty((len(offsets), self.n_dims), dtype="<f4")
        try:
            with open(self.path, "rb") as file:
                for row in np.argsort(offsets).tolist():
                    file.seek(int(offsets[row]))
                    rows[row] = np.frombuffer(file.read(4 * self.n_dims), dtype="<f4")
        except (OSError, ValueError) as error:
            raise CorruptFileError(f"cannot read {self.path} (it changed while it was read): start again") from error
        return rows.astype(np.float32, copy=False)
