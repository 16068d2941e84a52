"""A tensor file read as text, by TensorBoard's server and by the standalone viewer.

Readers: ``projector_plugin.py`` (``_read_tensor_tsv_file``: Python's ``float`` on every cell, header refused, rows of one
length) and ``data-provider.ts`` (``parseTensors``: lines trimmed, a first cell that is no number taken for a label).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from projector_export.checks.metadata_file import LONE_RETURN
from projector_export.checks.statistics import Statistics
from projector_export.formats.javascript import WHITESPACE, number
from projector_export.vectors import Float32Array

__all__ = ["Text", "has_lone_return", "is_undecodable_without_tensorflow", "read_by_server", "read_by_viewer"]

LONGEST_LINE = 2**26
RETURN = re.compile(rb"\r\n?")
BLOCK_LINES = 2048
STUB_CHARACTERS = 16 * 2**20
"""``_DEFAULT_BLOCK_SIZE`` of ``tensorboard/compat/tensorflow_stub/io/gfile.py``."""


@dataclass
class Text:
    """How far the text was read.

    Parameters
    ----------
    statistics
        Of the rows that are shown.
    n_rows, n_dims
        Rows of the whole file, and numbers in the first.
    undecodable
        A line is not UTF-8: TensorBoard takes the file for raw numbers.
    bad_line, bad_text
        The first line (from 1) that is no row of numbers, 0 if all are.
    ragged_line, ragged_dims
        The first line whose length differs from the first row's, 0 if none does.
    n_labels
        Rows that begin with a label (viewer only).
    """

    statistics: Statistics
    n_rows: int = 0
    n_dims: int = 0
    undecodable: bool = False
    bad_line: int = 0
    bad_text: str = ""
    ragged_line: int = 0
    ragged_dims: int = 0
    n_labels: int = 0


def is_undecodable_without_tensorflow(path: Path) -> bool:
    """Tell whether TensorBoard's own file reader, which decodes whole blocks, finds that a file is no text."""
    try:
        with open(path, encoding="utf-8") as file:
            file.read(STUB_CHARACTERS)
    except UnicodeDecodeError:
        return True
    return False


def _lines(path: Path, *, splits_at_return: bool) -> Iterator[tuple[int, bytes]]:
    with open(path, "rb") as file:
        for line_number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
            if splits_at_return:
                yield from ((line_number, part) for part in RETURN.sub(b"\n", line).split(b"\n"))
            else:
                yield line_number, line.replace(b"\r", b"").rstrip(b"\n")


def has_lone_return(path: Path) -> bool:
    """Tell whether a carriage return stands inside a line."""
    with open(path, "rb") as file:
        return any(LONE_RETURN.search(line) for line in iter(lambda: file.readline(LONGEST_LINE), b""))


def read_by_server(path: Path, *, max_rows: int, splits_at_return: bool) -> Text:
    """Read a file as TensorBoard does.

    Parameters
    ----------
    path
        The file.
    max_rows
        Statistics are of so many rows.
    splits_at_return
        Whether TensorBoard runs without TensorFlow, where a lone carriage return ends a line; with it, it is deleted.
    """
    text = Text(Statistics())
    rows: list[list[float]] = []
    for line_number, line in _lines(path, splits_at_return=splits_at_return):
        if not line:
            continue
        try:
            row = [float(cell) for cell in line.decode("utf-8").split("\t")]
        except UnicodeDecodeError:
            text.undecodable = True
            return text
        except ValueError:
            text.bad_line, text.bad_text = line_number, line.decode("utf-8", "replace")
            return text
        text.n_rows, text.n_dims = text.n_rows + 1, text.n_dims or len(row)
        if len(row) != text.n_dims:
            text.ragged_line, text.ragged_dims = text.ragged_line or line_number, text.ragged_dims or len(row)
        elif text.n_rows <= max_rows:
            _append(text.statistics, rows, row)
    _flush(text.statistics, rows)
    return text


def read_by_viewer(path: Path) -> Text:
    """Read a file as the standalone viewer does."""
    text = Text(Statistics())
    rows: list[list[float]] = []
    for line_number, line in _viewer_lines(path):
        cells = line.split("\t")
        if number(cells[0]) is None or text.n_dims == len(cells) - 1:
            text.n_labels += 1
            cells = cells[1:]
        row = [_value(cell) for cell in cells]
        text.n_rows, text.n_dims = text.n_rows + 1, text.n_dims or len(row)
        if len(row) != text.n_dims:
            text.ragged_line, text.ragged_dims = line_number, len(row)
            break
        _append(text.statistics, rows, row)
    _flush(text.statistics, rows)
    return text


def _viewer_lines(path: Path) -> Iterator[tuple[int, str]]:
    with open(path, "rb") as file:
        for line_number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
            line = raw.decode("utf-8", "replace").strip(WHITESPACE)
            if line:
                yield line_number, line


def _value(cell: str) -> float:
    value = number(cell)
    return float("nan") if value is None else value


def _append(statistics: Statistics, rows: list[list[float]], row: list[float]) -> None:
    rows.append(row)
    if len(rows) == BLOCK_LINES:
        _flush(statistics, rows)


def _flush(statistics: Statistics, rows: list[list[float]]) -> None:
    if rows and rows[0]:
        with np.errstate(over="ignore"):
            block: Float32Array = np.array(rows, dtype=np.float64).astype(np.float32)
        statistics.add(block)
    rows.clear()
