"""Most neighbours, in time that hardly grows faster than the rows: for tables whose exact search takes too long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export import optional
from projector_export.transforms.neighbours.engine import Engine
from projector_export.transforms.neighbours.exact import ordered, search_for
from projector_export.vectors import Float32Array

__all__ = ["recall_of", "search"]

N_SAMPLED = 500
"""Rows on which the recall is measured."""

N_LEAST = 30
"""Neighbours that are always looked for: with fewer, the descent gets stuck sooner."""

BLOCK_ROWS = 4096


def search(engine: Engine, rows: Float32Array, k: int, *, seed: int) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return k near other rows of every row, and their squared Euclidean distances.

    Parameters
    ----------
    engine
        Computes distances between ``rows``.
    rows
        Centred, shape ``(n_rows, n_dims)``.
    k
        1 to ``n_rows - 1``.
    seed
        The same seed finds the same neighbours, on any number of threads.

    Returns
    -------
    indices : ndarray of int32, shape (n_rows, k)
        Nearest first.
    squared : ndarray of float32, shape (n_rows, k)

    Raises
    ------
    MissingExtraError
        If pynndescent is not installed.

    Notes
    -----
    Nearest-neighbour descent (Dong, Moses and Li, WWW 2011) as in pynndescent; rows for which it finds too few are searched
    exactly.
    """
    with optional.required_for(f"finding the nearest neighbours of {len(rows):,} rows"):
        from pynndescent import NNDescent
    count = min(len(rows), max(k, N_LEAST) + 1)
    descent = NNDescent(rows, metric="euclidean", n_neighbors=count, random_state=seed, low_memory=True, n_jobs=-1)
    found = descent.neighbor_graph[0]
    del descent
    indices = np.empty((len(rows), k), dtype=np.int32)
    squared = np.empty((len(rows), k), dtype=np.float32)
    for start in range(0, len(rows), BLOCK_ROWS):
        queries = np.arange(start, min(start + BLOCK_ROWS, len(rows)))
        part = slice(start, start + len(queries))
        candidates = found[part].astype(np.int64)
        lacking = np.flatnonzero(_lacking(candidates))
        candidates[lacking] = queries[lacking, None]  # any row that exists, until it is searched
        indices[part], squared[part] = ordered(queries, candidates, engine.squared(queries, candidates), k)
        if len(lacking):
            better = search_for(engine, rows, queries[lacking], k)
            indices[queries[lacking]], squared[queries[lacking]] = better
    return indices, squared


def _lacking(candidates: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which lines have an empty place (-1) or a row twice."""
    lines = np.sort(candidates, axis=1)
    return np.asarray((lines[:, 0] < 0) | (lines[:, 1:] == lines[:, :-1]).any(axis=1))


def recall_of(engine: Engine, rows: Float32Array, squared: Float32Array, *, seed: int) -> float:
    """Return the share of neighbours found, of those in truth, measured on up to 500 rows.

    Parameters
    ----------
    engine
        Computes distances between ``rows``.
    rows
        Centred, shape ``(n_rows, n_dims)``.
    squared
        Squared distances to the rows that were found, shape ``(n_rows, k)``; of equally near rows any one counts.
    seed
        Of the sample.
    """
    queries = np.sort(np.random.default_rng(seed).choice(len(rows), min(N_SAMPLED, len(rows)), replace=False))
    _, true = search_for(engine, rows, queries, squared.shape[1])
    return float((squared[queries] <= true[:, -1:]).mean())
