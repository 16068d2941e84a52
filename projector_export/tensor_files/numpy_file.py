"""NumPy's ``.npy`` and ``.npz``: arrays that are read row by row, never unpickled.

Sources: ``numpy/lib/format.py``; an ``.npz`` is a zip archive of ``.npy`` files (``numpy/lib/_npyio_impl.py``,
``_savez``), whose local headers are those of PKWARE's APPNOTE 4.3.7.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import IO, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, excerpt
from projector_export.tensor_files.collected_rows import collect
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.tensor_files.numpy_array import ArrayHead, open_array, read_head
from projector_export.vectors import BLOCK_BYTES, ArrayVectors, Float32Array, Vectors

__all__ = ["read", "read_values"]

MAX_VALUES_BYTES = 2**28
MAX_COLUMN_MAJOR_BYTES = 2**30
_FREE_BYTES = 2**28
_LARGEST_RATIO = 100
_LOCAL_HEADER_BYTES = 30


def read(path: str | PathLike[str]) -> tuple[NamedTensor, ...]:
    """List the arrays of a file.

    Parameters
    ----------
    path
        An ``.npy`` file, whose only array is named like it, or an ``.npz`` archive.

    Returns
    -------
    tuple of NamedTensor
        Without their values. Rows of arrays that lie in the file as they are, are read from there; those of packed ones are
        unpacked once, when they are asked for.

    Raises
    ------
    ProjectorExportError
        If there is no such file, it is damaged, or shorter than an array's head says.
    """
    path = Path(path)
    with _told(path), path.open("rb") as file:
        if file.read(4).startswith(b"PK"):
            return tuple(_members(path))
        file.seek(0)
        head = read_head(file, repr(fspath(path)))
        held = path.stat().st_size - head.size
    label = repr(fspath(path))
    _require_size(head, held, label)
    return (NamedTensor(path.stem, head.shape, _named(head), lambda: open_array(path, head.size, head, label)),)


def read_values(path: str | PathLike[str], name: str) -> npt.NDArray[np.generic]:
    """Return the values of an array of an ``.npz`` archive: one axis of numbers or texts, at most 256 MB.

    Raises
    ------
    InvalidInputError
        If the array is of another kind or larger.
    """
    path = Path(path)
    label = f"array {excerpt(name)!r} of {fspath(path)!r}"
    with _told(path), zipfile.ZipFile(path) as archive:
        info = next(info for info in archive.infolist() if info.filename.removesuffix(".npy") == name)
        with archive.open(info) as file:
            head = read_head(cast(BinaryIO, file), label)
            if head.dtype.kind not in "fiubUS" or len(head.shape) != 1 or head.n_bytes > MAX_VALUES_BYTES:
                raise InvalidInputError(f"{label} holds neither numbers nor texts (np.array(values, str) makes such)")
            data = _exactly(file, head.n_bytes, label)
    return np.frombuffer(data, dtype=head.dtype)


def _members(path: Path) -> Iterator[NamedTensor]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name == info.filename:
                continue
            label = f"array {excerpt(name)!r} of {fspath(path)!r}"
            if info.flag_bits & 1:
                raise InvalidInputError(f"{label} is encrypted: save it without a password")
            with archive.open(info) as file:
                head = read_head(cast(BinaryIO, file), label)
            _require_size(head, info.file_size - head.size, label)
            yield NamedTensor(name, head.shape, _named(head), _Opening(path, info, head, label))


@dataclass(frozen=True)
class _Opening:
    """Opens the rows of a member of an archive when they are asked for."""

    path: Path
    info: zipfile.ZipInfo
    head: ArrayHead
    label: str

    def __call__(self) -> Vectors:
        info, head = self.info, self.head
        stored = open_array(self.path, 0, head, self.label)
        if info.compress_type == zipfile.ZIP_STORED:
            with _told(self.path):
                offset = _first_byte(self.path, info, self.label) + head.size
            return open_array(self.path, offset, head, self.label)
        self._refuse_bomb()
        if head.is_fortran and stored.shape[1] > 1:
            return self._column_major()
        return collect(self._blocks(*stored.shape), stored.dtype)

    def _refuse_bomb(self) -> None:
        packed, size = self.info.compress_size, self.info.file_size
        if size > _FREE_BYTES and size > _LARGEST_RATIO * packed:
            raise InvalidInputError(
                f"{self.label} unpacks from {packed:,} to {size:,} bytes, as no vectors do: unpack it yourself if you trust it"
            )

    def _column_major(self) -> Vectors:
        if self.head.n_bytes > MAX_COLUMN_MAJOR_BYTES:
            raise InvalidInputError(
                f"{self.label} is packed column by column and too large for that: save it by np.savez, or with rows first "
                "(np.ascontiguousarray)"
            )
        with self._values() as file:
            data = _exactly(file, self.head.n_bytes, self.label)
        values = np.frombuffer(data, dtype=self.head.dtype).reshape(self.head.shape, order="F")
        return ArrayVectors(values)

    def _blocks(self, n_rows: int, n_dims: int) -> Iterator[Float32Array]:
        step = max(1, BLOCK_BYTES // (4 * n_dims))
        with self._values() as file:
            for start in range(0, n_rows, step):
                count = min(step, n_rows - start)
                data = _exactly(file, count * n_dims * self.head.dtype.itemsize, self.label)
                with np.errstate(over="ignore"):
                    yield np.frombuffer(data, dtype=self.head.dtype).reshape(count, n_dims).astype(np.float32)

    @contextmanager
    def _values(self) -> Iterator[IO[bytes]]:
        with _told(self.path), zipfile.ZipFile(self.path) as archive, archive.open(self.info) as file:
            read_head(cast(BinaryIO, file), self.label)
            yield file


def _named(head: ArrayHead) -> str:
    return head.dtype.newbyteorder("=").name


def _require_size(head: ArrayHead, held: int, label: str) -> None:
    if head.dtype.hasobject:
        return
    if head.n_bytes != held:
        raise CorruptFileError(
            f"{label} of shape {excerpt(head.shape)} and type {head.dtype.name} needs {head.n_bytes:,} bytes, and {held:,} are "
            "there: it is damaged or cut off"
        )


def _first_byte(path: Path, info: zipfile.ZipInfo, label: str) -> int:
    """Return where a member's bytes begin: behind its local header, whose lengths may differ from the directory's."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise CorruptFileError(f"{label} does not lie where the archive says: it is damaged")
    begin = info.header_offset + _LOCAL_HEADER_BYTES + int.from_bytes(header[26:28], "little")
    begin += int.from_bytes(header[28:30], "little")
    if begin + info.file_size > path.stat().st_size:
        raise CorruptFileError(f"{label} ends beyond the archive: it is cut off")
    return begin


def _exactly(file: IO[bytes], count: int, label: str) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise CorruptFileError(f"{label} is cut off")
    return data


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {fspath(path)!r}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise CorruptFileError(f"{fspath(path)!r} is damaged: {excerpt(error)}") from error
    except OSError as error:
        raise InvalidInputError(f"{fspath(path)!r} cannot be read: {error.strerror or excerpt(error)}") from error
