"""Texts in the order of their file, in chunks, with a digest that tells whether they are still the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike
from typing import TypeAlias

from projector_export.errors import AmbiguousChoiceError, InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.options import TextColumns
from projector_export.tabular import Records, open_records
from projector_export.tabular.first_rows import FirstRows
from projector_export.tabular.local_copies import LocalCopies, local_copies
from projector_export.tabular.location import Location
from projector_export.tabular.records import Wanted
from projector_export.vectors import StageProgress

__all__ = ["Chunk", "Corpus", "Data", "Survey", "open_corpus", "opened_corpus"]

Data: TypeAlias = "str | PathLike[str] | Sequence[str | None] | Records"
"""Path or address of a file of records, texts in memory, or records that are open already."""

_SURROGATES = re.compile("[\ud800-\udfff]")
USUAL_COLUMN = "text"
MAX_COLUMNS = 50
"""Columns that go along where none are named."""


@dataclass(frozen=True)
class Chunk:
    """Some texts one after the other.

    Parameters
    ----------
    texts
        As the encoder gets them: a missing one is empty, a lone surrogate is U+FFFD.
    digest
        SHA-256 of the texts.
    """

    texts: list[str]
    digest: str


@dataclass(frozen=True)
class Survey:
    """How many texts there are, and a digest of each chunk."""

    n_texts: int
    digests: tuple[str, ...]


@dataclass(frozen=True)
class TextList:
    """A list of texts as if it were a file."""

    texts: Sequence[str | None]
    columns: tuple[str, ...] = (USUAL_COLUMN,)
    is_typed: bool = True

    @property
    def n_rows(self) -> int | None:
        """Number of texts."""
        return len(self.texts)

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What it is."""
        return {"source": f"a list of {len(self.texts):,} texts", "format": "list"}

    def chunks(self, wanted: Wanted) -> Iterator[Mapping[str, Sequence[object]]]:
        """Walk through the texts."""
        if wanted.start < len(self.texts):
            yield dict.fromkeys(wanted.columns, self.texts[wanted.start :])


