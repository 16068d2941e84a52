"""CSV and TSV: rows of cells, which are all texts (RFC 4180; tabs as in IANA's text/tab-separated-values)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import ClassVar

from projector_export.errors import InvalidInputError, counted
from projector_export.formats import decimal_rows
from projector_export.provenance import JSONValue
from projector_export.tabular.delimited_rows import Dialect, Row, cells_of, rows_of
from projector_export.tabular.heads import doubled_name, is_head, numbered_names
from projector_export.tabular.location import Location
from projector_export.tabular.records import Batch, Wanted

__all__ = ["Delimited", "open_delimited"]

CHUNK_ROWS = 1024
SAMPLE_ROWS = 100
DELIMITERS = (",", "\t", ";")
_DECIMAL_COMMA = re.compile(r" *[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)? *")
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon"}


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
    first_row
        Cells of the first row where it was taken for a record by content.
    """

    location: Location
    dialect: Dialect
    columns: tuple[str, ...]
    has_head: bool
    is_head_decided: bool
    first_row: tuple[str, ...] = ()
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
        rows = islice(rows_of(self.location, self.dialect), wanted.start + self.has_head, None)
        places = {name: self.columns.index(name) for name in wanted.columns}
        run = self._run_of(wanted.numbers)
        while block := list(islice(rows, CHUNK_ROWS)):
            batch = None if run is None else self._with_numbers([row for _, row in block], places, run)
            yield self._with_texts(block, places) if batch is None else batch

    def _with_texts(self, block: Sequence[tuple[int, Row]], places: Mapping[str, int]) -> Batch:
        expected, rows = len(self.columns), []
        for number, row in block:
            cells = cells_of(row, self.dialect)
            if len(cells) != expected:
                what = (
                    "quotes, or the delimiter, may be wrong there" if len(cells) > expected else "the row is cut short"
                )
                raise InvalidInputError(
                    f"line {number:,} of {self.location.shown!r} has {counted(len(cells), 'cell')} instead of "
                    f"{expected:,}: {what}"
                )
            rows.append(cells)
        columns = list(zip(*rows, strict=True))
        return {name: columns[place] for name, place in places.items()}

    def _run_of(self, names: frozenset[str]) -> range | None:
        """Return the places of columns that stand side by side, None if there are none or others between them."""
        places = [place for place, name in enumerate(self.columns) if name in names]
        run = range(places[0], places[-1] + 1) if places else range(0)
        return run if places and len(run) == len(places) else None

    def _with_numbers(self, rows: Sequence[Row], places: Mapping[str, int], run: range) -> Batch | None:
        """Return columns of which those of a run are numbers; None if not all of them are spelled as usual."""
        delimiter, n_behind = self.dialect.delimiter, len(self.columns) - run.stop
        texts, others = [], []
        for row in rows:
            if not isinstance(row, str):
                cells, text = [*row[: run.start], *row[run.stop :]], delimiter.join(row[run.start : run.stop])
            else:
                *cells, text = row.split(delimiter, run.start)
                text, *behind = text.rsplit(delimiter, n_behind)
                cells += behind
            if len(cells) != len(self.columns) - len(run):
                return None
            texts.append(text.encode())
            others.append(cells)
        numbers = decimal_rows.decode(texts, len(run), separator=delimiter.encode())
        if numbers is None:
            return None
        columns = list(zip(*others, strict=True))
        columns[run.start : run.start] = list(numbers.T)
        return {name: columns[place] for name, place in places.items()}


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
        If the file is empty, holds a head only, or what reads as a head names two columns alike.
    """
    dialect = _dialect(location, delimiter)
    sample = _sample(location, dialect)
    if not sample:
        raise InvalidInputError(f"{location.shown!r} is empty")
    has_head = is_head(sample) if header is None else header
    if has_head and len(sample) == 1:
        raise InvalidInputError(
            f"{location.shown!r} has one line only, {_excerpt(sample[0])}, which reads as the head of a table without rows"
        )
    doubled = None if has_head or header is False else doubled_name(sample)
    if doubled is not None:
        raise InvalidInputError(
            f"{location.shown!r} begins with a row that reads as a head and has two columns named {doubled!r}: "
            "rename one, or say --no-header (header=False) if that row is a record"
        )
    names = numbered_names(len(sample[0]))
    if has_head:
        names = tuple(cell or usual for cell, usual in zip(sample[0], names, strict=True))
    unnamed = () if has_head or header is False else tuple(sample[0])
    return Delimited(location, dialect, names, has_head, header is None, unnamed)


def _sample(location: Location, dialect: Dialect) -> list[list[str]]:
    return [cells_of(row, dialect) for _, row in islice(rows_of(location, dialect), SAMPLE_ROWS)]


def _excerpt(row: list[str]) -> str:
    text = ", ".join(row)
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _dialect(location: Location, delimiter: str | None) -> Dialect:
    if delimiter is not None and delimiter != "\t":
        return Dialect(delimiter, is_quoted=True)
    if delimiter is None:
        shares = {each: _share(location, Dialect(each, is_quoted=True)) for each in DELIMITERS}
        chosen = max(DELIMITERS, key=lambda each: shares[each])
        if chosen == "," and shares[";"] >= shares[","] and _has_decimal_commas(location):
            chosen = ";"
        return Dialect(chosen, is_quoted=True)
    quoted, bare = Dialect("\t", is_quoted=True), Dialect("\t", is_quoted=False)
    return quoted if _width(location, bare) == 0 < _width(location, quoted) else bare


def _share(location: Location, dialect: Dialect) -> float:
    """Return which share of the first rows have the most frequent number of cells, if that is more than one; else 0."""
    widths: Counter[int] = Counter()
    with suppress(InvalidInputError):
        for _, row in islice(rows_of(location, dialect), SAMPLE_ROWS):
            widths[len(cells_of(row, dialect))] += 1
    width, count = max(widths.items(), key=itemgetter(1), default=(0, 0))
    return count / widths.total() if width > 1 else 0.0


def _has_decimal_commas(location: Location) -> bool:
    """Tell whether semicolons stand between numbers such as ``1,5``: commas split those into cells such as ``5;2``."""
    rows = _sample(location, Dialect(";", is_quoted=True))
    with_commas = [[cell for cell in row if "," in cell] for row in rows]
    return 2 * sum(bool(row) and all(map(_DECIMAL_COMMA.fullmatch, row)) for row in with_commas) > len(rows)


def _width(location: Location, dialect: Dialect) -> int:
    """Return how many cells each of the first rows has: 0 where that differs or they cannot be told apart."""
    try:
        widths = set(map(len, _sample(location, dialect)))
    except InvalidInputError:
        return 0
    return widths.pop() if len(widths) == 1 else 0
