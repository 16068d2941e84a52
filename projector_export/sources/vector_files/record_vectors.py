"""Vectors in files of records: a column of lists, or one column a dimension; the other columns say something about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from os import PathLike

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, counted, excerpt
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.vector_files.number_rows import list_rows, number_rows
from projector_export.sources.vector_files.reading import VectorReading
from projector_export.sources.vector_files.roles import Roles, roles_of
from projector_export.table import Column, EmbeddingTable
from projector_export.tabular import as_columns, cut_notes, open_records
from projector_export.tabular.location import Location
from projector_export.tabular.records import Batch
from projector_export.tabular.text_lines import lines_of
from projector_export.tensor_files.collected_rows import collect
from projector_export.vectors import Float32Array, Progress

__all__ = ["read_numbers", "read_records"]

SAMPLE_ROWS = 1000
CHUNK_ROWS = 4096


def read_records(
    path: str | PathLike[str], kind: str, reading: VectorReading, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Read vectors and what is said about them.

    Parameters
    ----------
    path
        Path or address of a file of records, or a dataset folder.
    kind
        Its format.
    reading
        Which columns are the vectors, and how many rows are wanted.
    progress
        Called with rows done and all rows, 0 where that is not known.

    Raises
    ------
    ProjectorExportError
        If no column fits or several do, a vector is missing or of another length, or the file is damaged.
    """
    wanted = None if kind == "dataset" else kind
    records = open_records(path, format=wanted, header=reading.header, split=reading.split)
    if reading.label is not None and reading.labels is None:
        records.require(reading.label)
    sample = next(records.batches(n_rows=SAMPLE_ROWS), None)
    if sample is None:
        raise InvalidInputError(f"{records.describe['source']!r} has no rows")
    roles = roles_of(records, sample, column=reading.column, label=reading.label)
    others: dict[str, list[object]] = {name: [] for name in roles.others}
    chunks = records.file.chunks(roles.wanted)
    first = next(chunks)
    dtype = _stored(first[roles.wanted.columns[0]]) if records.is_typed else "text"
    vectors = collect(
        _blocks(chain((first,), chunks), roles, reading.limit, others, partial(_tell, progress, records.n_rows)), dtype
    )
    parameters: dict[str, JSONValue] = {
        **records.describe,
        "column": roles.lists or reading.column,
        "n_dimension_columns": len(roles.dimensions),
        "dtype": dtype,
        "limit": reading.limit,
    }
    notes = (*roles.notes, *cut_notes(others))
    columns = _with_rows(as_columns(others, is_typed=records.is_typed))
    return EmbeddingTable(records.name, vectors, columns, Provenance().then(Step("read_vectors", parameters), *notes))


def _with_rows(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Put a label in front where all columns are numbers and a row has none of them: the viewer would skip its line."""
    missing = [np.isnan(column.values) for column in columns if isinstance(column.values, np.ndarray)]
    if not columns or len(missing) < len(columns) or not np.logical_and.reduce(missing).any():
        return columns
    return (Column("row", [f"row {row}" for row in range(len(missing[0]))]), *columns)


def _blocks(
    chunks: Iterable[Batch],
    roles: Roles,
    limit: int | None,
    others: Mapping[str, list[object]],
    told: Callable[[int], None],
) -> Iterator[Float32Array]:
    """Walk through the vectors, and put what is said about them into ``others`` on the way."""
    first, done, width = roles.wanted.columns[0], 0, None
    for chunk in chunks:
        size = len(chunk[first])
        if limit is not None:
            size = min(size, limit - done)
        block = _block({name: values[:size] for name, values in chunk.items()}, roles, width, done)
        for name, values in others.items():
            values.extend(chunk[name][:size])
        done, width = done + size, block.shape[1]
        yield block
        told(done)
        if done == limit:
            return


def _tell(progress: Progress | None, n_rows: int | None, done: int) -> None:
    if progress is not None:
        progress(done, n_rows or 0)


def _block(chunk: Batch, roles: Roles, width: int | None, first_row: int) -> Float32Array:
    if roles.lists is not None:
        return list_rows(chunk[roles.lists], width=width, first_row=first_row, column=roles.lists)
    return number_rows([(name, chunk[name]) for name in roles.dimensions], first_row=first_row)


def _stored(values: Sequence[object] | npt.NDArray[np.generic]) -> str:
    return str(values.dtype) if isinstance(values, np.ndarray) else "text" if isinstance(values[0], str) else "float64"


def read_numbers(
    path: str | PathLike[str], reading: VectorReading, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Read a text file with one vector a line, its numbers between spaces or tabs; lines that begin with ``#`` are comments.

    Raises
    ------
    InvalidInputError
        If a line holds something else or another count of numbers; it names the line.
    """
    location = Location.of(path)
    lines = _number_lines(location)
    vectors = collect(_number_blocks(islice(lines, reading.limit), location, progress), "text")
    parameters: dict[str, JSONValue] = {"source": location.shown, "format": "numbers", "limit": reading.limit}
    return EmbeddingTable(location.stem, vectors, (), Provenance().then(Step("read_vectors", parameters)))


def _number_lines(location: Location) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines_of(location), 1):
        cells = [] if line.startswith("#") else line.split()
        if cells:
            yield number, cells


def _number_blocks(
    lines: Iterator[tuple[int, list[str]]], location: Location, progress: Progress | None
) -> Iterator[Float32Array]:
    width, done = None, 0
    while block := list(islice(lines, CHUNK_ROWS)):
        rows = []
        for number, cells in block:
            width = width or len(cells)
            if len(cells) != width:
                raise InvalidInputError(
                    f"line {number:,} of {location.shown!r} has {counted(len(cells), 'number')} instead of {width:,}"
                )
            try:
                rows.append(np.array(list(map(float, cells)), dtype=np.float64))
            except ValueError as error:
                raise InvalidInputError(f"line {number:,} of {location.shown!r}: {excerpt(error)}") from error
        with np.errstate(over="ignore"):
            yield np.array(rows).astype(np.float32)
        done += len(rows)
        if progress is not None:
            progress(done, 0)
