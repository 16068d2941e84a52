"""Length of the row that a token goes in by."""

from __future__ import annotations

from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.vectors import Progress, norms_of

__all__ = ["NAME", "input_norm"]

NAME = "input norm"


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
