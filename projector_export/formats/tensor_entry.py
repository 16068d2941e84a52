"""One tensor of a TensorFlow checkpoint as its index describes it, and what such a description may say.

Source: ``BundleEntryProto`` in ``tensorflow/core/protobuf/tensor_bundle.proto``; the limits are those of
``TensorShape::IsValid`` and ``BundleReader::GetValue``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from projector_export.formats.data_type import item_size

__all__ = ["MAX_RANK", "TensorEntry", "TensorSlice", "problem_of"]

MAX_RANK = 254
INT64_MAX = 2**63 - 1
UINT32_MAX = 2**32 - 1


@dataclass(frozen=True)
class TensorSlice:
    """One stored part of a partitioned tensor.

    Parameters
    ----------
    extents
        Start and length along each dimension of the whole tensor.
    shard
        Number of the data shard that holds the part.
    offset, size
        Where the part's bytes lie in the shard, in bytes.
    crc32c
        Unmasked CRC-32C of these bytes.
    """

    extents: tuple[tuple[int, int], ...]
    shard: int
    offset: int
    size: int
    crc32c: int


@dataclass(frozen=True)
class TensorEntry:
    """One tensor of a bundle.

    Parameters
    ----------
    name
        Key of the tensor; TensorFlow 2 ends it in ``/.ATTRIBUTES/VARIABLE_VALUE``.
    dtype
        ``"float32"``, ``"bfloat16"``, ``"int64"``, ``"string"``...; ``"DT_<n>"`` for a type unknown here.
    shape
        Length of each dimension; ``()`` for a scalar.
    shard
        Number of the data shard that holds the tensor.
    offset, size
        Where the tensor's bytes lie in the shard, in bytes.
    crc32c
        Unmasked CRC-32C of these bytes. (Of a string tensor, TensorFlow checks lengths as fixed integers instead.)
    slices
        Stored parts of a partitioned tensor; such a tensor has no bytes of its own, so that ``size`` and
        ``crc32c`` are 0. Empty for all others.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc32c: int
    slices: tuple[TensorSlice, ...] = ()


def problem_of(entry: TensorEntry, *, n_shards: int) -> str | None:
    """Return why TensorFlow could not read a tensor with these numbers, None if it can."""
    problem = _shape_problem(entry.shape)
    if problem:
        return problem
    if not entry.slices:
        return _place_problem(entry, entry.shape, entry.dtype, n_shards)
    for part in entry.slices:
        problem = _extents_problem(part.extents, entry.shape)
        lengths = [length for _, length in part.extents]
        problem = problem or _place_problem(part, lengths, entry.dtype, n_shards)
        if problem:
            return problem
    return None


def _shape_problem(shape: Sequence[int]) -> str | None:
    if len(shape) > MAX_RANK:
        return f"it has {len(shape)} dimensions, and TensorFlow's limit is {MAX_RANK}"
    if min(shape, default=0) < 0 or math.prod(max(length, 1) for length in shape) > INT64_MAX:
        return f"{list(shape[:8])} is not the shape of a tensor"
    return None


def _extents_problem(extents: Sequence[tuple[int, int]], shape: Sequence[int]) -> str | None:
    inside = len(extents) == len(shape) and all(
        start >= 0 and length >= 0 and start + length <= whole
        for (start, length), whole in zip(extents, shape, strict=True)
    )
    return None if inside else f"its part {list(extents[:8])} is no part of the shape {list(shape[:8])}"


def _place_problem(place: TensorEntry | TensorSlice, shape: Sequence[int], dtype: str, n_shards: int) -> str | None:
    if not 0 <= place.shard < n_shards:
        return f"it lies in shard {place.shard}, and the checkpoint's shards are 0 to {n_shards - 1}"
    if place.offset < 0 or place.size < 0 or place.offset + place.size > INT64_MAX:
        return f"{place.size} bytes at byte {place.offset} lie outside any file"
    if not 0 <= place.crc32c <= UINT32_MAX:
        return f"{place.crc32c} is no CRC-32C, which has 32 bits"
    itemsize = item_size(dtype)
    if itemsize is not None and place.size != math.prod(shape) * itemsize:
        expected = math.prod(shape) * itemsize
        return f"{place.size} bytes cannot hold {dtype} of shape {list(shape)}, which takes {expected}"
    return None
