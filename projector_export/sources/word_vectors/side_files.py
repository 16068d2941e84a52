"""Arrays that gensim stored in files of their own beside a saved object."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, NotFoundError, excerpt
from projector_export.vectors import ArrayVectors, FileVectors, Vectors

__all__ = ["side_array", "side_rows"]

_DAMAGES = (
    OSError, ValueError, KeyError, EOFError, SyntaxError, TypeError, MemoryError, RecursionError, NotImplementedError,
    tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What numpy raises at files that lie."""


def side_array(prefix: Path, attribute: str) -> npt.NDArray[np.generic]:
    """Return an array of numbers, memory-mapped; of a compressed file, in memory.

    Parameters
    ----------
    prefix
        Path of the saved object; for an object within it, its name behind a dot.
    attribute
        Name of the array.

    Raises
    ------
    NotFoundError
        If the file is not there.
    CorruptFileError
        If it holds no array of numbers.
    """
    plain, packed = (prefix.with_name(f"{prefix.name}.{attribute}.{end}") for end in ("npy", "npz"))
    try:
        if plain.is_file():
            array = np.load(plain, mmap_mode="r", allow_pickle=False)
        elif packed.is_file():
            with np.load(packed, allow_pickle=False) as arrays:
                array = arrays["val"]
        else:
            raise NotFoundError(
                f"{plain.name!r}, where the vectors are, has to lie beside {prefix.name!r} in {str(prefix.parent)!r}"
            )
    except _DAMAGES as error:
        raise CorruptFileError(
            f"{str(plain if plain.is_file() else packed)!r} holds no array that can be read: {excerpt(error)}"
        ) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise CorruptFileError(f"{str(plain)!r} holds no array of numbers")
    return array


def side_rows(prefix: Path, attribute: str) -> Vectors:
    """Return the rows of an array of two axes; they stay in the file where it is not compressed."""
    array = side_array(prefix, attribute)
    if array.ndim != 2:
        raise CorruptFileError(f"{attribute!r} beside {str(prefix)!r} is no table: its shape is {excerpt(array.shape)}")
    if not isinstance(array, np.memmap) or not array.flags.c_contiguous:
        return ArrayVectors(array)
    dtype, n_dims = array.dtype, array.shape[1]
    return FileVectors(
        path=str(array.filename),
        offset=int(array.offset),
        shape=(len(array), n_dims),
        dtype=str(dtype.newbyteorder("=")),
        row_bytes=n_dims * dtype.itemsize,
        decode=lambda raw: raw.view(dtype),
    )
