"""The head of an array in NumPy's own format, and its rows wherever they lie.

Source: ``numpy/lib/format.py`` (``magic``, ``read_array_header_1_0``, ``read_array``): six bytes of magic, two of version, the
length of a Python literal (2 bytes in version 1, 4 later), the literal with ``descr``, ``fortran_order`` and ``shape``, then
the values.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from os import PathLike
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, excerpt
from projector_export.vectors import FileVectors, Float32Array, Vectors

__all__ = ["ArrayHead", "open_array", "read_head", "require_rows"]

MAGIC = b"\x93NUMPY"
MAX_HEAD_BYTES = 2**16
_LONG = re.compile(r"(?<=[0-9])L")
"""As Python 2 wrote whole numbers."""


@dataclass(frozen=True)
class ArrayHead:
    """What is known of an array before its values.

    Parameters
    ----------
    shape
        Number of values along each axis.
    dtype
        How a value is stored.
    is_fortran
        Whether the first axis varies fastest.
    size
        Bytes of the head itself.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    is_fortran: bool
    size: int

    @property
    def n_bytes(self) -> int:
        """Bytes of all values."""
        return prod(self.shape) * self.dtype.itemsize


def read_head(file: BinaryIO, name: str) -> ArrayHead:
    """Read the head of an array; the file stands at its first value afterwards.

    Parameters
    ----------
    file
        Stands at the magic.
    name
        What the array is called in sentences.

    Raises
    ------
    CorruptFileError
        If there is no such head.
    """
    first = file.read(8)
    if len(first) < 8 or first[:6] != MAGIC or first[6] not in {1, 2, 3}:
        raise CorruptFileError(f"{name} is no array of NumPy: it begins with {first!r}")
    width = 2 if first[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if not 2 <= length <= MAX_HEAD_BYTES:
        raise CorruptFileError(f"{name} promises a head of {length:,} bytes, which no array has")
    text = file.read(length)
    if len(text) < length:
        raise CorruptFileError(f"{name} ends within its head: it is cut off")
    return _head(text.decode("utf-8" if first[6] == 3 else "latin-1", "replace"), 8 + width + length, name)


def _head(text: str, size: int, name: str) -> ArrayHead:
    try:
        fields = ast.literal_eval(_LONG.sub("", text).strip())
        shape, is_fortran = fields["shape"], fields["fortran_order"]
        dtype = np.dtype(
            [tuple(part) for part in fields["descr"]] if isinstance(fields["descr"], list) else fields["descr"]
        )
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError, AttributeError) as error:
        raise CorruptFileError(f"{name} has a head that describes no array: {excerpt(text)!r}") from error
    if not isinstance(shape, tuple) or not all(type(length) is int and 0 <= length < 2**63 for length in shape):
        raise CorruptFileError(f"{name} has the shape {excerpt(shape)}, which is none")
    return ArrayHead(shape, dtype, bool(is_fortran), size)


def require_rows(name: str, shape: tuple[int, ...], kind: str) -> tuple[int, int]:
    """Return ``(n_rows, n_dims)`` of an array that can be vectors.

    Parameters
    ----------
    name
        What it is called in sentences.
    shape
        Its shape.
    kind
        Its numpy dtype, or that of other libraries, in words.

    Raises
    ------
    InvalidInputError
        If it has another number of axes, no values, or values that are no real numbers.
    """
    dtype = _dtype(kind)
    if dtype is not None and dtype.hasobject:
        raise InvalidInputError(
            f"{name} holds Python objects, which would have to be unpickled and run: save it as numbers"
        )
    if dtype is not None and dtype.kind not in "fiub":
        raise InvalidInputError(f"{name} holds values of type {kind}, and vectors are real numbers")
    if len(shape) != 2:
        raise InvalidInputError(
            f"{name} has the shape {excerpt(shape)}, and vectors are a table of rows and dimensions"
        )
    if 0 in shape:
        raise InvalidInputError(f"{name} is empty: its shape is {excerpt(shape)}")
    return shape[0], shape[1]


def _dtype(kind: str) -> np.dtype[np.generic] | None:
    """Return a type of numpy's own: once ml_dtypes is imported, numpy takes its names too, as raw bytes."""
    try:
        found = np.dtype(kind)
    except TypeError:
        return None
    return found if found.type.__module__ == "numpy" else None


def open_array(path: str | PathLike[str], offset: int, head: ArrayHead, name: str) -> Vectors:
    """Return the rows of an array that lies in a file as it is.

    Parameters
    ----------
    path, offset
        The file, and the byte at which the first value lies.
    head
        What is known of the array.
    name
        What it is called in sentences.

    Raises
    ------
    InvalidInputError
        If it is no table of real numbers.
    """
    if head.dtype.fields is not None:
        raise InvalidInputError(
            f"{name} holds structures of {excerpt(', '.join(map(repr, head.dtype.fields)))}, and vectors are real numbers"
        )
    n_rows, n_dims = require_rows(name, head.shape, str(head.dtype))
    decode = _viewed_as(head.dtype)
    stored = head.dtype.newbyteorder("=").name
    if head.is_fortran and n_dims > 1:
        return ColumnMajorVectors(path, offset, (n_rows, n_dims), stored, head.dtype)
    return FileVectors(path, offset, (n_rows, n_dims), stored, n_dims * head.dtype.itemsize, decode)


def _viewed_as(dtype: np.dtype[np.generic]) -> Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]:
    return lambda raw: raw.view(dtype)


@dataclass(frozen=True, eq=False)
class ColumnMajorVectors:
    """Rows of a table that lies column after column in a file.

    Parameters
    ----------
    path, offset
        The file, and the byte at which the first value lies.
    shape
        ``(n_rows, n_dims)``.
    dtype
        Name of the stored type.
    stored
        How a value is stored.
    """

    path: str | PathLike[str]
    offset: int
    shape: tuple[int, int]
    dtype: str
    stored: np.dtype[np.generic]

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows: one piece of each column is read."""
        n_rows, n_dims = self.shape
        width = self.stored.itemsize
        columns = FileVectors(self.path, self.offset, (n_rows * n_dims, 1), self.dtype, width, _viewed_as(self.stored))
        rows = np.empty((stop - start, n_dims), dtype=np.float32)
        for dimension in range(n_dims):
            first = dimension * n_rows
            rows[:, dimension] = columns.read(first + start, first + stop)[:, 0]
        return rows
