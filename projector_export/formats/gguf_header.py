"""The first part of a GGUF file: what is told about the model, and which tensor lies where.

The layout is that of ``docs/gguf.md`` in the ggml repository and of ``ggml/include/gguf.h``; what is accepted is what its
reader accepts (``ggml/src/gguf.cpp``, ``gguf_init_from_file_impl``): versions 2 and 3, little- and big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, excerpt
from projector_export.formats.ggml_types import GGML_TYPES, GGMLType

__all__ = ["MAGIC", "Header", "StoredTensor", "Value", "decode"]

MAGIC = b"GGUF"

Value: TypeAlias = "bool | int | float | bytes | npt.NDArray[np.generic] | tuple[bytes, ...]"
"""A text is bytes, which should be UTF-8; an array holds numbers, a tuple texts."""

ByteOrder: TypeAlias = Literal["<", ">"]

_NUMBERS = {0: "u1", 1: "i1", 2: "u2", 3: "i2", 4: "u4", 5: "i4", 6: "f4", 7: "?", 10: "u8", 11: "i8", 12: "f8"}
_TEXT, _ARRAY = 8, 9
_MOST_AXES = 4
_LARGEST_LENGTH = 2**48
_SMALLEST_ENTRY = 13
_SMALLEST_TENSOR = 24


class Buffer(Protocol):
    """Bytes, or a memory-mapped file."""

    def __getitem__(self, index: slice, /) -> bytes: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in its file.

    Parameters
    ----------
    name
        As the file calls it; hostile text.
    type
        How its numbers are stored.
    shape
        Number of values along each axis, rows first as numpy counts them; the file has them the other way round.
    begin, end
        First byte and the byte after the last one, counted from the start of the file.
    """

    name: str
    type: GGMLType
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """What stands before the tensors.

    Parameters
    ----------
    version
        2 or 3.
    byte_order
        ``"<"`` for little-endian.
    metadata
        What is told about the model.
    tensors
        In the order of the file; the bytes of some may be missing.
    """

    version: int
    byte_order: ByteOrder
    metadata: Mapping[str, Value]
    tensors: tuple[StoredTensor, ...]

    def text(self, key: str) -> str | None:
        """Return a text of the metadata; None where there is none of that name."""
        value = self.metadata.get(key)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else None

    def number(self, key: str) -> int | None:
        """Return a whole number of the metadata; None where there is none of that name."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def decode(data: Buffer) -> Header:
    """Read what stands before the tensors.

    Parameters
    ----------
    data
        The whole file; only its first part is touched.

    Raises
    ------
    CorruptFileError
        If it is cut off, contradicts itself, or is of another version.
    """
    if data[:4] != MAGIC:
        raise CorruptFileError(f"it begins with {data[:4]!r} instead of {MAGIC!r}: it is no GGUF file")
    order, version = _version(data[4:8])
    reader = _Reader(data, 8, order)
    n_tensors, n_entries = reader.count("tensors", _SMALLEST_TENSOR), reader.count("entries", _SMALLEST_ENTRY)
    metadata: dict[str, Value] = {}
    for _ in range(n_entries):
        key = reader.text().decode("utf-8", "replace")
        if key in metadata:
            raise CorruptFileError(f"its header tells {excerpt(key)!r} twice")
        metadata[key] = reader.value(key)
    tensors = [reader.tensor() for _ in range(n_tensors)]
    return Header(version, order, metadata, _placed(tensors, reader.at, _alignment(metadata)))


def _version(raw: bytes) -> tuple[ByteOrder, int]:
    if len(raw) < 4:
        raise CorruptFileError("it ends before its version is told")
    order: ByteOrder = ">" if raw[2:] != b"\0\0" else "<"
    version = int.from_bytes(raw, "little" if order == "<" else "big")
    if version not in {2, 3}:
        raise CorruptFileError(f"it is of version {version} of GGUF, and 2 and 3 are read: make it anew with llama.cpp")
    return order, version


@dataclass
class _Reader:
    """Takes one value of the header after the other.

    Parameters
    ----------
    data
        The file.
    at
        Place of the next byte.
    order
        Of the bytes of a number.
    """

    data: Buffer
    at: int
    order: ByteOrder

    def take(self, n_bytes: int) -> bytes:
        """Return the next bytes."""
        end = self.at + n_bytes
        if end > len(self.data):
            raise CorruptFileError(
                f"its header goes on to byte {end:,} at least, but the file ends at byte {len(self.data):,}"
            )
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def whole(self, form: str) -> int:
        """Return the next whole number."""
        return int(struct.unpack(self.order + form, self.take(struct.calcsize(form)))[0])

    def count(self, what: str, least_bytes: int) -> int:
        """Return the next number as a count of things that have to fit into the rest of the file."""
        count = self.whole("Q")
        rest = len(self.data) - self.at
        if count > rest // least_bytes:
            raise CorruptFileError(f"its header promises {count:,} {what}, and only {rest:,} bytes follow")
        return count

    def text(self) -> bytes:
        """Return the next text."""
        return self.take(self.whole("Q"))

    def value(self, key: str) -> Value:
        """Return the next value of the metadata."""
        kind = self.whole("I")
        if kind == _TEXT:
            return self.text()
        if kind != _ARRAY:
            return _plain(self._numbers(kind, 1, key)[0])
        kind = self.whole("I")
        if kind == _TEXT:
            return self._texts(self.count(f"texts for {excerpt(key)!r}", 8))
        return self._numbers(kind, self.count(f"numbers for {excerpt(key)!r}", 1), key)

    def _numbers(self, kind: int, count: int, key: str) -> npt.NDArray[np.generic]:
        if kind not in _NUMBERS:
            raise CorruptFileError(f"{excerpt(key)!r} of its header is of the unknown type {kind}")
        dtype = np.dtype(self.order + _NUMBERS[kind])
        return np.frombuffer(self.take(count * dtype.itemsize), dtype=dtype)

    def _texts(self, count: int) -> tuple[bytes, ...]:
        """Return the next texts; a loop of its own because there may be a million."""
        data, at, size = self.data, self.at, len(self.data)
        order: Literal["little", "big"] = "little" if self.order == "<" else "big"
        texts = []
        for _ in range(count):
            begin = at + 8
            at = begin + int.from_bytes(data[at:begin], order)
            if at > size or begin > size:
                self.take(max(at, begin) - self.at)
            texts.append(data[begin:at])
        self.at = at
        return tuple(texts)

    def tensor(self) -> StoredTensor:
        """Return the next tensor, with its place counted from the first tensor's."""
        name = self.text().decode("utf-8", "replace")
        told = f"tensor {excerpt(name)!r}"
        n_axes = self.whole("I")
        if n_axes > _MOST_AXES:
            raise CorruptFileError(f"{told} has {n_axes:,} axes, and no more than {_MOST_AXES} are possible")
        shape = tuple(self.whole("Q") for _ in range(n_axes))[::-1]
        number, offset = self.whole("I"), self.whole("Q")
        found = GGML_TYPES.get(number)
        if found is None:
            raise CorruptFileError(f"{told} is of the unknown type {number}: it is damaged or of a newer llama.cpp")
        if prod(shape) > _LARGEST_LENGTH or offset > _LARGEST_LENGTH:
            raise CorruptFileError(f"{told} of shape {list(shape)} at byte {offset:,} is larger than any file")
        row_bytes = found.row_bytes(shape[-1] if shape else 1)
        if row_bytes is None:
            raise CorruptFileError(
                f"{told} of type {found.name} has rows of {shape[-1]:,} values, no whole number of blocks of "
                f"{found.block_values}"
            )
        return StoredTensor(name, found, shape, offset, offset + prod(shape[:-1]) * row_bytes)


def _plain(value: np.generic) -> bool | int | float:
    found = value.item()
    return found if isinstance(found, bool | int | float) else int(found)


def _alignment(metadata: Mapping[str, Value]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**20 or alignment & (alignment - 1):
        raise CorruptFileError(f"general.alignment of its header is {excerpt(alignment)!r}, not a power of two")
    return alignment


def _placed(tensors: list[StoredTensor], header_end: int, alignment: int) -> tuple[StoredTensor, ...]:
    """Return the tensors with their places counted from the start of the file."""
    begin = -(-header_end // alignment) * alignment
    placed: dict[str, StoredTensor] = {}
    for tensor in tensors:
        if tensor.name in placed:
            raise CorruptFileError(f"its header names tensor {excerpt(tensor.name)!r} twice")
        if tensor.begin % alignment:
            raise CorruptFileError(
                f"tensor {excerpt(tensor.name)!r} begins at byte {tensor.begin:,}, no multiple of {alignment}"
            )
        placed[tensor.name] = StoredTensor(
            tensor.name, tensor.type, tensor.shape, begin + tensor.begin, begin + tensor.end
        )
    return tuple(placed.values())
