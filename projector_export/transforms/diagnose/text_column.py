"""The texts of a table's column, where it has them."""

from __future__ import annotations

import numpy as np

from projector_export.table import EmbeddingTable

__all__ = ["text_column"]


def text_column(table: EmbeddingTable, name: str) -> tuple[str | None, ...]:
    """Return the texts of the column of that name, one a row; none at all where there is no such column of texts."""
    for column in table.columns:
        if column.name == name and not isinstance(column.values, np.ndarray):
            return tuple(column.values)
    return ()
