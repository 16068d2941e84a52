"""Nearest neighbours by cosine among sampled rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.vectors import SelectedVectors, Vectors

__all__ = ["N_SAMPLED", "nearest"]

N_SAMPLED = 4_000

N_BLOCK_ROWS = 512


def nearest(vectors: Vectors, rows: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    """Return the k nearest others of sampled rows among themselves, by cosine, shape ``(n_sampled, k)``, in no order.

    Parameters
    ----------
    vectors
        Rows, none of the sampled ones zero.
    rows
        Row numbers, increasing, more than k; a few thousand.
    k
        Neighbours of each row.
    """
    held = SelectedVectors(vectors, rows).read(0, len(rows)).astype(np.float64)
    held /= np.sqrt(np.einsum("ij,ij->i", held, held))[:, None]
    indices = np.empty((len(rows), k), dtype=np.int64)
    for start in range(0, len(rows), N_BLOCK_ROWS):
        cosines = held[start : start + N_BLOCK_ROWS] @ held.T
        own = np.arange(len(cosines))
        cosines[own, start + own] = -np.inf
        indices[start : start + len(cosines)] = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    return indices
