"""A short float32 stand-in for every row that keeps distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from projector_export.vectors import BLOCK_BYTES, Float32Array, Progress, SelectedVectors, Vectors, blocks_of

__all__ = ["N_SKETCHED", "RowSketch", "sketch"]

N_SKETCHED = 256
"""Dimensions of the stand-in."""

N_CENTRE = 256

N_BLOCK_ROWS = 1_024


@dataclass(frozen=True, eq=False)
class RowSketch:
    """Stand-ins of all rows.

    Parameters
    ----------
    rows
        Shape ``(n_rows, at most 256)``.
    slack
        Squared distances between stand-ins are at most this many times the true ones, with near certainty.
    """

    rows: Float32Array
    slack: float


def sketch(vectors: Vectors, seed: int, *, progress: Progress | None = None) -> RowSketch:
    """Return the centred rows, projected to 256 random directions where they are longer.

    Parameters
    ----------
    vectors
        Finite rows.
    seed
        Draws the directions.
    progress
        Called with rows done and all rows.

    Notes
    -----
    A projection by independent normal numbers of variance 1/256 multiplies each squared distance by chi-square(256)/256: its
    standard deviation is 9 % (Johnson and Lindenstrauss 1984; Dasgupta and Gupta 2003). The slack is more than three of them.
    """
    n_rows, n_dims = vectors.shape
    random = np.random.default_rng(seed)
    some = np.unique(np.linspace(0, n_rows - 1, min(N_CENTRE, n_rows)).astype(np.int64))
    centre = SelectedVectors(vectors, some).read(0, len(some)).mean(axis=0, dtype=np.float64).astype(np.float32)
    projection = None
    if n_dims > N_SKETCHED:
        projection = random.standard_normal((n_dims, N_SKETCHED), dtype=np.float32) / np.float32(np.sqrt(N_SKETCHED))
    rows = np.empty((n_rows, min(n_dims, N_SKETCHED)), dtype=np.float32)
    for start, block in blocks_of(vectors, block_bytes=max(BLOCK_BYTES, 4 * n_dims * N_BLOCK_ROWS)):
        centred = block - centre
        rows[start : start + len(block)] = centred if projection is None else centred @ projection
        if progress:
            progress(start + len(block), n_rows)
    return RowSketch(rows, 1.001 if projection is None else 1.3)
