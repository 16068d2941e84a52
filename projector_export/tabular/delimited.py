"""CSV and TSV: rows of cells, which are all texts (RFC 4180; tabs as in IANA's text/tab-separated-values)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from threading import Lock
from typing import ClassVar

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.tabular.heads import is_head, numbered_names
from projector_export.tabular.location import Location
from projector_export.tabular.records import Batch, Wanted
from projector_export.tabular.text_lines import lines_of

__all__ = ["Delimited", "open_delimited"]

CHUNK_ROWS = 1024
SAMPLE_ROWS = 100
LONGEST_CELL = 2**24
"""Characters; a quote that is never closed would otherwise take the rest of the file."""

DELIMITERS = (",", "\t", ";")
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon"}

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


@dataclass(frozen=True)
class Delimited:
    """A file of delimited cells.

    Parameters
    ----------
    location
        Where the file lies.
    dialect
        How cells are told apart.
    columns
        Their names.
    has_head
        Whether the first row is no record.
    is_head_decided
        Whether that was decided by content.
    """

    location: Location
    dialect: Dialect
    columns: tuple[str, ...]
    has_head: bool
    is_head_decided: bool
    n_rows: ClassVar[None] = None
    is_typed: ClassVar[bool] = False

    @property
    def describe(self) -> dict[str, JSONValue]:
        """Source, format, delimiter, and whether there is a head."""
        return {
            "source": self.location.shown,
            "format": "tsv" if self.dialect.delimiter == "\t" else "csv",
            "delimiter": _NAMES[self.dialect.delimiter],
            "header": self.has_head,
            "header_decided": "by content" if self.is_head_decided else "as asked",
        }

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows; each cell is a text."""
        rows = islice(_rows(self.location, self.dialect), wanted.start + self.has_head, None)
        places = {name: self.columns.index(name) for name in wanted.columns}
        while block := list(islice(rows, CHUNK_ROWS)):
            cells = list(zip(*(row for _, row in block), strict=False)) if self._is_even(block) else []
            yield {name: cells[place] for name, place in places.items()}

    def _is_even(self, block: list[tuple[int, list[str]]]) -> bool:
        expected = len(self.columns)
        for number, row in block:
            if len(row) != expected:
                what = "quotes, or the delimiter, may be wrong there" if len(row) > expected else "the row is cut short"
                raise InvalidInputError(
                    f"line {number:,} of {self.location.shown!r} has {len(row):,} cells instead of {expected:,}: {what}"
                )
        return True


def open_delimited(location: Location, delimiter: str | None, *, header: bool | None = None) -> Delimited:
    """Look at the first rows of a file.

    Parameters
    ----------
    location
        Where the file lies.
    delimiter
        Between cells; None to choose comma, tab or semicolon by content.
    header
        Whether the first row names the columns; None to decide by content, as :func:`is_head` does.

    Raises
    ------
    InvalidInputError
        If the file is empty, holds a head only, or two columns share a name.
    """
    dialect = _dialect(location, delimiter)
    sample = [row for _, row in islice(_rows(location, dialect), SAMPLE_ROWS)]
    if not sample:
        raise InvalidInputError(f"{location.shown!r} is empty")
    has_head = is_head(sample) if header is None else header
    if has_head and len(sample) == 1:
        raise InvalidInputError(
            f"{location.shown!r} has one line only, {_excerpt(sample[0])}, which reads as the head of a table without rows"
        )
    names = numbered_names(len(sample[0]))
    if has_head:
        names = tuple(cell or usual for cell, usual in zip(sample[0], names, strict=True))
    return Delimited(location, dialect, names, has_head, header is None)


def _excerpt(row: list[str]) -> str:
    text = ", ".join(row)
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _dialect(location: Location, delimiter: str | None) -> Dialect:
    if delimiter is not None and delimiter != "\t":
        return Dialect(delimiter, is_quoted=True)
    if delimiter is None:
        return max((Dialect(each, is_quoted=True) for each in DELIMITERS), key=lambda each: _share(location, each))
    quoted, bare = Dialect("\t", is_quoted=True), Dialect("\t", is_quoted=False)
    return quoted if _width(location, bare) == 0 < _width(location, quoted) else bare


def _share(location: Location, dialect: Dialect) -> float:
    """Return which share of the first rows have the most frequent number of cells, if that is more than one; else 0."""
    widths: Counter[int] = Counter()
    with suppress(InvalidInputError):
        widths.update(len(row) for _, row in islice(_rows(location, dialect), SAMPLE_ROWS))
    width, count = max(widths.items(), key=itemgetter(1), default=(0, 0))
    return count / widths.total() if width > 1 else 0.0


def _width(location: Location, dialect: Dialect) -> int:
    """Return how many cells each of the first rows has: 0 where that differs or they cannot be told apart."""
    try:
        widths = {len(row) for _, row in islice(_rows(location, dialect), SAMPLE_ROWS)}
    except InvalidInputError:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def _rows(location: Location, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Walk through the rows, each with the number of the line at which it begins; blank lines are no rows."""
    if not dialect.is_quoted:
        yield from _bare_rows(location, dialect.delimiter)
        return
    reader = csv.reader(lines_of(location), delimiter=dialect.delimiter, strict=True)
    while True:
        begin = reader.line_num + 1
        try:
            with _long_cells():
                row = next(reader, None)
        except csv.Error as error:
            raise InvalidInputError(
                f"line {begin:,} of {location.shown!r} cannot be read ({error}): a quote may not be closed or doubled there"
            ) from error
        if row is None:
            return
        if row:
            yield begin, row


def _bare_rows(location: Location, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines_of(location), 1):
        text = line.removesuffix("\n").removesuffix("\r")
        if text:
            yield number, [_unquoted(cell) for cell in text.split(delimiter)]


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
