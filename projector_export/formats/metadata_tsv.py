r"""The metadata file: one line a row, as the viewer and TensorBoard's server read it.

Readers: ``tensorboard/plugins/projector/vz_projector/data-provider.ts`` (``streamParse``, ``parseMetadata``,
``analyzeMetadata``) and ``projector_plugin.py`` (``_serve_metadata``). What they ask for:

- a header exactly when there is more than one column: the first line is a header if and only if it holds a tab;
- no blank line and no blank cell in a text column; numbers are left empty where they are missing;
- UTF-8, ``\n`` after every line, the last one too;
- no character across a multiple of 1,000,000 bytes: the viewer decodes each such chunk by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_cell
from projector_export.formats.javascript import LARGEST_CATEGORIES, is_blank, number
from projector_export.table import Column

__all__ = ["CHUNK_BYTES", "ViewerMetadata", "decode", "encode"]

BLOCK_ROWS = 8_192

CHUNK_BYTES = 1_000_000
"""Bytes that the viewer decodes at a time (``streamParse``)."""


def encode(columns: Sequence[Column]) -> bytes:
    """Return the metadata file of some columns.

    Parameters
    ----------
    columns
        At least one, of equal length, in display order. The first text column is what the viewer shows as label.

    Raises
    ------
    InvalidInputError
        If a numeric column holds an infinity (it would break the viewer's colours), a row has no value in any column, or a
        name cannot be a column of the viewer.
    """
    if not columns:
        raise InvalidInputError("a metadata file needs at least one column")
    numeric = next((index for index, column in enumerate(columns) if column.is_numeric), None)
    encoded = bytearray()
    for row in _aligned(_rows(columns), numeric):
        encoded += row
        encoded += b"\n"
    return bytes(encoded)


def _rows(columns: Sequence[Column]) -> Iterator[bytes]:
    """Make a block of rows at a time, so that no more than a block is in memory in all its forms."""
    if len(columns) > 1:
        yield "\t".join(_names(columns)).encode()
    cells_of = [_cells_of(column) for column in columns]
    for start in range(0, len(columns[0].values), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        cells = [each(column.values[block]) for each, column in zip(cells_of, columns, strict=True)]
        if all(column.is_numeric for column in columns):
            _refuse_empty_rows(cells, start)
        for line in map("\t".join, zip(*cells, strict=True)) if len(cells) > 1 else cells[0]:
            yield line.encode()


def _cells_of(column: Column) -> Callable[[Sequence[str | None] | npt.NDArray[np.generic]], list[str]]:
    """Return what turns values of a column into cells."""
    values = column.values
    if isinstance(values, np.ndarray):
        _refuse_infinities(column.name, values)
        return _number_cells
    distinct = _categories(values)
    if distinct is None:
        return lambda some: [metadata_cell.encode(value, spelled=column.spelled) for value in some]
    cells = {value: metadata_cell.encode(value, spelled=column.spelled, counted=True) for value in distinct}
    return lambda some: [cells[value] for value in some]


def _categories(values: Sequence[str | None]) -> set[str | None] | None:
    """Return the different values, if the viewer counts them."""
    distinct: set[str | None] = set()
    for start in range(0, len(values), BLOCK_ROWS):
        distinct.update(values[start : start + BLOCK_ROWS])
        if len(distinct) > LARGEST_CATEGORIES:
            return None
    return distinct


def _refuse_infinities(name: str, values: npt.NDArray[np.generic]) -> None:
    if values.dtype.kind != "f":
        return
    infinite = np.flatnonzero(np.isinf(values.astype(np.float64)))
    if len(infinite):
        raise InvalidInputError(
            f"column {name!r} is infinite in row {infinite[0]:,} ({len(infinite):,} such rows): "
            "the viewer cannot colour by it; replace infinities by NaN, which means no value"
        )


def _number_cells(values: Sequence[str | None] | npt.NDArray[np.generic]) -> list[str]:
    values = np.asarray(values)
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values.tolist()]
    if values.dtype.kind != "f":
        return [str(value) for value in values.tolist()]
    if values.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        values = values.astype(np.float64)
    numbers = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode()
    return ["" if cell == "null" else cell for cell in numbers.split(",")]


def _names(columns: Sequence[Column]) -> list[str]:
    names = [metadata_cell.encode(column.name) for column in columns]
    for column, name in zip(columns, names, strict=True):
        if name == "__proto__" or names.count(name) > 1:
            raise InvalidInputError(f"the viewer cannot show a column named {column.name!r} here: rename it")
    return names


def _refuse_empty_rows(cells: list[list[str]], start: int) -> None:
    for row, values in enumerate(zip(*cells, strict=True), start):
        if not any(values):
            raise InvalidInputError(
                f"row {row:,} has no value in any column, and the viewer skips such lines: add a text column"
            )


def _aligned(rows: Iterable[bytes], numeric: int | None) -> Iterator[bytes]:
    """Shift rows so that no multi-byte character lies across a chunk border.

    The viewer does not see spaces in front of a number, so they go into the row before. It does not see a blank line either,
    but TensorBoard counts that among the first 100,000 lines, so it is only used where there is no number.
    """
    last: bytes | None = None
    position = 0
    for row in rows:
        if not row.isascii() and position // CHUNK_BYTES != (position + len(row)) // CHUNK_BYTES:
            before = b"" if last is None else last + b"\n"
            last = _shifted(before, row, position - len(before), _padding_place(before, numeric))
            position += len(last) - len(before) - len(row)
        else:
            if last is not None:
                yield last
            last = row
        position += len(row) + 1
    if last is not None:
        yield last


def _padding_place(row: bytes, numeric: int | None) -> int | None:
    cells = row.split(b"\t")
    if numeric is None or numeric >= len(cells) or number(cells[numeric].decode().strip() or "x") is None:
        return None
    return sum(len(cell) + 1 for cell in cells[:numeric])


def _shifted(before: bytes, row: bytes, position: int, place: int | None) -> bytes:
    fill, at = (b"\n", len(before)) if place is None else (b" ", place)
    for count in range(4 * (len(row) // CHUNK_BYTES + 2) ** 2):
        pair = before[:at] + fill * count + before[at:] + row
        if all(pair[border] & 0xC0 != 0x80 for border in range(-position % CHUNK_BYTES, len(pair), CHUNK_BYTES)):
            return pair
    raise InvalidInputError(f"a metadata row of {len(row):,} bytes is too long for the viewer: shorten its texts")


@dataclass(frozen=True)
class ViewerMetadata:
    """What the viewer makes of a metadata file.

    Parameters
    ----------
    names
        Columns; ``("label",)`` where the file has no header.
    rows
        One tuple a row: texts, numbers, or None for an empty cell.
    has_header
        Whether the first line was taken as the header.
    n_skipped
        Blank lines after the first row that the viewer skips, shifting the rows below.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    has_header: bool
    n_skipped: int


def decode(data: bytes) -> ViewerMetadata:
    """Read a metadata file by the viewer's own rules, numbers and broken characters included."""
    chunks = (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))
    text = "".join(chunk.decode("utf-8-sig", "replace") for chunk in chunks)
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    kept = [line for line in lines if not is_blank(line)]
    has_header = bool(kept) and "\t" in kept[0]
    names = tuple(kept[0].split("\t")) if has_header else ("label",)
    rows = tuple(_viewer_row(line, len(names)) for line in kept[has_header:])
    return ViewerMetadata(names, rows, has_header, len(lines) - len(kept))


def _viewer_row(line: str, n_columns: int) -> tuple[str | float | None, ...]:
    cells = line.split("\t")[:n_columns]
    cells += [""] * (n_columns - len(cells))
    return tuple(_viewer_value(cell) for cell in cells)


def _viewer_value(cell: str) -> str | float | None:
    if not cell:
        return None
    value = number(cell)
    return cell if value is None else value
