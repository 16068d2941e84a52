"""Length of the row that a token goes in by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.vectors import Progress, norms_of

__all__ = ["LONGEST", "NAME", "input_norm", "longest_first"]

NAME = "input norm"

LONGEST = "input norm, negative"

HIGH = 0.9
LEAST_REFERENCES = 3


def input_norm(table: EmbeddingTable, *, progress: Progress | None = None) -> Indicator:
    """Return the Euclidean length of each row of the input table.

    Where input and output are not tied, only a token's own occurrences change its row; without any, weight decay shrinks it or
    it keeps its initial length (Land & Bartolo 2024, arXiv 2405.05417, section 2.2).

    Parameters
    ----------
    table
        The input table.
    progress
        Called with rows done and all rows.
    """
    return Indicator(NAME, "Euclidean length of the input row", norms_of(table.vectors, progress=progress))


def longest_first(
    lengths: Indicator, references: npt.NDArray[np.int64], others: npt.NDArray[np.bool_]
) -> Indicator | None:
    """Return the lengths with a minus sign where the reference rows are among the longest, else None.

    Untrained rows are the shortest where weight decay shrank them or training lengthened the others; where initial rows are
    long and training shortens them, they are the longest. The references tell: at least three, half of them longer than nine
    tenths of the others.

    Parameters
    ----------
    lengths
        Of all rows.
    references
        Row numbers known to be untrained.
    others
        Shape ``(n_rows,)``: the ordinary tokens.
    """
    values = lengths.values
    compared = others.copy()
    compared[references] = False
    if len(references) < LEAST_REFERENCES or not compared.any():
        return None
    if np.median(values[references]) <= np.quantile(values[compared], HIGH):
        return None
    words = "Euclidean length of the input row with a minus sign, since reference rows are among the longest"
    return Indicator(LONGEST, words, -values)
