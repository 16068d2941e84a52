"""Two exports compared: tokens whose place in the order of a column moved most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Comparison", "compare", "joined"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """How the rows that two tables share moved.

    Parameters
    ----------
    rows, other_rows
        The same token's row in the first table and in the other one; the one that moved most comes first.
    ranks, other_ranks
        Share of the shared rows with a lower value, 0 to 1.
    """

    rows: npt.NDArray[np.int64]
    other_rows: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.float64]
    other_ranks: npt.NDArray[np.float64]


def compare(
    values: npt.NDArray[np.generic],
    other_values: npt.NDArray[np.generic],
    pairs: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> Comparison:
    """Rank the shared rows in both tables, those without a value in either left out.

    Parameters
    ----------
    values, other_values
        One number a row of each table.
    pairs
        What :func:`joined` returned.
    """
    rows, other_rows = pairs
    first, second = values[rows].astype(np.float64), other_values[other_rows].astype(np.float64)
    known = ~(np.isnan(first) | np.isnan(second))
    rows, other_rows = rows[known], other_rows[known]
    ranks, other_ranks = _ranks(first[known]), _ranks(second[known])
    order = np.argsort(-np.abs(other_ranks - ranks), kind="stable")
    return Comparison(rows[order], other_rows[order], ranks[order], other_ranks[order])


def joined(labels: Sequence[str], other_labels: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows of equal labels, in the order of the first table; repeated labels are paired in their order."""
    waiting: dict[str, list[int]] = defaultdict(list)
    for row in range(len(other_labels) - 1, -1, -1):
        waiting[other_labels[row]].append(row)
    pairs = [(row, waiting[label].pop()) for row, label in enumerate(labels) if waiting.get(label)]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return each value's mean rank among its equals, from 0 to 1."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks: npt.NDArray[np.float64] = (below + (counts - 1) / 2)[places] / max(1, len(values) - 1)
    return ranks
