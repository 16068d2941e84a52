"""TensorFlow checkpoints: tensors of a bundle, read row by row from its data shards.

Sources: ``tensorflow/core/util/tensor_bundle/tensor_bundle.cc`` (``BundleReader``), ``naming.cc``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

import numpy as np

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.formats import sorted_table
from projector_export.formats.checksum import Checksum
from projector_export.formats.protobuf_wire import decode_message, decode_varint
from projector_export.formats.stored_numbers import decoder
from projector_export.formats.tensor_bundle import (
    TensorEntry,
    TensorSlice,
    data_file_name,
    decode_index,
)
from projector_export.tensor_files.checkpoint_path import find_prefix, index_path
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.tensor_files.numpy_array import require_rows
from projector_export.tensor_files.partitioned_rows import Part, PartitionedVectors, require_whole
from projector_export.vectors import BLOCK_BYTES, FileVectors, Vectors

__all__ = ["Bundle", "open_bundle", "read"]

MAX_INDEX_BYTES = 2**28
MAX_STRING_BYTES = 2**28


_TYPES = {
    "float32": "F32", "float64": "F64", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32", "int16": "I16",
    "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}  # fmt: skip


@dataclass(frozen=True)
class Bundle:
    """A checkpoint whose index was read.

    Parameters
    ----------
    prefix
        Path before ``.index``.
    n_shards
        Number of its data files.
    entries
        Its tensors.
    """

    prefix: Path
    n_shards: int
    entries: tuple[TensorEntry, ...]

    def entry(self, name: str) -> TensorEntry | None:
        """Return the tensor of a name, None if there is none."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def shard(self, number: int) -> Path:
        """Return the path of a data file."""
        return self.prefix.with_name(data_file_name(self.prefix.name, number, self.n_shards))

    def tensors(self) -> tuple[NamedTensor, ...]:
        """Return all tensors, without their values."""
        return tuple(_named(self, entry) for entry in self.entries)

    def strings(self, name: str) -> list[bytes] | None:
        """Return the texts of a tensor of texts, None if there is no such tensor.

        Raises
        ------
        CorruptFileError
            If its bytes are damaged.
        """
        entry = self.entry(name)
        if entry is None or entry.dtype != "string" or entry.size > MAX_STRING_BYTES:
            return None
        n_texts = int(np.prod(entry.shape, dtype=object)) if entry.shape else 1
        return _decode_strings(_raw(self, entry), n_texts, name)

    def integers(self, name: str) -> list[int] | None:
        """Return the values of a tensor of int64, None if there is no such tensor."""
        entry = self.entry(name)
        if entry is None or entry.dtype != "int64" or entry.size > MAX_STRING_BYTES:
            return None
        return [int(value) for value in np.frombuffer(_raw(self, entry), dtype="<i8")]


def read(path: str | PathLike[str]) -> tuple[NamedTensor, ...]:
    """List the tensors of a checkpoint.

    Parameters
    ----------
    path
        Prefix of a checkpoint, its index, one of its data files, or a folder: one with a file ``checkpoint``, one with a
        single checkpoint, or a SavedModel.

    Returns
    -------
    tuple of NamedTensor
        Sorted by name, without their values; a partitioned variable is one tensor. When its rows are asked for, the bytes of
        a tensor are compared with their checksums.

    Raises
    ------
    ProjectorExportError
        If there is no checkpoint, or its index is damaged.
    """
    prefix = find_prefix(Path(path))
    if prefix is None:
        raise NotFoundError(f"there is no TensorFlow checkpoint at {fspath(path)!r}")
    return open_bundle(prefix).tensors()


def open_bundle(prefix: Path) -> Bundle:
    """Read the index of a checkpoint.

    Raises
    ------
    NotFoundError
        If it cannot be read.
    CorruptFileError
        If it is damaged.
    """
    path = index_path(prefix)
    try:
        if path.stat().st_size > MAX_INDEX_BYTES:
            raise InvalidInputError(f"{str(path)!r} is too large for an index: {path.stat().st_size:,} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"cannot read {str(path)!r}: {error.strerror}") from error
    try:
        entries = decode_index(data)
        _, header = next(iter(sorted_table.decode(data)))
        return Bundle(prefix, decode_message(header).integer(1), entries)
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r} is damaged: {error}") from error


def _named(bundle: Bundle, entry: TensorEntry) -> NamedTensor:
    return NamedTensor(entry.name, entry.shape, entry.dtype, lambda: _rows(bundle, entry))


def _rows(bundle: Bundle, entry: TensorEntry) -> Vectors:
    label = f"tensor {entry.name!r} of {str(bundle.prefix)!r}"
    if entry.dtype not in _TYPES:
        raise InvalidInputError(f"{label} holds values of type {entry.dtype}, which are no real numbers")
    shape = require_rows(label, entry.shape, "float32")
    if not entry.slices:
        return _part(bundle, entry, shape, entry)
    require_whole(label, shape, entry.slices)
    parts = tuple(
        Part(
            part.extents[0][0], part.extents[1][0], _part(bundle, entry, (part.extents[0][1], part.extents[1][1]), part)
        )
        for part in entry.slices
        if part.size
    )
    return PartitionedVectors(shape, entry.dtype, parts)


def _part(bundle: Bundle, entry: TensorEntry, shape: tuple[int, int], place: TensorEntry | TensorSlice) -> FileVectors:
    """Return the rows of a stored part, after a look at its checksum."""
    path = bundle.shard(place.shard)
    _check_bytes(path, entry.name, place)
    return FileVectors(
        path, place.offset, shape, entry.dtype, place.size // max(1, shape[0]), decoder(_TYPES[entry.dtype])
    )


def _check_bytes(path: Path, name: str, place: TensorEntry | TensorSlice) -> None:
    checksum, left = Checksum(), place.size
    try:
        with open(path, "rb") as file:
            file.seek(place.offset)
            while left and (piece := file.read(min(left, BLOCK_BYTES))):
                checksum.update(piece)
                left -= len(piece)
    except OSError as error:
        raise NotFoundError(f"cannot read {str(path)!r}, a data file of the checkpoint: {error.strerror}") from error
    if left:
        raise CorruptFileError(f"{str(path)!r} is truncated: {left:,} bytes of {name!r} are missing")
    if checksum.value != place.crc32c:
        raise CorruptFileError(f"{str(path)!r} is damaged: the bytes of {name!r} do not match their checksum")


def _raw(bundle: Bundle, entry: TensorEntry) -> bytes:
    path = bundle.shard(entry.shard)
    try:
        with open(path, "rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
    except OSError as error:
        raise NotFoundError(f"cannot read {str(path)!r}, a data file of the checkpoint: {error.strerror}") from error
    if len(data) < entry.size:
        raise CorruptFileError(
            f"{str(path)!r} is truncated: {entry.size - len(data):,} bytes of {entry.name!r} are missing"
        )
    return data


def _decode_strings(data: bytes, n_texts: int, name: str) -> list[bytes]:
    """Return texts: their lengths as varints, the checksum of these, then one text after the other (``ReadStringTensor``)."""
    lengths: list[int] = []
    position = 0
    while len(lengths) < n_texts:
        length, position = decode_varint(data, position)
        lengths.append(length)
    checksum = Checksum()
    for length in lengths:
        checksum.update(struct.pack("<I" if length < 2**32 else "<Q", length))
    position += 4
    if position + sum(lengths) != len(data):
        raise CorruptFileError(f"tensor {name!r}: its texts do not have the lengths that are stored")
    texts = []
    for length in lengths:
        texts.append(data[position : position + length])
        position += length
    return texts
