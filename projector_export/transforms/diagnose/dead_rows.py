"""Rows that no training can have left so, or that repeat others bit by bit."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats.findings import DeadRows
from projector_export.table import EmbeddingTable
from projector_export.vectors import Float32Array, Progress, is_finite

__all__ = ["BEYOND", "TINY", "find", "repeats", "rows_of"]

TINY = 1e-6
"""A row is tiny that is shorter than this share of the median length of the others."""

BEYOND = "beyond the tokenizer"
"""Kind of a row that has no token, as vocabulary sources write it into the column ``kind``."""


def find(table: EmbeddingTable, *, n_tokens: int | None = None, progress: Progress | None = None) -> DeadRows:
    """Find zero, tiny, repeated and padding rows in one walk through the table.

    Parameters
    ----------
    table
        Finite rows.
    n_tokens
        Tokens that the tokenizer knows: rows from there on are padding. Without it, padding is what the column ``kind`` calls
        ``beyond the tokenizer``; with neither there is none.
    progress
        Called with rows done and all rows.

    Returns
    -------
    DeadRows
        Without near-duplicates. ``zero``: all numbers 0. ``tiny``: not zero, and shorter than a millionth of the median length
        of the rows that are neither zero nor padding (of the padding rows where there are no others). ``identical``: groups of
        two rows or more whose numbers are all equal, the largest group first; zero rows are in none. Padding rows and tiny rows
        may stand in groups too.

    Raises
    ------
    InvalidInputError
        If a row holds NaN or infinite numbers, or ``n_tokens`` is negative.

    Notes
    -----
    Rows are compared by the SHA-256 of their float32 bytes, -0 taken as 0: two rows that differ never share one in practice.
    """
    padding = _padding(table, n_tokens)
    norms = np.empty(table.n_rows)
    same: dict[bytes, list[int]] = {}
    for start, block in table.blocks():
        if not is_finite(block):
            table.require_finite()
        norms[start : start + len(block)] = _lengths(block)
        for row, digest in enumerate(_digests(block), start):
            same.setdefault(digest, []).append(row)
        if progress:
            progress(start + len(block), table.n_rows)
    groups = [rows for rows in same.values() if len(rows) > 1 and norms[rows[0]] > 0]
    groups.sort(key=lambda rows: (-len(rows), rows[0]))
    return DeadRows(
        zero=tuple(np.flatnonzero(norms == 0).tolist()),
        tiny=tuple(_tiny(norms, padding).tolist()),
        identical=tuple(map(tuple, groups)),
        padding=tuple(padding.tolist()),
    )


def rows_of(dead: DeadRows) -> npt.NDArray[np.int64]:
    """Return all rows, increasing, that are in any of the classes."""
    groups = (dead.zero, dead.tiny, dead.padding, *dead.identical, *dead.near_duplicates)
    return np.unique(np.concatenate([np.asarray(group, dtype=np.int64) for group in groups]))


def repeats(dead: DeadRows) -> npt.NDArray[np.int64]:
    """Return all rows, increasing, that repeat an earlier one bit by bit: without them every row is there once."""
    groups = [np.asarray(group[1:], dtype=np.int64) for group in (dead.zero, *dead.identical)]
    return np.unique(np.concatenate(groups))


def _lengths(block: Float32Array) -> npt.NDArray[np.float64]:
    wide = block.astype(np.float64)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", wide, wide)))


def _digests(block: Float32Array) -> list[bytes]:
    positive = block + np.float32(0)
    return [hashlib.sha256(row).digest() for row in positive]


def _tiny(norms: npt.NDArray[np.float64], padding: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    alive = norms > 0
    ordinary = alive.copy()
    ordinary[padding] = False
    measured = norms[ordinary] if ordinary.any() else norms[alive]
    limit = TINY * float(np.median(measured)) if len(measured) else 0.0
    return np.flatnonzero(alive & (norms < limit))


def _padding(table: EmbeddingTable, n_tokens: int | None) -> npt.NDArray[np.int64]:
    if n_tokens is not None:
        if n_tokens < 0:
            raise InvalidInputError(f"the number of tokens is a whole number from 0, not {n_tokens:,}")
        return np.arange(min(n_tokens, table.n_rows), table.n_rows)
    for column in table.columns:
        if column.name == "kind" and not column.is_numeric:
            return np.flatnonzero(np.array([kind == BEYOND for kind in column.values]))
    return np.empty(0, dtype=np.int64)
