"""Arrays of numpy."""

from __future__ import annotations

import numpy as np

from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.rows import rows_of_array, table_of
from projector_export.table import EmbeddingTable

__all__ = ["read", "recognises"]


def recognises(value: object) -> bool:
    """Tell whether an object is an array of numpy."""
    return isinstance(value, np.ndarray)


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of an array of shape ``(n_rows, n_dims)``; one that is mapped from a file stays there."""
    asked.refuse_part("an array")
    array = np.asanyarray(value)
    return table_of(
        value,
        rows_of_array(array, "the array", is_kept=asked.is_kept),
        parameters={"stored_as": str(array.dtype)},
    )
