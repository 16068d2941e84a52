"""The nearest rows of a few rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.table import EmbeddingTable
from projector_export.vectors import Float32Array, SelectedVectors

__all__ = ["nearest_rows"]

BLOCK_BYTES = 16 * 2**20
"""Float32 bytes of a block: the products with the chosen rows cost far more than reading it."""


def nearest_rows(table: EmbeddingTable, rows: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    """Return the ``k`` rows nearest to each of a few rows by cosine, nearest first, shape ``(len(rows), k)``.

    The table's neighbours are used where it has them; else one walk in float32 compares them with every row. -1 stands where
    there are not so many others; a row of zeros is nobody's neighbour and has no true ones.

    Parameters
    ----------
    table
        Finite rows.
    rows
        Row numbers, any order.
    k
        From 1.
    """
    known = table.neighbours
    if known is not None and known.k >= k:
        return np.asarray(known.indices[rows, :k], dtype=np.int64)
    order = np.argsort(rows)
    chosen = np.empty((len(rows), table.n_dims), dtype=np.float32)
    chosen[order] = SelectedVectors(table.vectors, rows[order]).read(0, len(rows))
    chosen = _unit(chosen)
    best = np.full((len(rows), k), -np.inf, dtype=np.float32)
    found = np.full((len(rows), k), -1, dtype=np.int64)
    for start, block in table.blocks(block_bytes=BLOCK_BYTES):
        cosines = chosen @ block.T
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
        cosines /= np.where(lengths > 0, lengths, np.inf)
        inside = np.flatnonzero((rows >= start) & (rows < start + len(block)))
        cosines[inside, rows[inside] - start] = -np.inf
        best, found = _better(best, found, cosines, start)
    return found


def _unit(block: Float32Array) -> Float32Array:
    lengths = np.linalg.norm(block, axis=1, keepdims=True)
    return np.asarray(np.divide(block, lengths, out=np.zeros_like(block), where=lengths > 0), dtype=np.float32)


def _better(
    best: Float32Array, found: npt.NDArray[np.int64], cosines: Float32Array, start: int
) -> tuple[Float32Array, npt.NDArray[np.int64]]:
    """Return the best of the ones known so far and of a block's."""
    k = best.shape[1]
    places = np.argpartition(-cosines, k - 1, axis=1)[:, :k] if cosines.shape[1] > k else None
    if places is None:
        places = np.broadcast_to(np.arange(cosines.shape[1]), cosines.shape)
    values = np.concatenate([best, np.take_along_axis(cosines, places, axis=1)], axis=1)
    numbers = np.concatenate([found, places + start], axis=1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    kept = np.take_along_axis(values, order, axis=1)
    return kept, np.where(np.isneginf(kept), -1, np.take_along_axis(numbers, order, axis=1))
