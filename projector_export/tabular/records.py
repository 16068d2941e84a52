"""Records: named columns of a file, walked through in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.provenance import JSONValue

__all__ = ["Batch", "ChangedFile", "PerhapsHeaded", "RecordFile", "Records", "Wanted", "first_row_of"]

Batch: TypeAlias = Mapping[str, Sequence[object]]
"""Name of a column -> its values: str, int, float, bool, None, or lists of them."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of a file.

    Parameters
    ----------
    start
        First row.
    columns
        Their names, at least one.
    arrays
        Those of them whose lists may come as one array of numbers of shape ``(n_rows, length)``.
    numbers
        Those of them whose texts, where all of a piece spell numbers, may come as float64 arrays.
    raw
        Those of them whose bytes, and objects that hold bytes, are wanted as they are.
    """

    start: int
    columns: tuple[str, ...]
    arrays: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    raw: frozenset[str] = frozenset()


class RecordFile(Protocol):
    """What each format tells of a file."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def n_rows(self) -> int | None:
        """Number of rows, where the file tells it without being read."""

    @property
    def is_typed(self) -> bool:
        """Whether the format tells numbers from texts."""

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the file."""

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows in pieces of any size."""


@runtime_checkable
class PerhapsHeaded(Protocol):
    """A file whose first row was taken for a record, by its content."""

    @property
    def first_row(self) -> tuple[str, ...]:
        """Its cells; none where it is no such file."""


def first_row_of(file: RecordFile) -> tuple[str, ...]:
    """Return the cells of a first row that was taken for a record by its content; none where there is no such row."""
    return file.first_row if isinstance(file, PerhapsHeaded) else ()


@dataclass(frozen=True)
class ChangedFile:
    """A file some of whose rows or values are given otherwise; this one gives all as they are.

    Parameters
    ----------
    file
        The file itself.
    """

    file: RecordFile

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.file.columns

    @property
    def n_rows(self) -> int | None:
        """Number of rows, where the file tells it without being read."""
        return self.file.n_rows

    @property
    def is_typed(self) -> bool:
        """Whether the format tells numbers from texts."""
        return self.file.is_typed

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the file."""
        return self.file.describe

    @property
    def first_row(self) -> tuple[str, ...]:
        """Cells of a first row that was taken for a record by its content."""
        return first_row_of(self.file)

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows in pieces of any size."""
        return self.file.chunks(wanted)


@dataclass(frozen=True, eq=False)
class Records:
    """Named columns of a file.

    Parameters
    ----------
    name
        The file's name, without what it ends in.
    file
        Reads them.
    """

    name: str
    file: RecordFile = field(repr=False)

    def __post_init__(self) -> None:
        names = self.columns
        for name in names:
            if names.count(name) > 1:
                raise InvalidInputError(f"{self.describe['source']!r} has two columns named {name!r}: rename one")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""
        return self.file.columns

    @property
    def n_rows(self) -> int | None:
        """Number of rows, where the file tells it without being read."""
        return self.file.n_rows

    @property
    def is_typed(self) -> bool:
        """Whether the format tells numbers from texts; in CSV and TSV all values are texts."""
        return self.file.is_typed

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What is needed to read it again: source, format, and what was decided by content; without secrets."""
        return self.file.describe

    def require(self, name: str) -> None:
        """Look whether there is a column of that name.

        Raises
        ------
        NotFoundError
            If there is none; the sentence lists those that there are.
        """
        if name not in self.columns:
            known = ", ".join(repr(column) for column in self.columns[:20]) + (", …" if len(self.columns) > 20 else "")
            raise NotFoundError(
                f"{self.describe['source']!r} has no column {name!r}; it has {known}{self._about_first_row(name)}"
            )

    def _about_first_row(self, name: str) -> str:
        count = first_row_of(self.file).count(name)
        if not count:
            return ""
        where, twice = ("", "") if count == 1 else (f" {count:,} times", " and rename all but one of them")
        return (
            f"; its first row, which holds {name!r}{where}, was taken for a record: add --header (header=True){twice} "
            "if it names the columns"
        )

    def batches(
        self, *, start: int = 0, n_rows: int = 1024, columns: Sequence[str] | None = None
    ) -> Iterator[dict[str, list[object]]]:
        """Walk through the rows in order.

        Parameters
        ----------
        start
            First row, from 0.
        n_rows
            Rows of a batch; the last one may have fewer.
        columns
            Which columns are wanted; by default all. Others are not decoded where the format allows that.

        Yields
        ------
        dict of lists
            Name of a column -> its values, all of one length.

        Raises
        ------
        ProjectorExportError
            If a column does not exist, or the file turns out to be damaged.
        """
        if start < 0 or n_rows < 1:
            raise InvalidInputError(f"batches begin at row 0 or later and have 1 row or more, not {start} and {n_rows}")
        wanted = self.columns if columns is None else tuple(dict.fromkeys(columns))
        for name in wanted:
            self.require(name)
        waiting: dict[str, list[object]] = {name: [] for name in wanted}
        for chunk in self.file.chunks(Wanted(start, wanted)):
            for name in wanted:
                waiting[name].extend(chunk[name])
            size = len(waiting[wanted[0]])
            full = size - size % n_rows
            for first in range(0, full, n_rows):
                yield {name: values[first : first + n_rows] for name, values in waiting.items()}
            waiting = {name: values[full:] for name, values in waiting.items()}
        if waiting[wanted[0]]:
            yield waiting
