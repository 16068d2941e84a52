"""How much of each row's neighbourhood a layout keeps: a column by which the viewer can colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.neighbours import Progress
from projector_export.vectors import Float32Array

__all__ = ["column_of", "preservation"]

BLOCK_ROWS = 16_384
"""Rows whose neighbours are compared at once: 15 MB where there are 15 neighbours."""

DECIMALS = 4


def preservation(table: EmbeddingTable, *, n_neighbors: int = 15, progress: Progress | None = None) -> EmbeddingTable:
    """Return the table with one column a layout that has none yet: how much of each row's neighbourhood the picture keeps.

    Parameters
    ----------
    table
        Has neighbours, ``n_neighbors`` or more of each row (or all other rows).
    n_neighbors
        Largest neighbourhood, K.
    progress
        Called with the name of the stage, layouts done and all layouts.

    Returns
    -------
    EmbeddingTable
        With a numeric column ``"<layout> preserved"`` after the others: 0 where no neighbour is kept, 1 where all are in
        their places, rounded to 4 decimals. A table without columns gets one of row numbers before, because the viewer
        labels points by the first column.

    Raises
    ------
    InvalidInputError
        If the table has no neighbours, or too few.

    Notes
    -----
    The mean over k = 1, ..., K of ``|N_X^k(i) & N_Z^k(i)| / k``, with ``N_X^k(i)`` the k nearest neighbours of row i in truth
    and ``N_Z^k(i)`` those in the picture: the terms of ``Q_NX(K)`` of Lee, Peluffo-Ordóñez and Verleysen (Neurocomputing 169,
    2015), averaged over neighbourhood sizes as they do for the curve but kept for each row. One size alone has only K + 1
    different values, and the viewer gives a gradient to a numeric column only where it has more than 50
    (vz_projector's ``data-provider.ts``).
    """
    known = {column.name for column in table.columns}
    layouts = [layout for layout in table.layouts if column_of(layout.name) not in known]
    if not layouts:
        return table
    wanted = _wanted(table, n_neighbors)
    truth = wanted.astype(np.int32)
    columns = []
    for done, layout in enumerate(layouts):
        if progress:
            progress("neighbourhood preservation", done, len(layouts))
        values = _preserved(truth, _in_picture(layout.coordinates, truth.shape[1]))
        columns.append(Column(column_of(layout.name), values))
    if progress:
        progress("neighbourhood preservation", len(layouts), len(layouts))
    names: list[str] = [column.name for column in columns]
    step = Step("preservation", {"n_neighbors": truth.shape[1], "columns": [*names]})
    before = table.columns or (Column("row", [f"row {row}" for row in range(table.n_rows)]),)
    return replace(table, columns=(*before, *columns), provenance=table.provenance.then(step))


def column_of(layout_name: str) -> str:
    """Return the name of a layout's column."""
    return f"{layout_name} preserved"


def _wanted(table: EmbeddingTable, n_neighbors: int) -> npt.NDArray[np.int32]:
    if n_neighbors < 1:
        raise InvalidInputError(f"the number of neighbours is a whole number from 1, not {n_neighbors!r}")
    k = min(n_neighbors, table.n_rows - 1)
    known = table.neighbours
    if known is None or known.k < k:
        has = "no neighbours" if known is None else f"{known.k:,} neighbours a row"
        raise InvalidInputError(f"table {table.name!r} has {has}: call neighbours(table, {n_neighbors}) first")
    return known.first(k).indices


def _in_picture(coordinates: Float32Array, k: int) -> npt.NDArray[np.int32]:
    """Return the k nearest other rows in the picture, nearest first, shape ``(n_rows, k)``."""
    from scipy.spatial import cKDTree

    _, found = cKDTree(coordinates).query(coordinates, k + 1, workers=-1)
    itself = found == np.arange(len(found))[:, None]
    itself[~itself.any(axis=1), -1] = True  # many rows in one place: the row itself is not among those found
    return np.asarray(found[~itself].reshape(len(found), k), dtype=np.int32)


def _preserved(truth: npt.NDArray[np.int32], picture: npt.NDArray[np.int32]) -> Float32Array:
    """Return the mean over neighbourhood sizes of the share that is kept, shape ``(n_rows,)``."""
    k = truth.shape[1]
    shares = np.cumsum(1.0 / np.arange(k, 0, -1))[::-1]  # a pair met at place p counts in each size from p on
    weights = (shares[np.maximum.outer(np.arange(k), np.arange(k))] / k).astype(np.float32).reshape(-1)
    kept = np.empty(len(truth), dtype=np.float32)
    step = max(1, BLOCK_ROWS * 15**2 // k**2)
    for start in range(0, len(truth), step):
        rows = slice(start, start + step)
        same = truth[rows, :, None] == picture[rows, None, :]
        kept[rows] = same.reshape(len(same), -1).astype(np.float32) @ weights
    return np.clip(np.round(kept, DECIMALS), 0, 1)
