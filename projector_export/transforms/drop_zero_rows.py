"""Take away rows that are zero: they have no direction, so that no cosine tells how far they are from anything."""

from __future__ import annotations

import numpy as np

from projector_export.errors import InvalidInputError, counted
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable, listed

__all__ = ["drop_zero_rows"]


def drop_zero_rows(table: EmbeddingTable) -> EmbeddingTable:
    """Return the table without rows whose values are all zero; a note names them.

    Raises
    ------
    InvalidInputError
        If no row would be left.
    """
    found = [start + np.flatnonzero(~block.any(axis=1)) for start, block in table.blocks()]
    rows = np.concatenate(found).astype(np.int64)
    if not len(rows):
        return table
    if len(rows) == table.n_rows:
        raise InvalidInputError(f"all {table.n_rows:,} rows of {table.name!r} are zero")
    kept = np.setdiff1d(np.arange(table.n_rows), rows)
    step = Step("drop_zero_rows", {"dropped": rows.tolist()})
    were = "was" if len(rows) == 1 else "were"
    return table.take(kept, step, f"{counted(len(rows), 'row')} of zeros {were} dropped ({listed(rows)})")
