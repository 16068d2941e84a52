"""The rows nearest to one row, exactly, in one walk through the vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.vectors import Float32Array, Vectors, blocks_of

__all__ = ["nearest"]

MARGIN = 32
"""So many more are found in float32 than are asked for, and then compared in float64."""


def nearest(vectors: Vectors, row: int, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the rows of highest cosine similarity to one row.

    Parameters
    ----------
    vectors
        Rows, walked through once.
    row, count
        Which row, and how many others.

    Returns
    -------
    rows : ndarray of int64
        The nearest first, ties by row number; without the row itself, and without rows that have no direction.
    similarities : ndarray of float64

    Raises
    ------
    InvalidInputError
        If there is no such row, or it has no direction: it is zero, or holds NaN or infinite numbers.
    """
    n_rows = vectors.shape[0]
    if not 0 <= row < n_rows:
        raise InvalidInputError(f"there is no row {row:,}: the rows are 0 to {n_rows - 1:,}")
    query = _directions(vectors.read(row, row + 1).astype(np.float64))[0]
    if not query.any():
        raise InvalidInputError(f"row {row:,} has no direction, so that no row is near to it")
    rough = np.empty(n_rows, dtype=np.float32)
    for start, block in blocks_of(vectors):
        rough[start : start + len(block)] = _similarities(block, query)
    rough[row] = -np.inf
    wanted = min(count + MARGIN, n_rows)
    found = np.sort(np.argpartition(-rough, wanted - 1)[:wanted])
    found = found[np.isfinite(rough[found])]
    exact = np.array([_directions(_row(vectors, each))[0] @ query for each in found.tolist()])
    order = np.argsort(-exact, kind="stable")[:count]
    return found[order].astype(np.int64), exact[order]


def _row(vectors: Vectors, row: int) -> npt.NDArray[np.float64]:
    return vectors.read(row, row + 1).astype(np.float64)


def _directions(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring rows to length 1, without overflow; what has no direction becomes zero."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    usable = (largest > 0) & np.isfinite(largest)
    scaled = np.where(usable, rows, 0) / np.where(usable, largest, 1)
    lengths = np.sqrt((scaled * scaled).sum(axis=1, keepdims=True))
    directions: npt.NDArray[np.float64] = scaled / np.where(lengths > 0, lengths, 1)
    return directions


def _similarities(block: Float32Array, query: npt.NDArray[np.float64]) -> Float32Array:
    """Return cosine similarities in float32, -inf for rows without direction."""
    with np.errstate(all="ignore"):
        squares = np.einsum("ij,ij->i", block, block)
        rough: Float32Array = (block @ query.astype(np.float32)) / np.sqrt(squares)
    odd = ~(np.isfinite(squares) & (squares > np.finfo(np.float32).tiny * 2**24))
    if odd.any():
        wide = _directions(block[odd].astype(np.float64))
        rough[odd] = np.where(wide.any(axis=1), wide @ query, -np.inf)
    return rough
