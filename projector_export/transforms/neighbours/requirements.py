"""What a table needs so that its rows have nearest neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.table import METRICS, EmbeddingTable, listed
from projector_export.vectors import Float32Array, is_finite

__all__ = ["check_neighbours"]

DIRECTION_TOLERANCE = 4 * float(np.finfo(np.float32).eps)
"""Entries of two unit rows that differ by no more are the same direction: float32 tells them no better."""


def check_neighbours(table: EmbeddingTable, k: int, metric: str) -> None:
    """Walk through all rows once and make sure that their neighbours can be found.

    Parameters
    ----------
    table
        Rows.
    k
        Wanted neighbours of each row, 1 to ``n_rows - 1``.
    metric
        One of :data:`~projector_export.table.METRICS`.

    Raises
    ------
    InvalidInputError
        If the metric is unknown, there are too few rows, rows hold NaN or infinite numbers, rows are zero under cosine, or
        all rows are the same.
    """
    if metric not in METRICS:
        raise InvalidInputError(f"{metric!r} is no metric of neighbours: choose {' or '.join(METRICS)}")
    _check_k(table, k)
    zero_rows: list[npt.NDArray[np.int64]] = []
    differs, first = False, None
    for start, block in table.blocks():
        if not is_finite(block):
            table.require_finite()
        if metric == "cosine":
            zero_rows.append(start + np.flatnonzero(~block.any(axis=1)))
        if not differs:
            first = block[:1].copy() if first is None else first
            differs = _differs(block, first, metric)
    _refuse_zero_rows(table, np.concatenate([np.empty(0, dtype=np.int64), *zero_rows]))
    if not differs:
        how = "point the same way" if metric == "cosine" else "are the same"
        raise InvalidInputError(
            f"all {table.n_rows:,} rows of {table.name!r} {how}, so that no row is nearer than another: "
            f"give at least 2 rows that differ"
        )


def _check_k(table: EmbeddingTable, k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InvalidInputError(f"the number of neighbours is a whole number from 1, not {k!r}")
    if table.n_rows < 2:
        raise InvalidInputError(f"table {table.name!r} has 1 row, which has no neighbours: give at least 2 rows")
    if k >= table.n_rows:
        raise InvalidInputError(
            f"table {table.name!r} has {table.n_rows:,} rows, so that a row has at most {table.n_rows - 1:,} neighbours: "
            f"{k:,} were asked for"
        )


def _refuse_zero_rows(table: EmbeddingTable, rows: npt.NDArray[np.int64]) -> None:
    if len(rows):
        raise InvalidInputError(
            f"rows of zeros have no cosine distance, and {table.name!r} has {len(rows):,} among its {table.n_rows:,} "
            f"({listed(rows)}): choose --metric euclidean (metric='euclidean'), or leave them out with --drop-zero-rows "
            f"(drop_zero_rows=True)"
        )


def _differs(block: Float32Array, first: Float32Array, metric: str) -> bool:
    """Tell whether any row of the block is another point (euclidean) or another direction (cosine) than the first one."""
    if metric == "euclidean":
        return bool((block != first).any())
    lengths = np.linalg.norm(block.astype(np.float64), axis=1, keepdims=True)
    directions = np.divide(block, lengths, out=np.zeros(block.shape), where=lengths > 0)
    reference = first / max(float(np.linalg.norm(first.astype(np.float64))), np.finfo(np.float64).tiny)
    return bool((np.abs(directions - reference) > DIRECTION_TOLERANCE).any())
