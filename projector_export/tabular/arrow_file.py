"""Parquet and Arrow IPC files (Feather, and the stream format of Hugging Face datasets), read piece by piece by pyarrow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.optional import required_for
from projector_export.provenance import JSONValue
from projector_export.tabular.class_names import names_in_schema, with_class_names
from projector_export.tabular.location import Location
from projector_export.tabular.plain_values import plain
from projector_export.tabular.records import Batch, RecordFile, Wanted

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow as pa

__all__ = ["ArrowFile", "open_arrow"]

CHUNK_ROWS = 1024
_NO_TIME = re.compile(r"(?:(?: 00:00:00)?\.0+|(?<=-\d\d) 00:00:00)(?=$|Z)")
"""What stands behind a date or a whole second and says nothing."""
MAGIC = {"parquet": b"PAR1", "arrow": b"ARROW1"}


@dataclass(frozen=True, eq=False)
class ArrowFile:
    """A file of typed columns.

    Parameters
    ----------
    location
        Where the file lies.
    format
        ``"parquet"``, ``"arrow"`` (the file format, Feather too) or ``"arrow stream"``.
    schema
        Names and types of the columns.
    n_rows
        Number of rows; None for Arrow, which tells it only when everything was walked through.
    """

    location: Location
    format: str
    schema: pa.Schema
    n_rows: int | None
    is_typed: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(str(name) for name in self.schema.names)

    @property
    def describe(self) -> dict[str, JSONValue]:
        """Source and format."""
        return {"source": self.location.shown, "format": self.format}

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows."""
        for piece in self._pieces(wanted):
            with _told(self.location, self.format):
                piece.validate(full=True)  # pyarrow believes the places that a file tells, and reads beyond its end
                batch = {name: _read(piece.column(index), name, wanted) for index, name in enumerate(wanted.columns)}
            yield batch

    def _pieces(self, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        with self.location.opened_anywhere() as file, _told(self.location, self.format):
            for piece in _pieces(self.format, file, wanted.start, wanted.columns):
                yield piece.select(list(wanted.columns))


def open_arrow(location: Location, kind: str) -> RecordFile:
    """Read what a file tells about its columns; classes that a Hugging Face dataset names are given by their names.

    Parameters
    ----------
    location
        Where the file lies.
    kind
        ``"parquet"`` or ``"arrow"``.

    Raises
    ------
    ProjectorExportError
        If pyarrow is not installed, or the file is of another format, damaged or empty.
    """
    with required_for(f"reading {location.file_name!r}"):
        import pyarrow.ipc
        import pyarrow.parquet
    with location.opened_anywhere() as file:
        first = file.read(8)
        file.seek(0)
        if not first:
            raise InvalidInputError(f"{location.shown!r} is empty")
        if kind == "parquet":
            _require_magic(first, MAGIC["parquet"], location, "Parquet")
            with _told(location, kind):
                metadata = pyarrow.parquet.ParquetFile(file).metadata
                told, schema = metadata.metadata, metadata.schema.to_arrow_schema()
                opened = ArrowFile(location, kind, schema, int(metadata.num_rows))
        else:
            is_file = first.startswith(MAGIC["arrow"])
            kind = "arrow" if is_file else "arrow stream"
            with _told(location, kind):
                open_it = pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream
                opened = ArrowFile(location, kind, open_it(file).schema, None)
                told = opened.schema.metadata
    if not opened.columns or opened.n_rows == 0:
        raise InvalidInputError(f"{location.shown!r} is empty: it has {len(opened.columns)} columns and no rows")
    return with_class_names(opened, names_in_schema(told))


def _require_magic(first: bytes, magic: bytes, location: Location, name: str) -> None:
    if not first.startswith(magic):
        raise CorruptFileError(f"{location.shown!r} is no {name} file: it begins with {first!r}")


def _pieces(kind: str, file: BinaryIO, start: int, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    if kind == "parquet":
        yield from _parquet_pieces(file, start, columns)
        return
    import pyarrow.ipc

    open_it = pyarrow.ipc.open_file if kind == "arrow" else pyarrow.ipc.open_stream
    schema = open_it(file).schema
    file.seek(0)
    reader = open_it(
        file, options=pyarrow.ipc.IpcReadOptions(included_fields=list(map(schema.get_field_index, columns)))
    )
    batches = (
        (reader.get_batch(index) for index in range(reader.num_record_batches)) if kind == "arrow" else iter(reader)
    )
    for batch in batches:
        if batch.num_rows <= start:
            start -= batch.num_rows
            continue
        for first in range(start, batch.num_rows, CHUNK_ROWS):
            yield batch.slice(first, CHUNK_ROWS)
        start = 0


def _parquet_pieces(file: BinaryIO, start: int, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet

    parquet = pyarrow.parquet.ParquetFile(file, buffer_size=2**20, pre_buffer=False)
    groups: list[int] = []
    for group in range(parquet.num_row_groups):
        n_rows = parquet.metadata.row_group(group).num_rows
        if not groups and n_rows <= start:
            start -= n_rows
        else:
            groups.append(group)
    for piece in parquet.iter_batches(CHUNK_ROWS, row_groups=groups, columns=list(columns), use_threads=False):
        if piece.num_rows > start:
            yield piece.slice(start)
        start = max(0, start - piece.num_rows)


@contextmanager
def _told(location: Location, kind: str) -> Iterator[None]:
    """Turn what pyarrow says into a sentence."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        reason = str(error).partition("\n")[0].rstrip(".")[:160]
        raise CorruptFileError(f"{location.shown!r} is damaged or no {kind.capitalize()} file: {reason}") from None


def _read(array: pa.Array, name: str, wanted: Wanted) -> Sequence[object]:
    if name in wanted.raw:
        return cast("list[object]", array.to_pylist())
    return _rows(array) if name in wanted.arrays else _values(array)


def _rows(array: pa.Array) -> Sequence[object]:
    """Return a column of lists as an array of two axes; as lists where a row is missing or of another length."""
    import pyarrow as pa
    from pyarrow import compute

    if isinstance(array.type, pa.BaseExtensionType):
        return _rows(array.storage)
    if array.null_count or not len(array) or not _is_list(array.type):
        return _values(array)
    numbers = array.flatten()
    kind = numbers.type
    if numbers.null_count or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return _values(array)
    width, rest = divmod(len(numbers), len(array))
    if rest or not width or compute.any(compute.not_equal(compute.list_value_length(array), width)).as_py():
        return _values(array)
    return cast("Sequence[object]", numbers.to_numpy(zero_copy_only=False).reshape(len(array), width))


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _values(array: pa.Array) -> list[object]:
    """Return the values of a column as Python's: dates as ISO texts, half floats as floats, structures as JSON texts."""
    import pyarrow as pa

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _values(array.storage)
    if pa.types.is_dictionary(kind):
        return _values(array.dictionary_decode())
    if pa.types.is_float16(kind):
        array = array.cast(pa.float32())
    elif pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        texts = array.cast(pa.string()).to_pylist()
        return [None if text is None else _NO_TIME.sub("", text) for text in texts]
    values: list[object] = array.to_pylist()
    return values if _is_plain(kind) else [plain(value) for value in values]


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_string(kind))
