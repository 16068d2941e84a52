"""Lines of UTF-8 text, decoded one by one so that an error can name the line and the byte."""

from __future__ import annotations

from collections.abc import Iterator

from projector_export.errors import InvalidInputError
from projector_export.tabular.location import Location

__all__ = ["MAX_LINE_BYTES", "lines_of"]

MAX_LINE_BYTES = 2**26
"""Longer than any line that a person or program writes on purpose: a binary file is refused before it fills the memory."""

_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def lines_of(location: Location) -> Iterator[str]:
    r"""Walk through the lines of a text file, each with its line break; a byte order mark is left out.

    Raises
    ------
    InvalidInputError
        If a line is no UTF-8, holds a NUL character, or is longer than :data:`MAX_LINE_BYTES`.
    """
    with location.opened() as file:
        offset = number = 0
        while raw := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            skipped = len(_MARK) if number == 1 and raw.startswith(_MARK) else 0
            yield _decoded(raw[skipped:], number, offset + skipped, location)
            offset += len(raw)


def _decoded(raw: bytes, number: int, offset: int, location: Location) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise InvalidInputError(
            f"{_place(number, location)} is longer than {MAX_LINE_BYTES // 2**20} MB: this is no file of records"
        )
    if number == 1 and raw.startswith(_WIDE_MARKS):
        raise InvalidInputError(f"{location.shown!r} is UTF-16: save it as UTF-8")
    try:
        line = raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{_place(number, location)} is not UTF-8 (byte 0x{raw[error.start]:02x} at {offset + error.start:,}): save the "
            "file as UTF-8"
        ) from error
    if "\0" in line:
        raise InvalidInputError(
            f"{_place(number, location)} holds a NUL character: this is no text file, or it is damaged"
        )
    return line


def _place(number: int, location: Location) -> str:
    return f"line {number:,} of {location.shown!r}"
