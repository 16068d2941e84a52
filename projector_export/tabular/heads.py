"""Whether the first row of a delimited file is its head."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["LONGEST_HEAD", "is_head", "is_number", "numbered_names"]

LONGEST_HEAD = 64
"""Characters; a longer cell is taken for a text."""


def is_number(cell: str) -> bool:
    """Tell whether a cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def is_head(rows: Sequence[Sequence[str]]) -> bool:
    """Tell by its content whether the first row names the columns.

    It does if its cells are all different and not empty (the first may be: a data frame's index has no name), none is a number,
    none is longer than :data:`LONGEST_HEAD` characters or of several lines, and no cell stands again in the same column of
    the rows given. It does too if its cells count 0, 1, 2, … (a data frame made of an array), the first perhaps empty.

    Parameters
    ----------
    rows
        The first rows of the file, at least one.
    """
    first = list(rows[0])
    if _counts(first) or (len(first) > 1 and not first[0] and _counts(first[1:])):
        return True
    names = first[1:] if len(first) > 1 and not first[0] else first
    if len(set(names)) < len(names) or not all(_may_be_name(cell) for cell in names):
        return False
    return not any(
        cell and cell == row[index] for row in rows[1:] for index, cell in enumerate(first) if index < len(row)
    )


def numbered_names(n_columns: int) -> tuple[str, ...]:
    """Return the names of columns without a head: ``column_1``, ``column_2`` and so on."""
    return tuple(f"column_{number}" for number in range(1, n_columns + 1))


def _counts(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and list(cells) == [str(number) for number in range(len(cells))]


def _may_be_name(cell: str) -> bool:
    return bool(cell.strip()) and len(cell) <= LONGEST_HEAD and "\n" not in cell and not is_number(cell)
