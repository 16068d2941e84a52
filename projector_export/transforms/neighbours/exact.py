"""All neighbours, none missed: one blocked matrix product, and a second look wherever float32 cannot tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.transforms.neighbours.engine import Engine
from projector_export.vectors import Float32Array
from projector_export.vectors import Progress as RowsDone

__all__ = ["ordered", "search", "search_for"]

N_SPARE = 8
"""Rows found beyond those that are wanted: the gap to the last one shows that none nearer was missed."""

BLOCK_FLOPS = 1.5e11
"""Work between two calls of progress: about a second on two cores."""


def search(
    engine: Engine, rows: Float32Array, k: int, *, progress: RowsDone | None = None
) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return the k nearest other rows of every row, and their squared Euclidean distances.

    Parameters
    ----------
    engine
        Computes distances between ``rows``.
    rows
        Centred, shape ``(n_rows, n_dims)``.
    k
        1 to ``n_rows - 1``.
    progress
        Called with rows done and all rows.

    Returns
    -------
    indices : ndarray of int32, shape (n_rows, k)
        Nearest first; the lower row number first among equal distances.
    squared : ndarray of float32, shape (n_rows, k)

    Notes
    -----
    A matrix product in float32 rounds ``|a - b|**2`` by up to about ``sqrt(n_dims) * eps * (|a| + |b|)**2``, more than all of
    the distance between rows that nearly repeat. So a few more rows are found than are wanted and their distances are
    computed again from differences; a line whose last wanted row is not nearer by that margin than all rows left out is
    searched again in float64.
    """
    n_rows, n_dims = rows.shape
    indices = np.empty((n_rows, k), dtype=np.int32)
    squared = np.empty((n_rows, k), dtype=np.float32)
    step = int(np.clip(BLOCK_FLOPS / (2.0 * n_rows * n_dims), 64, 4096))
    for start in range(0, n_rows, step):
        stop = min(start + step, n_rows)
        indices[start:stop], squared[start:stop] = search_for(engine, rows, np.arange(start, stop), k)
        if progress:
            progress(stop, n_rows)
    _order_repeated(rows, indices, squared)
    return indices, squared


def _order_repeated(rows: Float32Array, indices: npt.NDArray[np.int32], squared: Float32Array) -> None:
    """Where more than k rows are the same, write the first ones of them: any k of them are as near."""
    k = indices.shape[1]
    same: dict[bytes, list[int]] = {}
    for row in np.flatnonzero(squared[:, -1] == 0).tolist():
        same.setdefault(rows[row].tobytes(), []).append(row)
    for members in same.values():
        if len(members) > k:  # else they differ by less than float32 can square
            first = np.array(members[: k + 1], dtype=np.int32)
            indices[members] = first[:k]
            for place, row in enumerate(members[:k]):
                indices[row] = np.delete(first, place)


def search_for(
    engine: Engine, rows: Float32Array, queries: npt.NDArray[np.int64], k: int
) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return the same as :func:`search` for some of the rows, a few thousand at most."""
    candidates, cutoff = engine.nearest(queries, min(len(rows), k + 1 + N_SPARE))
    indices, squared = ordered(queries, candidates, engine.squared(queries, candidates), k)
    if candidates.shape[1] == len(rows):
        return indices, squared
    doubtful = np.flatnonzero(_may_have_missed(rows[queries], squared[:, -1], cutoff))
    if len(doubtful):
        again = engine.nearest_in_float64(queries[doubtful], candidates.shape[1])
        better = ordered(queries[doubtful], again, engine.squared(queries[doubtful], again), k)
        indices[doubtful], squared[doubtful] = better
    return indices, squared


def _may_have_missed(vectors: Float32Array, farthest: Float32Array, cutoff: Float32Array) -> npt.NDArray[np.bool_]:
    """Tell for which lines a row left out, whose computed distance is at least ``cutoff``, may be nearer than the farthest.

    Such a row is at most ``|a| + sqrt(farthest)`` long. Nothing is nearer than distance 0.
    """
    length = np.linalg.norm(vectors, axis=1).astype(np.float64)
    rounding = np.sqrt(vectors.shape[1]) * float(np.finfo(np.float32).eps)
    margin = rounding * (2 * length + np.sqrt(farthest.astype(np.float64))) ** 2
    return np.asarray((farthest > 0) & (farthest + margin > cutoff))


def ordered(
    queries: npt.NDArray[np.int64], candidates: npt.NDArray[np.int64], squared: Float32Array, k: int
) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return the k nearest candidates of each query, the query itself left out wherever it stands.

    Parameters
    ----------
    queries
        Row numbers, shape ``(n_queries,)``.
    candidates
        Distinct row numbers, shape ``(n_queries, at least k + 1)``.
    squared
        Their squared distances, 0 or more.
    k
        How many to keep.

    Notes
    -----
    A float32 that is not negative sorts like its bits, so that distance and row number together are one 64-bit number.
    """
    bits = np.ascontiguousarray(squared, dtype=np.float32).view(np.uint32).astype(np.uint64)
    keys = (bits << np.uint64(32)) | candidates.astype(np.uint64)
    keys[candidates == queries[:, None]] = np.iinfo(np.uint64).max
    keys.sort(axis=1)
    nearest = keys[:, :k]
    indices = (nearest & np.uint64(0xFFFFFFFF)).astype(np.int32)
    return indices, (nearest >> np.uint64(32)).astype(np.uint32).view(np.float32)
