"""What a table has to be before a long computation starts."""

from __future__ import annotations

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.neighbours import check_neighbours

__all__ = ["neighbours_of", "require_different_rows", "require_neighbours", "require_rows"]


def require_rows(table: EmbeddingTable, at_least: int, what: str, instead: str = "") -> None:
    """Raise InvalidInputError if there are fewer rows than something needs.

    Parameters
    ----------
    table
        Any table.
    at_least
        Rows that are needed.
    what
        Who needs them ("umap with n_neighbors=15").
    instead
        What to type instead.
    """
    if table.n_rows < at_least:
        raise InvalidInputError(
            f"{what} needs at least {at_least:,} rows, and table {table.name!r} has {table.n_rows:,}"
            + (f": {instead}" if instead else "")
        )


def require_different_rows(table: EmbeddingTable, method: str) -> None:
    """Raise InvalidInputError if all rows are the same; stops at the first one that is not."""
    first = table.vectors.read(0, 1)
    for _, block in table.blocks():
        if (block != first).any():
            return
    raise InvalidInputError(
        f"all {table.n_rows:,} rows of table {table.name!r} are the same vector, so that {method} has nothing to show"
    )


def require_neighbours(table: EmbeddingTable, k: int, metric: str) -> None:
    """Raise InvalidInputError if the rows have no k nearest neighbours; those that are there already are trusted."""
    known = table.neighbours
    if known is None or known.metric != metric or known.k < k:
        check_neighbours(table, k, metric)


def neighbours_of(table: EmbeddingTable) -> Neighbours:
    """Return the neighbours of a table that has them."""
    if table.neighbours is None:
        raise InvalidInputError(f"table {table.name!r} has no neighbours yet: call neighbours(table, k) first")
    return table.neighbours
