"""What the viewer's arithmetic trips over in a tensor's values, gathered in one walk through its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Float32Array

__all__ = ["Statistics", "gather"]


@dataclass
class Statistics:
    """Facts about the rows of a tensor.

    Parameters
    ----------
    n_rows, n_dims
        Shape.
    bad_rows
        Rows with NaN or infinite values.
    all_equal
        Whether every row equals the first.
    largest_norm, smallest_norm
        Euclidean norms of finite rows.
    total, squares
        Sum of the finite rows, and of their squared norms.
    """

    n_rows: int = 0
    n_dims: int = 0
    bad_rows: list[int] = field(default_factory=list)
    all_equal: bool = True
    largest_norm: float = 0.0
    smallest_norm: float = np.inf
    total: npt.NDArray[np.float64] | None = None
    squares: float = 0.0
    first: Float32Array | None = None

    def add(self, block: Float32Array) -> None:
        """Take in the next rows."""
        if not len(block):
            return
        finite = np.isfinite(block).all(axis=1)
        self.bad_rows.extend((np.flatnonzero(~finite) + self.n_rows).tolist())
        if self.first is None:
            self.first, self.n_dims = block[0].copy(), block.shape[1]
            self.total = np.zeros(self.n_dims)
        self.all_equal = self.all_equal and bool((block == self.first).all())
        self.n_rows += len(block)
        self._add_finite(block[finite])

    def _add_finite(self, rows: Float32Array) -> None:
        if not len(rows):
            return
        squared = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        self.squares += float(squared.sum())
        self.total = rows.sum(axis=0, dtype=np.float64) + self.total
        norms = np.sqrt(squared)
        self.largest_norm = max(self.largest_norm, float(norms.max()))
        self.smallest_norm = min(self.smallest_norm, float(norms.min()))

    @property
    def offset(self) -> float:
        """Distance of the rows' mean from the origin, in root mean square distances of the rows from their mean."""
        n_finite = self.n_rows - len(self.bad_rows)
        if self.total is None or n_finite < 2:
            return 0.0
        mean = self.total / n_finite
        spread = self.squares / n_finite - float(mean @ mean)
        return float(np.sqrt(mean @ mean / spread)) if spread > 0 else 0.0


def gather(blocks: Iterable[Float32Array], *, max_rows: int | None = None) -> Statistics:
    """Walk through blocks of rows.

    Parameters
    ----------
    blocks
        Rows, in order.
    max_rows
        Stop after so many.
    """
    found = Statistics()
    for block in blocks:
        left = len(block) if max_rows is None else max_rows - found.n_rows
        found.add(block[:left])
        if max_rows is not None and found.n_rows >= max_rows:
            break
    return found
