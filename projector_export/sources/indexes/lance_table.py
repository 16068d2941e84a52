"""Tables of a LanceDB folder, read in batches by the package ``lancedb``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from projector_export import optional
from projector_export.errors import CorruptFileError, InvalidInputError, ProjectorExportError
from projector_export.sources.indexes.chosen import chosen
from projector_export.sources.indexes.content import Content
from projector_export.tensor_files.collected_rows import collect
from projector_export.vectors import Float32Array, Progress

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["is_lance", "read_table"]

ENDING = ".lance"
N_BATCH_ROWS = 4096
USUAL_COLUMNS = ("vector", "embedding", "embeddings", "vectors")


def is_lance(path: Path) -> bool:
    """Tell whether a folder is a table, or holds tables."""
    return _is_table(path) or bool(_tables(path))


def read_table(
    path: Path, table: str | None, column: str | None, limit: int | None, progress: Progress | None
) -> Content:
    """Read the present version of a table.

    Parameters
    ----------
    path
        The database's folder, or the table's (``NAME.lance``).
    table, column
        Names; by default the only one, of columns also ``vector`` or ``embedding``.
    limit
        Read at most so many rows.
    progress
        Called with rows done and all.

    Raises
    ------
    NotFoundError
        If there is no such table or column.
    CorruptFileError
        If it cannot be read.
    """
    folder, names = (path.parent, [path.stem]) if _is_table(path) else (path, _tables(path))
    name = chosen(names, table, where=path.name, kind="table")
    with optional.required_for("reading tables of LanceDB"):
        import lancedb
    with _told(path):
        opened = lancedb.connect(str(folder)).open_table(name)
        schema, count = opened.schema, opened.count_rows()
    n_rows = count if limit is None else min(limit, count)
    if not n_rows:
        raise InvalidInputError(f"table {name!r} of {path.name!r} is empty: add rows first")
    vector = _vector_column(schema, column, path)
    others = [field.name for field in schema if field.name != vector and _is_shown(field.type)]
    left_out = [field.name for field in schema if field.name not in {vector, *others}]
    values: dict[str, list[object]] = {each: [] for each in others}
    with _told(path):
        query = opened.search().select([vector, *others]).limit(n_rows)
        blocks = _blocks(query.to_batches(N_BATCH_ROWS), vector, values, n_rows, progress)
        rows = collect(blocks, str(schema.field(vector).type.value_type))
    notes = (f"columns of other vectors and of bytes were left out: {', '.join(left_out)}",) if left_out else ()
    return Content(name, rows, values, {"database": "LanceDB", "table": name, "column": vector}, notes)


def _is_table(path: Path) -> bool:
    return path.suffix == ENDING and (path / "_versions").is_dir()


def _tables(path: Path) -> list[str]:
    return sorted(child.stem for child in path.glob(f"*{ENDING}") if _is_table(child)) if path.is_dir() else []


def _vector_column(schema: pa.Schema, wanted: str | None, path: Path) -> str:
    names = [field.name for field in schema if _is_vector(field.type)]
    usual = next((name for name in USUAL_COLUMNS if name in names), None)
    return chosen(names, wanted or usual, where=path.name, kind="column of vectors")


def _is_vector(kind: pa.DataType) -> bool:
    import pyarrow as pa

    types = pa.types
    is_list = types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind)
    return bool(is_list and types.is_floating(kind.value_type))


def _is_shown(kind: pa.DataType) -> bool:
    import pyarrow as pa

    types = pa.types
    return not (_is_vector(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _blocks(
    batches: Iterator[pa.RecordBatch],
    vector: str,
    values: dict[str, list[object]],
    n_rows: int,
    progress: Progress | None,
) -> Iterator[Float32Array]:
    done, width = 0, None
    for batch in batches:
        if not batch.num_rows:
            continue
        for name, found in values.items():
            found.extend(batch.column(name).to_pylist())
        block = _rows(batch.column(vector), vector, done)
        width = width or block.shape[1]
        if block.shape[1] != width:
            raise InvalidInputError(f"column {vector!r} has vectors of {width:,} and of {block.shape[1]:,} numbers")
        done += len(block)
        if progress:
            progress(min(done, n_rows), n_rows)
        yield block


def _rows(array: pa.Array, name: str, first_row: int) -> Float32Array:
    """Return a column of lists as float32 rows."""
    if array.null_count:
        row = first_row + int(np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))[0])
        raise InvalidInputError(f"column {name!r} has no vector in row {row:,}: delete such rows, or fill them")
    numbers = array.flatten()
    width, rest = divmod(len(numbers), len(array))
    lengths = {len(numbers)} if rest else set(_lengths(array))
    if rest or lengths != {width}:
        raise InvalidInputError(f"column {name!r} has vectors of different lengths from row {first_row:,} on")
    if numbers.null_count:
        raise InvalidInputError(f"column {name!r} has vectors with missing numbers from row {first_row:,} on")
    with np.errstate(over="ignore"):
        values: Float32Array = numbers.to_numpy(zero_copy_only=False).astype(np.float32).reshape(-1, width)
    return values


def _lengths(array: pa.Array) -> list[int]:
    from pyarrow import compute

    found: list[int] = compute.unique(compute.list_value_length(array)).to_pylist()
    return found


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what LanceDB's Rust code raises into a sentence."""
    import pyarrow as pa

    try:
        yield
    except ProjectorExportError:
        raise
    except (RuntimeError, ValueError, OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    except Exception as error:  # a panic of Rust's has a class of its own, below Exception
        if type(error).__name__ != "RustPanic":
            raise
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> CorruptFileError:
    reason = str(error).partition("\n")[0].partition(", /")[0][:200].rstrip(".")
    return CorruptFileError(f"{path.name!r} is damaged or no table of LanceDB ({reason}): copy it again")
