"""Rows of numbers that may not fit in memory: in an array, in a file, chosen or computed, read in blocks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError

__all__ = [
    "BLOCK_BYTES",
    "ArrayVectors",
    "FileVectors",
    "Float32Array",
    "MappedVectors",
    "Progress",
    "SelectedVectors",
    "StageProgress",
    "Vectors",
    "bad_rows_of",
    "blocks_of",
    "is_finite",
    "norms_of",
]

Float32Array: TypeAlias = npt.NDArray[np.float32]
Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how much is done and how much there is: rows, or bytes that are fetched; 0 of 0 where that is not known."""

StageProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done and how much there is; 0 of 0 where that is not known."""

BLOCK_BYTES = 4 * 2**20
"""Float32 bytes of one block: small enough for a processor's caches, large enough that Python's share of the time vanishes."""


@runtime_checkable
class Vectors(Protocol):
    """Rows of numbers that may not fit in memory: they are read in ranges, always as float32."""

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""

    @property
    def dtype(self) -> str:
        """How the source stores a value: ``"float32"``, ``"bfloat16"``, ``"float8_e4m3"``..."""

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as a new C-ordered float32 array of shape ``(stop - start, n_dims)``."""


def blocks_of(vectors: Vectors, *, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, Float32Array]]:
    """Walk through vectors in blocks; the next one is read while the caller works on this one.

    Parameters
    ----------
    vectors
        Rows to walk through.
    block_bytes
        Size of one float32 block in bytes; at least one row is read at a time.

    Yields
    ------
    start : int
        Index of the block's first row.
    block : ndarray of float32, shape (n_block_rows, n_dims)
    """
    n_rows, n_dims = vectors.shape
    step = max(1, block_bytes // max(1, 4 * n_dims))
    if n_rows <= step:
        yield 0, vectors.read(0, n_rows)
        return
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(vectors.read, 0, step)
        for start in range(0, n_rows, step):
            block = coming.result()
            if start + step < n_rows:
                coming = reader.submit(vectors.read, start + step, min(start + 2 * step, n_rows))
            yield start, block


def is_finite(block: Float32Array) -> bool:
    """Tell whether a block holds neither NaN nor infinity; much faster than asking each number."""
    flat = block.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.dot(flat, flat)
    return bool(np.isfinite(total)) or bool(np.isfinite(block).all())


def norms_of(vectors: Vectors, *, progress: Progress | None = None) -> npt.NDArray[np.float64]:
    """Return the Euclidean length of each row, summed up in float64.

    Parameters
    ----------
    vectors
        Rows; one with NaN or infinite numbers has such a length.
    progress
        Called with rows done and all rows.
    """
    n_rows = vectors.shape[0]
    norms = np.empty(n_rows)
    for start, block in blocks_of(vectors):
        wide = block.astype(np.float64)
        squares = np.matmul(wide[:, None, :], wide[:, :, None])
        norms[start : start + len(block)] = np.sqrt(squares[:, 0, 0])
        if progress:
            progress(start + len(block), n_rows)
    return norms


def bad_rows_of(vectors: Vectors) -> npt.NDArray[np.int64]:
    """Return the numbers, increasing, of rows that hold NaN or infinite numbers."""
    found = [np.empty(0, dtype=np.int64)]
    for start, block in blocks_of(vectors):
        if not is_finite(block):
            found.append(start + np.flatnonzero(~np.isfinite(block).all(axis=1)))
    return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class ArrayVectors:
    """Vectors that are in memory, or memory-mapped by whoever made the array.

    Parameters
    ----------
    array
        Shape ``(n_rows, n_dims)``, any real dtype. It is never written to.

    Raises
    ------
    InvalidInputError
        If the array is not two-dimensional or not of numbers.
    """

    array: npt.NDArray[np.generic]

    def __post_init__(self) -> None:
        if self.array.ndim != 2:
            raise InvalidInputError(
                f"vectors have to be a table of rows and dimensions, not an array of shape {self.array.shape}"
            )
        if self.array.dtype.kind not in "fiub":
            raise InvalidInputError(f"vectors have to be real numbers, not {self.array.dtype}")

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        n_rows, n_dims = self.array.shape
        return n_rows, n_dims

    @property
    def dtype(self) -> str:
        """How the source stores a value."""
        return str(self.array.dtype)

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        with np.errstate(over="ignore"):
            return np.array(self.array[start:stop], dtype=np.float32, order="C")


@dataclass(frozen=True, eq=False)
class FileVectors:
    """Vectors that lie row after row in a file.

    Rows are read with ``readinto`` and not through a memory map: pages of a map count as resident memory, so that walking
    through a 2 GB tensor would look like (and on a small machine be) 2 GB of use.

    Parameters
    ----------
    path
        File that holds the rows.
    offset
        Byte at which row 0 begins.
    shape
        ``(n_rows, n_dims)`` after decoding.
    dtype
        Name of the stored type, for people.
    row_bytes
        Bytes of one stored row.
    decode
        Turns the raw bytes of whole rows (uint8, one-dimensional) into their values, of any shape that has
        ``n_block_rows * n_dims`` elements.
    """

    path: str | PathLike[str]
    offset: int
    shape: tuple[int, int]
    dtype: str
    row_bytes: int
    decode: Decode

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        raw = np.empty((stop - start) * self.row_bytes, dtype=np.uint8)
        try:
            with open(self.path, "rb", buffering=0) as file:
                file.seek(self.offset + start * self.row_bytes)
                _fill(memoryview(raw), file)
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or "it became shorter while it was read"
            raise CorruptFileError(f"cannot read {fspath(self.path)} ({reason}): start again") from error
        values = self.decode(raw).reshape(stop - start, self.shape[1])
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(values, dtype=np.float32)


def _fill(view: memoryview, file: io.RawIOBase) -> None:
    while view:
        count = file.readinto(view)
        if not count:
            raise EOFError
        view = view[count:]


@dataclass(frozen=True, eq=False)
class SelectedVectors:
    """Chosen rows of other vectors, still lazy.

    Parameters
    ----------
    vectors
        Where the rows come from.
    rows
        Row numbers in ``vectors``, increasing.
    """

    vectors: Vectors
    rows: npt.NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return len(self.rows), self.vectors.shape[1]

    @property
    def dtype(self) -> str:
        """How the source stores a value."""
        return self.vectors.dtype

    def read(self, start: int, stop: int) -> Float32Array:
        """Return chosen rows ``start`` to ``stop`` as new float32 rows."""
        wanted = self.rows[start:stop]
        if not len(wanted):
            return np.empty((0, self.shape[1]), dtype=np.float32)
        result = np.empty((len(wanted), self.shape[1]), dtype=np.float32)
        step = max(1, BLOCK_BYTES // max(1, 4 * self.shape[1]))
        first = 0
        while first < len(wanted):
            last = int(np.searchsorted(wanted, wanted[first] + step))
            block = self.vectors.read(int(wanted[first]), int(wanted[last - 1]) + 1)
            result[first:last] = block[wanted[first:last] - wanted[first]]
            first = last
        return result


@dataclass(frozen=True, eq=False)
class MappedVectors:
    """Other vectors, each block passed through a function of its rows alone.

    Parameters
    ----------
    vectors
        Where the rows come from.
    n_dims
        Dimensions that ``function`` returns.
    function
        Takes float32 rows ``(n_block_rows, d)`` that it may overwrite, returns ``(n_block_rows, n_dims)``.
    """

    vectors: Vectors
    n_dims: int
    function: Callable[[Float32Array], npt.NDArray[np.floating]]

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return self.vectors.shape[0], self.n_dims

    @property
    def dtype(self) -> str:
        """The computed values are float32."""
        return "float32"

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(self.function(self.vectors.read(start, stop)), dtype=np.float32)
