"""A metadata file as it reaches the viewer, and what the viewer makes of it.

Readers: ``projector_plugin.py`` (``_serve_metadata``) and ``data-provider.ts`` (``streamParse``, ``parseMetadata``,
``analyzeMetadata``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from projector_export.formats import metadata_tsv
from projector_export.formats.javascript import LARGEST_CATEGORIES, is_blank
from projector_export.formats.metadata_tsv import CHUNK_BYTES, ViewerMetadata

__all__ = ["ColumnFacts", "Metadata", "read_metadata"]

LONGEST_LINE = 2**26
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True)
class ColumnFacts:
    """What the viewer knows of a column.

    Parameters
    ----------
    name
        From the header, or ``"label"``.
    index
        Its position.
    is_numeric
        Every value that is not empty is a number.
    values
        One a row: text, number or None.
    distinct
        Its values, 51 of them at most.
    """

    name: str
    index: int
    is_numeric: bool
    values: tuple[str | float | None, ...]
    distinct: frozenset[str | float]

    @property
    def is_categorical(self) -> bool:
        """Whether the viewer offers it as categorical colours."""
        return len(self.distinct) <= LARGEST_CATEGORIES


@dataclass(frozen=True)
class Metadata:
    """A metadata file.

    Parameters
    ----------
    served
        Its bytes as the viewer gets them.
    original
        Its bytes as they lie in the file, as far as they are served.
    """

    served: bytes
    original: bytes

    @cached_property
    def viewed(self) -> ViewerMetadata:
        """What the viewer makes of it."""
        return metadata_tsv.decode(self.served)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines, blank ones included."""
        lines = self.served.decode("utf-8-sig", "replace").split("\n")
        return tuple(lines[:-1] if not lines[-1] else lines)

    @cached_property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The cells of each row as they are written."""
        kept = [line for line in self.lines if not is_blank(line)]
        return tuple(tuple(line.split("\t")) for line in kept[self.viewed.has_header :])

    @property
    def n_rows(self) -> int:
        """Rows that the viewer reads."""
        return len(self.viewed.rows)

    @cached_property
    def columns(self) -> tuple[ColumnFacts, ...]:
        """The columns."""
        return tuple(_column(self.viewed, index) for index in range(len(self.viewed.names)))

    @property
    def label(self) -> ColumnFacts:
        """The column that the viewer shows as label: the first of texts, or else the first."""
        return next((column for column in self.columns if not column.is_numeric), self.columns[0])

    @property
    def hangs(self) -> bool:
        """Whether the viewer's parser waits for ever: its last chunk of 1,000,000 bytes has no line break."""
        last = max(0, (len(self.served) - 2) // CHUNK_BYTES) * CHUNK_BYTES
        return b"\n" not in self.served[last:]

    @property
    def loses_last_byte(self) -> bool:
        """Whether the parser ends before the last byte of the last row."""
        n_bytes = len(self.served)
        return n_bytes > CHUNK_BYTES and n_bytes % CHUNK_BYTES == 1 and not self.served.endswith(b"\n")

    @property
    def torn_rows(self) -> list[int]:
        """Rows with a character across a multiple of 1,000,000 bytes."""
        return [
            self.served[:border].count(b"\n") - self.viewed.has_header
            for border in range(CHUNK_BYTES, len(self.served), CHUNK_BYTES)
            if self.served[border] & 0xC0 == 0x80
        ]


def _column(viewed: ViewerMetadata, index: int) -> ColumnFacts:
    values = tuple(row[index] for row in viewed.rows)
    distinct: set[str | float] = set()
    for value in values:
        if value is not None and len(distinct) <= LARGEST_CATEGORIES:
            distinct.add(value)
    is_numeric = not any(isinstance(value, str) for value in values)
    return ColumnFacts(viewed.names[index], index, is_numeric, values, frozenset(distinct))


def read_metadata(path: Path, *, max_rows: int | None, splits_at_return: bool) -> Metadata:
    """Read a file as the viewer gets it.

    Parameters
    ----------
    path
        The file.
    max_rows
        Rows that TensorBoard serves at most; None where a browser reads the file by itself.
    splits_at_return
        Whether TensorBoard runs without TensorFlow and so takes a lone carriage return for the end of a line; with
        TensorFlow it is deleted.
    """
    original = b"".join(_first_lines(path, max_rows))
    if max_rows is None or b"\r" not in original:
        return Metadata(original, original)
    if splits_at_return:
        return Metadata(original.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), original)
    return Metadata(original.replace(b"\r", b""), original)


def _first_lines(path: Path, max_rows: int | None) -> Iterator[bytes]:
    with open(path, "rb") as file:
        first = file.readline(LONGEST_LINE)
        yield first
        if max_rows is None:
            yield file.read()
            return
        yield from islice(iter(lambda: file.readline(LONGEST_LINE), b""), max_rows - 1 + (b"\t" in first))
