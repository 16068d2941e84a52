"""Whether the first row of a delimited file is its head."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["LONGEST_HEAD", "are_numbers", "doubled_name", "is_head", "is_number", "numbered_names"]

LONGEST_HEAD = 64
"""Characters; a longer cell is taken for a text."""


def is_number(cell: str) -> bool:
    """Tell whether a cell reads as a number."""
    return are_numbers((cell,))


def are_numbers(cells: Sequence[str]) -> bool:
    """Tell whether all of some cells read as numbers."""
    try:
        list(map(float, cells))
    except ValueError:
        return False
    return True


def is_head(rows: Sequence[Sequence[str]]) -> bool:
    """Tell by its content whether the first row names the columns.

    It does if none of its cells is empty (the first may be: a data frame's index has no name), a number, longer than
    :data:`LONGEST_HEAD` characters or of several lines, and either some column holds nothing but numbers below it, or its
    cells are all different and none stands again in the same column of the rows given. It does too if its cells count
    0, 1, 2, … (a data frame made of an array), the first perhaps empty.

    Parameters
    ----------
    rows
        The first rows of the file, at least one.
    """
    first = list(rows[0])
    if _counts(first) or (len(first) > 1 and not first[0] and _counts(first[1:])):
        return True
    names = _names(first)
    if not all(_may_be_name(cell) for cell in names):
        return False
    below = _below(rows)
    if any(column and are_numbers(column) for column in below[len(first) - len(names) :]):
        return True
    return len(set(names)) == len(names) and not _stands_again(first, below)


def doubled_name(rows: Sequence[Sequence[str]]) -> str | None:
    """Return a name that stands twice in the first row, if that is the only reason why the row is not taken for a head.

    Parameters
    ----------
    rows
        The first rows of a file, at least one; as for :func:`is_head`, which says that there is no head.
    """
    names = _names(rows[0])
    if len(rows) < 2 or not all(_may_be_name(cell) for cell in names) or _stands_again(rows[0], _below(rows)):
        return None
    return next((name for place, name in enumerate(names) if name in names[:place]), None)


def numbered_names(n_columns: int) -> tuple[str, ...]:
    """Return the names of columns without a head: ``column_1``, ``column_2`` and so on."""
    return tuple(f"column_{number}" for number in range(1, n_columns + 1))


def _names(first: Sequence[str]) -> Sequence[str]:
    return first[1:] if len(first) > 1 and not first[0] else first


def _below(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the cells of each column below the first row."""
    return [[row[index] for row in rows[1:] if index < len(row)] for index in range(len(rows[0]))]


def _stands_again(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    return any(cell and cell in column for cell, column in zip(first, below, strict=True))


def _counts(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and list(cells) == [str(number) for number in range(len(cells))]


def _may_be_name(cell: str) -> bool:
    return bool(cell.strip()) and len(cell) <= LONGEST_HEAD and "\n" not in cell and not is_number(cell)
