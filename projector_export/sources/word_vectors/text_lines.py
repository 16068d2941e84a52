"""Lines of words and decimal numbers, many at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from projector_export.errors import CorruptFileError, counted
from projector_export.formats import decimal_rows
from projector_export.sources.word_vectors.opening import Unpacked
from projector_export.vectors import Float32Array

__all__ = ["BLANK", "is_number", "line_blocks", "n_numbers_behind", "parsed"]

BLANK = b" \t\r"
"""What may stand at a line's end."""

_BLOCK_BYTES = 2**21
_LONGEST_LINE = 64 * 2**20
_NUMBER = re.compile(rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf|infinity)", re.IGNORECASE)


def line_blocks(stream: Unpacked, rest: bytes = b"") -> Iterator[list[bytes]]:
    """Yield the lines of a stream, without their ends, in blocks of some megabytes; blank ones at the end are left out.

    Parameters
    ----------
    stream
        Where the bytes come from.
    rest
        Bytes that were read from it already.

    Raises
    ------
    CorruptFileError
        If a line is so long that it is no line of words and numbers.
    """
    held: list[bytes] = []
    while data := stream.read(_BLOCK_BYTES):
        lines = (rest + data).split(b"\n")
        rest = lines.pop()
        if len(rest) > _LONGEST_LINE:
            raise CorruptFileError(
                f"{stream.name!r} has a line of more than {len(rest):,} bytes: it is no text of vectors"
            )
        yield from _up_to_blanks(held, lines)
    yield from _up_to_blanks(held, rest.split(b"\n"))


def _up_to_blanks(held: list[bytes], lines: list[bytes]) -> Iterator[list[bytes]]:
    """Yield what was held back and the lines, and hold back the blank lines behind them, which may be the file's end."""
    n_lines = len(lines)
    while n_lines and not lines[n_lines - 1].strip(BLANK):
        n_lines -= 1
    if n_lines:
        yield [*held, *lines[:n_lines]]
        held.clear()
    held += lines[n_lines:]


def is_number(text: bytes) -> bool:
    """Whether a text is one decimal number, or NaN or infinity as they are commonly written."""
    return _NUMBER.fullmatch(text) is not None


def n_numbers_behind(line: bytes) -> int:
    """Return how many numbers stand behind a line's first field, counted from the line's end to the first other text."""
    fields = line.rstrip(BLANK).split(b" ")[1:]
    for count, field in enumerate(reversed(fields)):
        if not is_number(field):
            return count
    return len(fields)


def parsed(lines: Sequence[bytes], n_dims: int, first_line: int, name: str) -> tuple[list[bytes], Float32Array]:
    """Return the words and the numbers of some lines.

    A line is read from its right: its last `n_dims` fields are the numbers and whatever stands before them is the word, since
    GloVe's words may hold spaces (stanfordnlp/GloVe, issue 150).

    Parameters
    ----------
    lines
        Without their ends.
    n_dims
        Numbers of a line.
    first_line, name
        Number of the first line and name of the file, for sentences.

    Returns
    -------
    words
        One a line.
    values
        Shape ``(len(lines), n_dims)``: each the float32 next to the float64 next to the decimal number.

    Raises
    ------
    CorruptFileError
        If a line has another number of numbers, or a field that is none.
    """
    halves = [line.rstrip(BLANK).partition(b" ") for line in lines]
    numbers = [half[2] for half in halves]
    if all(text.count(b" ") == n_dims - 1 for text in numbers):
        values = _decoded(numbers, n_dims)
        if values is not None:
            return [half[0] for half in halves], values
    rows = [_fields(line, n_dims, f"line {first_line + row:,} of {name!r}") for row, line in enumerate(lines)]
    words = [word for word, _ in rows]
    values = _decoded([b" ".join(fields) for _, fields in rows], n_dims)
    if values is None:
        values = np.empty((len(lines), n_dims), dtype=np.float32)
        for row, (_, fields) in enumerate(rows):
            values[row] = _numbers(fields, f"line {first_line + row:,} of {name!r}")
    return words, values


def _decoded(numbers: Sequence[bytes], n_dims: int) -> Float32Array | None:
    """Return numbers that are all spelled as usual, or None."""
    values = decimal_rows.decode(numbers, n_dims, separator=b" ")
    if values is None:
        return None
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _fields(line: bytes, n_dims: int, where: str) -> tuple[bytes, list[bytes]]:
    word, *fields = _split_from_the_right(line.rstrip(BLANK), n_dims)
    if len(fields) < n_dims:
        raise CorruptFileError(f"{where} has {counted(len(fields), 'number')} instead of {n_dims:,}")
    between = word.split(b" ")[1:]
    if between and all(map(is_number, between)):
        raise CorruptFileError(f"{where} has {n_dims + len(between):,} numbers instead of {n_dims:,}")
    return word, fields


def _numbers(fields: Sequence[bytes], where: str) -> Float32Array:
    for field in fields:
        if not is_number(field):
            raise CorruptFileError(f"{where}: {field[:40].decode('utf-8', 'replace')!r} is no number")
    with np.errstate(over="ignore"):
        return np.array([float(field) for field in fields]).astype(np.float32)


def _split_from_the_right(line: bytes, n_dims: int) -> list[bytes]:
    """Return the word and the last fields, whatever blanks stand between those."""
    pieces = line.rsplit(b" ", n_dims)
    if b"" not in pieces[1:] and b"\t" not in line:
        return pieces
    pieces = line.replace(b"\t", b" ").rsplit(None, n_dims)
    return [b"", *pieces] if line[:1] in BLANK and len(pieces) == n_dims else pieces
