"""Tables and arrays of pyarrow, and whatever gives itself as a stream of Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.optional import required_for
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described, has_class
from projector_export.sources.objects.frame import Content, Frame, read_frame
from projector_export.sources.objects.rows import other_length, require_matrix
from projector_export.table import EmbeddingTable
from projector_export.vectors import ArrayVectors, Float32Array, Vectors

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["as_frame", "read", "recognises"]

_STREAM = "__arrow_c_stream__"


@dataclass(frozen=True, eq=False)
class ChunkedVectors:
    """Rows that lie in several arrays, one after the other.

    Parameters
    ----------
    chunks
        Each of shape ``(n_chunk_rows, n_dims)``; at least one.
    """

    chunks: Sequence[npt.NDArray[np.generic]]

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return sum(map(len, self.chunks)), self.chunks[0].shape[1]

    @property
    def dtype(self) -> str:
        """How a value is stored."""
        return str(self.chunks[0].dtype)

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        rows = np.empty((stop - start, self.shape[1]), dtype=np.float32)
        first = 0
        for chunk in self.chunks:
            low, high = max(start, first), min(stop, first + len(chunk))
            if low < high:
                with np.errstate(over="ignore"):
                    rows[low - start : high - start] = chunk[low - first : high - first]
            first += len(chunk)
        return rows


@dataclass(frozen=True, eq=False)
class ArrowFrame:
    """A table; its values never change, so nothing is copied."""

    data: pa.Table

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(self.data.column_names)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.data.num_rows)

    def content(self, name: str) -> Content:
        """Tell what a column holds."""
        kind = self._column(name).type
        if _is_number(kind):
            return "numbers"
        return "vectors" if _is_list(kind) and _is_number(kind.value_type) else "others"

    def vectors(self, name: str) -> Vectors:
        """Return a column of lists of numbers; those of fixed length are not copied."""
        what = f"column {name!r}"
        column = self._column(name)
        width = _width(column, what)
        require_matrix(what, (len(column), width))
        chunks = []
        start = 0
        for chunk in column.chunks:
            flat = chunk.flatten()
            if flat.null_count:
                row = start + int(np.flatnonzero(flat.is_null().to_numpy(zero_copy_only=False))[0]) // width
                raise InvalidInputError(f"{what}: row {row:,} holds None, and vectors are real numbers")
            start += len(chunk)
            if len(chunk):
                chunks.append(flat.to_numpy(zero_copy_only=False).reshape(len(chunk), width))
        return ArrayVectors(chunks[0]) if len(chunks) == 1 else ChunkedVectors(chunks)

    def numbers(self, name: str) -> npt.NDArray[np.generic]:
        """Return a column of numbers."""
        return np.asarray(self._column(name).to_numpy())

    def values(self, name: str) -> list[object]:
        """Return a column's values."""
        values: list[object] = self._column(name).to_pylist()
        return values

    def index(self) -> tuple[str, list[object]] | None:
        """Return nothing: rows of Arrow have no names."""
        return None

    def _column(self, name: str) -> pa.ChunkedArray:
        return self.data.column(self.names.index(name))


def recognises(value: object) -> bool:
    """Tell whether an object is a table or array of pyarrow, or gives itself as one."""
    return has_class(value, "pyarrow", "Table", "RecordBatch", "Array", "ChunkedArray") or hasattr(value, _STREAM)


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a table, or of an array of lists of numbers."""
    return read_frame(as_frame(value), value, asked)


def as_frame(value: object) -> Frame:
    """Return a table's columns, or an array as the only one.

    Raises
    ------
    InvalidInputError
        If it gives itself as something else than a table.
    """
    found: Any = value
    with required_for(f"reading a {described(value)}"):
        import pyarrow as pa

        if has_class(value, "pyarrow", "Array", "ChunkedArray"):
            return ArrowFrame(pa.table({"embeddings": found}))
        if has_class(value, "pyarrow", "RecordBatch"):
            return ArrowFrame(pa.Table.from_batches([found]))
        if has_class(value, "pyarrow", "Table"):
            return ArrowFrame(found)
        try:
            return ArrowFrame(pa.table(found))
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise InvalidInputError(f"a {described(value)} cannot be read as a table of Arrow: {error}") from error


def _width(column: pa.ChunkedArray, what: str) -> int:
    """Return how many numbers each row has."""
    import pyarrow.compute as pc

    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy())[0])
        raise InvalidInputError(f"{what}: row {row:,} is None and no list of numbers")
    if hasattr(column.type, "list_size"):
        return int(column.type.list_size)
    lengths = np.asarray(pc.list_value_length(column).to_numpy())
    if not len(lengths):
        return 0
    odd = np.flatnonzero(lengths != lengths[0])
    if len(odd):
        raise InvalidInputError(other_length(what, int(odd[0]), int(lengths[odd[0]]), int(lengths[0])))
    return int(lengths[0])


def _is_list(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_number(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind))
