"""Lines of delimited cells, told apart only where that is needed: most have no quotes and can be split anywhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

from projector_export.errors import InvalidInputError
from projector_export.tabular.location import Location
from projector_export.tabular.text_lines import lines_of

__all__ = ["Dialect", "Row", "cells_of", "rows_of"]

LONGEST_CELL = 2**24
"""Characters; a quote that is never closed would otherwise take the rest of the file."""

Row: TypeAlias = "str | list[str]"
"""A line without quotes and without its end; or the cells of a line that has some."""

_csv_limit = Lock()


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart.

    Parameters
    ----------
    delimiter
        Between two cells.
    is_quoted
        Whether a cell in double quotes may hold delimiters and line breaks.
    """

    delimiter: str
    is_quoted: bool


def cells_of(row: Row, dialect: Dialect) -> list[str]:
    """Return the cells of a row."""
    return row.split(dialect.delimiter) if isinstance(row, str) else row


def rows_of(location: Location, dialect: Dialect) -> Iterator[tuple[int, Row]]:
    """Walk through the rows, each with the number of the line at which it begins; blank lines are no rows.

    Raises
    ------
    InvalidInputError
        If a quote is not closed or doubled, or a line is no text.
    """
    return _quoted_rows(location, dialect.delimiter) if dialect.is_quoted else _bare_rows(location, dialect.delimiter)


class _Lines:
    """Lines that are counted, and of which one can be given again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.again: str | None = None
        self.n_lines = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, self.again = self.again, None
        if line is None:
            line = next(self._lines)
            self.n_lines += 1
        return line


def _quoted_rows(location: Location, delimiter: str) -> Iterator[tuple[int, Row]]:
    """Walk through rows; Python's ``csv`` is given those lines of which it may make something else than their parts."""
    lines = _Lines(lines_of(location))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for line in lines:
        begin = lines.n_lines
        row: Row = line.removesuffix("\n").removesuffix("\r")
        if '"' in row or "\r" in row or len(row) > LONGEST_CELL:
            lines.again = line
            try:
                with _long_cells():
                    row = next(reader)
            except csv.Error as error:
                raise InvalidInputError(
                    f"line {begin:,} of {location.shown!r} cannot be read ({error}): a quote may not be closed or doubled "
                    "there"
                ) from error
        if row:
            yield begin, row


def _bare_rows(location: Location, delimiter: str) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(lines_of(location), 1):
        text = line.removesuffix("\n").removesuffix("\r")
        if '"' in text:
            yield number, [_unquoted(cell) for cell in text.split(delimiter)]
        elif text:
            yield number, text


def _unquoted(cell: str) -> str:
    """Return a cell without its quotes where it has a whole pair and doubles those within; any other is taken literally."""
    inner = cell[1:-1]
    if len(cell) < 2 or cell[0] != '"' or cell[-1] != '"' or '"' in inner.replace('""', ""):
        return cell
    return inner.replace('""', '"')


@contextmanager
def _long_cells() -> Iterator[None]:
    """Raise the limit of the whole process for one row and set it back."""
    with _csv_limit:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            yield
        finally:
            csv.field_size_limit(before)
