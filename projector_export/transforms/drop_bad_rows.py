"""Take away rows with NaN or infinite numbers: the viewer draws nothing at all if there is one."""

from __future__ import annotations

import numpy as np

from projector_export.errors import InvalidInputError, counted
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable, listed
from projector_export.vectors import bad_rows_of

__all__ = ["drop_bad_rows"]


def drop_bad_rows(table: EmbeddingTable) -> EmbeddingTable:
    """Return the table without rows that hold NaN or infinite numbers; a note names them.

    Raises
    ------
    InvalidInputError
        If no row would be left.
    """
    rows = bad_rows_of(table.vectors)
    if not len(rows):
        return table
    if len(rows) == table.n_rows:
        raise InvalidInputError(f"all {table.n_rows:,} rows of {table.name!r} hold NaN or infinite numbers")
    kept = np.setdiff1d(np.arange(table.n_rows), rows)
    step = Step("drop_bad_rows", {"dropped": rows.tolist()})
    were = "was" if len(rows) == 1 else "were"
    return table.take(
        kept, step, f"{counted(len(rows), 'row')} with NaN or infinite numbers {were} dropped ({listed(rows)})"
    )
