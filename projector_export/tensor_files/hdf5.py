"""HDF5 files: named data sets, read row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats.stored_numbers import decoder
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.hdf5_file import objects_of, opened
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.tensor_files.numpy_array import require_rows
from projector_export.vectors import Decode, FileVectors, Float32Array, Vectors

if TYPE_CHECKING:
    import h5py

__all__ = ["BFLOAT16", "SIGNATURE", "named_tensor", "objects_of", "opened", "read", "values_of"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""First bytes of a file (or those at 512, 1,024, 2,048..., behind a block of the user's own)."""

BFLOAT16 = "bfloat16"
MAX_FREE_BYTES = 2**26
"""Size up to which a data set may be larger than what is stored of it."""

LARGEST_EXPANSION = 1_100
"""Deflate's limit is 1,032 (zlib's technical note, "maximum compression factor")."""


def read(path: str | PathLike[str]) -> tuple[NamedTensor, ...]:
    """List the data sets of a file.

    Parameters
    ----------
    path
        An HDF5 file.

    Returns
    -------
    tuple of NamedTensor
        Named by their path in the file, sorted, without their values. Rows are read when they are asked for.

    Raises
    ------
    ProjectorExportError
        If there is no such file, it is damaged, or it refers to another file.
    """
    place = FilePlace(Path(path))
    with opened(place) as file:
        found = [named_tensor(place, name, each) for name, each in objects_of(place, file) if hasattr(each, "shape")]
    return tuple(sorted(found, key=lambda tensor: tensor.name))


def named_tensor(place: FilePlace, name: str, dataset: h5py.Dataset) -> NamedTensor:
    """Return a data set of an open file as tensor; it can be read after the file is closed."""
    stored = _Stored.of(place, dataset)
    return NamedTensor(name, stored.shape, stored.dtype, lambda: _rows(stored, name))


def values_of(place: FilePlace, dataset: h5py.Dataset, *, most: int) -> npt.NDArray[np.generic]:
    """Return all values of a small data set of numbers.

    Raises
    ------
    InvalidInputError
        If it holds something else, or more than ``most`` values.
    """
    stored = _Stored.of(place, dataset)
    if stored.decode is None or math.prod(stored.shape) > most:
        raise InvalidInputError(
            f"{dataset.name!r} of {place.shown!r} ({stored.dtype}, shape {list(stored.shape)}) is not {most:,} numbers or less"
        )
    stored.require_honest(dataset.name)
    raw = np.ascontiguousarray(dataset[()]).reshape(-1).view(np.uint8)
    return stored.decode(raw).reshape(stored.shape)


@dataclass(frozen=True)
class _Stored:
    """How a data set is stored.

    Parameters
    ----------
    place
        The file.
    path
        Path of the data set in it.
    shape
        Number of values along each axis; None of an empty one is ``()``.
    dtype
        As numpy calls it.
    n_value_bytes
        Bytes of one value.
    decode
        Turns bytes into values; None where these are no real numbers.
    offset
        First byte of the values in the file, where they lie there as they are.
    n_stored_bytes
        Bytes that the file holds of it.
    n_chunk_bytes
        Bytes of one chunk after unpacking.
    """

    place: FilePlace
    path: str
    shape: tuple[int, ...]
    dtype: str
    n_value_bytes: int
    decode: Decode | None
    offset: int | None
    n_stored_bytes: int
    n_chunk_bytes: int

    @classmethod
    def of(cls, place: FilePlace, dataset: h5py.Dataset) -> _Stored:
        """Look at an open data set."""
        shape = dataset.shape or ()
        dtype, decode = _number_type(dataset)
        size = dataset.dtype.itemsize
        is_plain = dataset.chunks is None and dataset.file.userblock_size == 0
        return cls(
            place,
            dataset.name,
            tuple(int(length) for length in shape),
            dtype,
            size,
            decode,
            dataset.id.get_offset() if is_plain else None,
            dataset.id.get_storage_size(),
            size * math.prod(dataset.chunks or ()),
        )

    def require_honest(self, name: str) -> None:
        """Refuse a data set that is large although next to nothing is stored of it."""
        declared = max(self.n_value_bytes * math.prod(self.shape), self.n_chunk_bytes)
        if declared > MAX_FREE_BYTES and declared > LARGEST_EXPANSION * self.n_stored_bytes:
            raise CorruptFileError(
                f"{name!r} of {self.place.shown!r} declares {declared:,} bytes, and {self.n_stored_bytes:,} bytes are stored"
            )


def _number_type(dataset: h5py.Dataset) -> tuple[str, Decode | None]:
    """Return the name of a stored type, and what turns its bytes into values."""
    dtype = dataset.dtype
    if dtype == np.dtype("V2") and dataset.attrs.get("dtype", BFLOAT16) == BFLOAT16:
        return BFLOAT16, decoder("BF16")
    if dtype.kind in "fiub" and dtype.metadata is None:
        return str(dtype.newbyteorder("=")), lambda raw: raw.view(dtype)
    return str(dtype), None


def _rows(stored: _Stored, name: str) -> Vectors:
    label = f"{name!r} of {stored.place.shown!r}"
    if stored.decode is None:
        raise InvalidInputError(f"{label} holds values of type {stored.dtype}, which are no real numbers")
    stored.require_honest(name)
    return _DatasetVectors(stored, require_rows(label, stored.shape, "float32"), stored.decode)


@dataclass(frozen=True, eq=False)
class _DatasetVectors:
    """Rows of a data set: read from the file as they are, or unpacked by the library.

    Parameters
    ----------
    stored
        How it is stored.
    shape
        ``(n_rows, n_dims)``.
    decode
        Turns bytes into values.
    """

    stored: _Stored
    shape: tuple[int, int]
    decode: Decode

    @property
    def dtype(self) -> str:
        """How the file stores a value."""
        return self.stored.dtype

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        stored = self.stored
        if stored.offset is not None:
            place, row_bytes = stored.place, self.shape[1] * stored.n_value_bytes
            lying = FileVectors(
                place.path, place.offset + stored.offset, self.shape, self.dtype, row_bytes, self.decode
            )
            return lying.read(start, stop)
        with opened(stored.place) as file:
            raw = np.ascontiguousarray(file[stored.path][start:stop]).reshape(-1).view(np.uint8)
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(self.decode(raw).reshape(stop - start, self.shape[1]), dtype=np.float32)
