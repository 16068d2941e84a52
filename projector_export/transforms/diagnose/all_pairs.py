"""All pairs of near rows, none missed: one blocked matrix product of the table with itself."""

from __future__ import annotations

import numpy as np

from projector_export.transforms.diagnose.linked_rows import Links
from projector_export.vectors import Float32Array, Progress, Vectors, blocks_of

__all__ = ["links_of"]

BLOCK_BYTES = 64 * 2**20
"""Bytes of one block of distances."""


def links_of(vectors: Vectors, radius: float, *, progress: Progress | None = None) -> Links:
    """Return shortest links between rows nearer than the radius; some may be longer by float32's rounding.

    Parameters
    ----------
    vectors
        Finite rows that fit in memory.
    radius
        Largest distance.
    progress
        Called with rows done and all rows.
    """
    rows = _centred(vectors)
    n_rows = len(rows)
    lengths = np.einsum("ij,ij->i", rows, rows)
    rounding = 4 * float(np.finfo(np.float32).eps) * float(np.sqrt(rows.shape[1])) * float(lengths.max())
    limit = np.float32(radius**2 + rounding)
    step = max(1, BLOCK_BYTES // (4 * n_rows))
    links = Links.none()
    for start in range(0, n_rows, step):
        block = slice(start, start + step)
        squared = rows[block] @ rows[start:].T
        squared *= -2
        squared += lengths[start:]
        squared += lengths[block, None]
        near, other = np.nonzero(squared <= limit)
        upper = other > near
        near, other = near[upper], other[upper]
        if len(near):
            found = Links(near + start, other + start, np.maximum(squared[near, other], 0).astype(np.float64))
            links = links.joined(found)
        if progress:
            progress(min(start + step, n_rows), n_rows)
    return links


def _centred(vectors: Vectors) -> Float32Array:
    rows = np.empty(vectors.shape, dtype=np.float32)
    for start, block in blocks_of(vectors):
        rows[start : start + len(block)] = block
    rows -= rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    return rows
