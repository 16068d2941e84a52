"""Lists of rows, each of them a list, an array or a tensor."""

from __future__ import annotations

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.rows import rows_of_rows, table_of
from projector_export.table import EmbeddingTable
from projector_export.vectors import ArrayVectors

__all__ = ["read", "recognises"]


def recognises(value: object) -> bool:
    """Tell whether an object is a list or a tuple."""
    return isinstance(value, (list, tuple))


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a list of rows."""
    asked.refuse_part("a list")
    if not isinstance(value, (list, tuple)):
        raise InvalidInputError(f"{value!r} is no list")
    return table_of(value, ArrayVectors(rows_of_rows(value, "the list")))
