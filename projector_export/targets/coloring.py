"""Which column colours the points and which one labels them, as the viewer would offer them.

Readers: ``vz_projector/data-provider.ts`` (``analyzeMetadata``) and ``vz-projector-data-panel.ts`` (``updateMetadataUI``).
"""

from __future__ import annotations

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_cell
from projector_export.formats.javascript import LARGEST_CATEGORIES
from projector_export.table import Column, EmbeddingTable

__all__ = ["color_column", "color_of_picture", "text_column", "viewer_name"]

INDEX_COLUMN = "__index__"
"""Column of row numbers that the viewer makes where there is no metadata."""

LONE_COLUMN = "label"
"""What the viewer calls the only column of a metadata file, which has no header."""

USUAL_COLUMN = "kind"


def color_column(table: EmbeddingTable, wanted: str | None = None) -> Column | None:
    """Return the column by which the points are coloured.

    The viewer offers columns of numbers (2 to 50 distinct values as categories, more as a gradient) and columns of 2 to 50
    distinct texts.

    Parameters
    ----------
    table
        What the viewer is given.
    wanted
        Name of a column; by default ``kind``, where there is one of at least two kinds, or else the first text column that
        the viewer offers, or else the first one of few whole numbers (classes), or else None. None where there are
        thumbnails, too: the viewer would tint them.

    Raises
    ------
    InvalidInputError
        If the viewer cannot colour by the wanted column, or there is none of that name.
    """
    if wanted is None and table.thumbnails is not None:
        return None
    if wanted is None:
        texts = [column for column in table.columns if not column.is_numeric and _is_offered(column)]
        usual = [column for column in texts if column.name == USUAL_COLUMN]
        return next(iter(usual + texts), None) or next(filter(_are_classes, table.columns), None)
    for column in table.columns:
        if column.name == wanted and _is_offered(column):
            return column
    offered = (
        ", ".join(repr(column.name) for column in table.columns if _is_offered(column))
        or "none: there is no such column"
    )
    raise InvalidInputError(
        f"points of table {table.name!r} cannot be coloured by {wanted!r}: choose a column of 2 to {LARGEST_CATEGORIES} "
        f"distinct texts, or of different numbers ({offered})"
    )


def color_of_picture(table: EmbeddingTable, wanted: str | None) -> Column | None:
    """Return the same as :func:`color_column`, but None where the wanted column has the same value in every row.

    What a layout preserves may turn out so, and any column may be so in those rows that the viewer is given.

    Raises
    ------
    InvalidInputError
        As :func:`color_column` does.
    """
    if any(column.name == wanted and not _differs(column) for column in table.columns):
        return None
    return color_column(table, wanted)


def text_column(table: EmbeddingTable) -> Column | None:
    """Return the column that labels the points: the first one of texts, or the first one, or None without columns."""
    texts = [column for column in table.columns if not column.is_numeric]
    return next(iter([*texts, *table.columns]), None)


def viewer_name(table: EmbeddingTable, column: Column | None) -> str:
    """Return what the viewer calls a column of the table; without column, its own one of row numbers."""
    if column is None:
        return INDEX_COLUMN
    return metadata_cell.encode(column.name) if len(table.columns) > 1 else LONE_COLUMN


def _is_offered(column: Column) -> bool:
    if not column.is_numeric:
        distinct: set[object] = set()
        for value in column.values:
            distinct.add(value)
            if len(distinct) > LARGEST_CATEGORIES:
                return False
    return _differs(column)


def _are_classes(column: Column) -> bool:
    """Tell whether a column holds so few whole numbers that the viewer takes them for categories."""
    values = column.values
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iub":
        return False
    return 2 <= len(np.unique(values)) <= min(LARGEST_CATEGORIES, len(values) // 2)


def _differs(column: Column) -> bool:
    """Tell whether there are two values."""
    values = column.values
    if isinstance(values, np.ndarray):
        present = values[~np.isnan(values)] if values.dtype.kind == "f" else values
        return len(present) > 0 and bool((present != present[0]).any())
    return any(value != values[0] for value in values)
