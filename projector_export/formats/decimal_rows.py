"""Rows of decimal numbers as float64, many at a time: as exact as Python's ``float``, and several times faster.

orjson (yyjson, ``read_number``) rounds each decimal number to the next float64. What ``float`` takes and JSON does not, such as
``.5``, ``+1``, ``nan`` or ``1_000``, is left to the caller.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["decode"]

BLOCK_NUMBERS = 2**14
"""Numbers that are decoded at once: as few as fit into the caches of a processor."""

_TRUTH = (b"r", b"l")
"""What ``true`` or ``false`` has and no number: ``struct`` takes them for 1 and 0."""
_MINUS_ZERO = re.compile(rb"[\[,]\s*-0\s*[\],]")
"""A whole number to JSON, which has but one zero."""


def decode(rows: Sequence[bytes], n_numbers: int, *, separator: bytes = b",") -> npt.NDArray[np.float64] | None:
    """Return the numbers of some rows.

    Parameters
    ----------
    rows
        Texts of numbers.
    n_numbers
        How many each has, 1 or more.
    separator
        One byte between two numbers.

    Returns
    -------
    array of shape ``(len(rows), n_numbers)``, or None
        None if a row has another number of numbers, or one that JSON (RFC 8259, section 6) does not spell so.
    """
    values = np.empty((len(rows), n_numbers))
    step = max(1, BLOCK_NUMBERS // n_numbers)
    pack = struct.Struct(f"={n_numbers}d").pack
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        text = _as_json(block, separator)
        if text is None:
            return None
        try:
            data = b"".join([pack(*row) for row in orjson.loads(text)])
        except (orjson.JSONDecodeError, struct.error, TypeError, OverflowError):
            return None
        if len(data) != 8 * n_numbers * len(block):
            return None
        values[start : start + step] = np.frombuffer(data).reshape(len(block), n_numbers)
        if not values[start : start + step].all() and _MINUS_ZERO.search(text):
            return None
    return values


def _as_json(rows: Sequence[bytes], separator: bytes) -> bytes | None:
    """Return a list of lists, or None if the rows may hold true, false or another separator.

    Whatever else they hold gives no list, or one with other items than the wanted numbers: each bracket begins a list.
    """
    if separator == b",":
        text = b"],[".join(rows)
    else:
        text = b"\n".join(rows)
        if b"," in text:
            return None
        text = text.replace(separator, b",").replace(b"\n", b"],[")
    return None if any(letter in text for letter in _TRUTH) else b"[[%b]]" % text
