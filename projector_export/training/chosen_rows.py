"""Which rows a trajectory follows: those that were asked for, or those that went farthest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.table import Column
from projector_export.vectors import Vectors, blocks_of

__all__ = ["Wanted", "check_wanted", "distances_between", "find_rows", "most_moved"]

Wanted: TypeAlias = "int | Sequence[int | str]"
"""How many rows, or which: labels and row numbers."""

SPELLED_COLUMNS = ("token", "text")
"""Columns beside the label by which a row may be named."""


def check_wanted(wanted: object) -> int | tuple[int | str, ...]:
    """Return what was asked for, in one form.

    Raises
    ------
    InvalidInputError
        If it is neither a number of rows from 0 nor a list of labels and row numbers.
    """
    if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0:
        return wanted
    if isinstance(wanted, Sequence) and not isinstance(wanted, (str, bytes)):
        each = tuple(int(row) if isinstance(row, np.integer) else row for row in wanted)
        if all(isinstance(row, (int, str)) and not isinstance(row, bool) for row in each):
            return each
    raise InvalidInputError(
        f"the rows of a trajectory are a number of them, or a list of labels and row numbers, not {wanted!r}"
    )


def find_rows(
    wanted: Sequence[int | str], layers: Mapping[str, tuple[int, Sequence[Column]]]
) -> dict[str, npt.NDArray[np.int64]]:
    """Return the rows that were asked for, in each layer.

    Parameters
    ----------
    wanted
        Labels and row numbers.
    layers
        Name of a layer -> its number of rows and its columns.

    Raises
    ------
    InvalidInputError
        If no layer has a row of that label or number.
    """
    found: dict[str, list[int]] = {name: [] for name in layers}
    known = {name: _rows_by_label(columns) for name, (_, columns) in layers.items()}
    for row in wanted:
        hits = {
            name: row if isinstance(row, int) and 0 <= row < n_rows else known[name].get(row)
            for name, (n_rows, _) in layers.items()
        }
        if all(hit is None for hit in hits.values()):
            raise InvalidInputError(_sentence(row, layers))
        for name, hit in hits.items():
            if hit is not None:
                found[name].append(hit)
    return {name: np.array(list(dict.fromkeys(rows)), dtype=np.int64) for name, rows in found.items()}


def _sentence(row: int | str, layers: Mapping[str, tuple[int, Sequence[Column]]]) -> str:
    places = ", ".join(f"{name!r} ({n_rows:,} rows)" for name, (n_rows, _) in layers.items())
    what = f"row number {row:,}" if isinstance(row, int) else f"row of the label {row!r}"
    return f"there is no {what} for the trajectory in {places}: give labels that are there, or numbers from 0"


def _rows_by_label(columns: Sequence[Column]) -> dict[object, int]:
    """Return the first row of each label; what the label says comes before what other columns say."""
    texts = [column for column in columns if not column.is_numeric]
    named = [*texts[:1], *(column for column in texts[1:] if column.name in SPELLED_COLUMNS)]
    found: dict[object, int] = {}
    for column in named:
        for row, label in enumerate(column.values):
            if label is not None:
                found.setdefault(label, row)
    return found


def distances_between(first: Vectors, second: Vectors) -> npt.NDArray[np.float64]:
    """Return how far each row went: its Euclidean distance, shape ``(n_rows,)``; both are walked through once."""
    found = np.empty(first.shape[0])
    for start, block in blocks_of(first):
        moved = second.read(start, start + len(block)).astype(np.float64)
        moved -= block
        found[start : start + len(block)] = np.sqrt(np.einsum("ij,ij->i", moved, moved))
    return found


def most_moved(moved: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """Return so many row numbers, increasing: those that went farthest, of equal ones the first."""
    return np.sort(np.argsort(-moved, kind="stable")[:count])