@dataclass(frozen=True, eq=False)
class Corpus:
    """Records of which some columns are texts to be encoded.

    Parameters
    ----------
    records
        All columns.
    text_columns
        Those that hold the text, in the order in which they are joined.
    metadata_columns
        Those that go along.
    separator
        Stands between joined texts.
    notes
        What the user should be told.
    """

    records: Records
    text_columns: tuple[str, ...]
    metadata_columns: tuple[str, ...]
    separator: str
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the column that shows the text."""
        return " + ".join(self.text_columns)

    def chunks(self, n_texts: int, *, start: int = 0) -> Iterator[Chunk]:
        """Walk through the texts.

        Parameters
        ----------
        n_texts
            Texts of a chunk; the last one may have fewer.
        start
            First text.
        """
        for batch in self.records.batches(start=start, n_rows=n_texts, columns=self.text_columns):
            yield self.chunk_of(batch, start)
            start += n_texts

    def chunk_of(self, batch: Mapping[str, Sequence[object]], start: int) -> Chunk:
        """Return the texts of some records, of which the first has the number ``start``."""
        parts = [
            [_text(value, name, start + row) for row, value in enumerate(batch[name])] for name in self.text_columns
        ]
        texts = parts[0] if len(parts) == 1 else [self._joined(each) for each in zip(*parts, strict=True)]
        digest = sha256(json.dumps(texts, ensure_ascii=True).encode()).hexdigest()
        return Chunk(texts, digest)

    def _joined(self, parts: Sequence[str]) -> str:
        return self.separator.join(part for part in parts if part.strip())

    def survey(self, n_texts: int) -> Survey:
        """Walk through all texts once.

        Raises
        ------
        InvalidInputError
            If there are none, or a value is no text.
        """
        count, digests = 0, []
        for chunk in self.chunks(n_texts):
            count += len(chunk.texts)
            digests.append(chunk.digest)
        if not count:
            raise InvalidInputError(f"{self.records.describe['source']!r} holds no rows: there is nothing to encode")
        return Survey(count, tuple(digests))


@contextmanager
def opened_corpus(data: Data, columns: TextColumns, progress: StageProgress | None = None) -> Iterator[Corpus]:
    """Open texts until the block ends; those at an address, which are read several times, are brought over once.

    Parameters
    ----------
    data, columns
        As for :func:`open_corpus`.
    progress
        Told about the bytes that are brought over.
    """
    with local_copies(progress) as copies:
        yield open_corpus(data, columns, copies)


def open_corpus(data: Data, columns: TextColumns, copies: LocalCopies | None = None) -> Corpus:
    """Open texts.

    Parameters
    ----------
    data
        Path or address of a file of records, a list of texts, or records that are open already.
    columns
        Which columns hold the text, which go along.
    copies
        Where files at addresses are brought to; None to open them each time.

    Raises
    ------
    ProjectorExportError
        If there is no such file or column, or it is not clear which column holds the text.
    """
    records = _records(data, columns, copies)
    if columns.limit is not None:
        records = Records(records.name, FirstRows(records.file, columns.limit))
    text = columns.text or (_usual_column(records),)
    for name in (*text, *(columns.metadata or ())):
        records.require(name)
    others = [name for name in records.columns if name not in text]
    metadata = others if columns.metadata is None else [name for name in columns.metadata if name not in text]
    notes: tuple[str, ...] = ()
    if columns.metadata is None and len(metadata) > MAX_COLUMNS:
        notes = (
            f"only the first {MAX_COLUMNS} of {len(metadata)} other columns go along: name others, --metadata COLUMN",
        )
        metadata = metadata[:MAX_COLUMNS]
    return Corpus(records, tuple(text), tuple(metadata), columns.separator, notes)


def _records(data: Data, columns: TextColumns, copies: LocalCopies | None) -> Records:
    if isinstance(data, (str, PathLike)):
        location = Location.of(data, copies)
        return open_records(location, format=columns.format, header=columns.header, split=columns.split)
    for option in ("format", "header", "split"):
        if getattr(columns, option) is not None:
            raise InvalidInputError(f"{option} says how a file is read, and these texts come from none: leave it out")
    return data if isinstance(data, Records) else Records("texts", TextList(_checked_texts(data)))


def _checked_texts(data: object) -> Sequence[str | None]:
    listing = getattr(data, "tolist", None) or getattr(
        data, "to_list", None
    )  # an array of numpy, a column of pandas or polars
    if callable(listing) and getattr(data, "ndim", 1) == 1:
        data = listing()
    if not isinstance(data, Sequence) or isinstance(data, (bytes, bytearray)):
        raise InvalidInputError(
            f"texts are a path, a list of texts, or records, not a {type(data).__name__}: turn it into a list of its texts"
        )
    for row, value in enumerate(data):
        if value is not None and not isinstance(value, str):
            raise InvalidInputError(f"text {row} of the list is {str(value)[:60]!r}, which is no text")
    return tuple(data)


def _usual_column(records: Records) -> str:
    names = records.columns
    if len(names) == 1:
        return names[0]
    if USUAL_COLUMN in names:
        return USUAL_COLUMN
    raise AmbiguousChoiceError(
        f"{records.describe['source']!r} has {len(names)} columns and none is called {USUAL_COLUMN!r}: "
        f"name the one that holds the text, --text COLUMN, out of {', '.join(map(repr, names[:20]))}"
    )


def _text(value: object, column: str, row: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATES.sub("\ufffd", value)
    if isinstance(value, (bool, int, float)):
        return str(value)
    raise InvalidInputError(
        f"column {column!r}, row {row:,}: a {type(value).__name__} is no text; choose a column of texts with --text"
    )
