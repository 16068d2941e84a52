"""Distances of a few rows to all rows, exact, in one walk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from projector_export.vectors import BLOCK_BYTES, SelectedVectors, Vectors, blocks_of

__all__ = ["squared_blocks", "two_nearest"]

N_DISTANCES = 8 * 2**20
"""Distances of one block."""

N_BLOCK_ROWS = 1_024
"""Rows of one block at least: a matrix product of fewer pays more for its start."""


def squared_blocks(vectors: Vectors, sampled: npt.NDArray[np.int64]) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Walk through all rows with their squared Euclidean distances to sampled rows.

    Parameters
    ----------
    vectors
        Finite rows.
    sampled
        Row numbers, increasing; a few hundred.

    Yields
    ------
    start : int
        First row of the block.
    squared : ndarray of float64, shape (n_sampled, n_block_rows)
        Infinite between a row and itself.

    Notes
    -----
    Float64 products of rows that are centred on the sample: relative to the squared length of such a row, an error of about
    1e-15.
    """
    chosen = SelectedVectors(vectors, sampled).read(0, len(sampled)).astype(np.float64)
    centre = chosen.mean(axis=0)
    chosen -= centre
    lengths = np.einsum("ij,ij->i", chosen, chosen)[:, None]
    row_bytes = 4 * vectors.shape[1]
    block_bytes = min(max(BLOCK_BYTES, row_bytes * N_BLOCK_ROWS), row_bytes * max(1, N_DISTANCES // len(sampled)))
    for start, block in blocks_of(vectors, block_bytes=block_bytes):
        wide = block - centre
        squared = chosen @ wide.T
        squared *= -2
        squared += lengths
        squared += np.einsum("ij,ij->i", wide, wide)
        np.maximum(squared, 0, out=squared)
        own = np.flatnonzero((sampled >= start) & (sampled < start + len(block)))
        squared[own, sampled[own] - start] = np.inf
        yield start, squared


def two_nearest(vectors: Vectors, sampled: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the Euclidean distances of sampled rows to their two nearest other rows, shape ``(n_sampled, 2)``.

    A distance is infinite where there are too few rows.
    """
    nearest = np.full((len(sampled), 2), np.inf)
    for _, squared in squared_blocks(vectors, sampled):
        first = squared.argmin(axis=1)[:, None]
        here = np.take_along_axis(squared, first, axis=1)
        np.put_along_axis(squared, first, np.inf, axis=1)
        together = np.concatenate([nearest, here, squared.min(axis=1, keepdims=True)], axis=1)
        nearest = np.sort(together, axis=1)[:, :2]
    return np.asarray(np.sqrt(nearest))
