"""The header of a safetensors file: which tensor lies where.

A file is eight bytes (the header's length N, little-endian), N bytes of JSON, then the tensors' bytes without gaps.
What is accepted here is what the reference reader accepts (``safetensors/src/tensor.rs``, ``SafeTensors::read_metadata``
and ``Metadata::validate``), less what it lets through by accident: names that stand twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from projector_export.errors import CorruptFileError, excerpt
from projector_export.formats.stored_numbers import BITS

__all__ = ["MAX_HEADER_BYTES", "StoredTensor", "decode", "header_size"]

MAX_HEADER_BYTES = 100_000_000
"""The reference reader's limit for the JSON part, in bytes."""

_MOST_VALUES = 2**63


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in its file.

    Parameters
    ----------
    name
        As the file calls it. It is hostile text: print it with ``repr``.
    dtype
        Stored type in the format's own words, such as ``"BF16"``.
    shape
        Number of values along each axis.
    begin, end
        First byte and the byte after the last one, counted from the start of the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def header_size(first_bytes: bytes) -> int:
    """Return how many bytes lie before the first tensor's, from the file's first eight bytes.

    Raises
    ------
    CorruptFileError
        If there are fewer than eight, or they promise a header that no writer makes.
    """
    if len(first_bytes) < 8:
        raise CorruptFileError(f"it ends after {len(first_bytes)} bytes, before the length of its header is told")
    length = int.from_bytes(first_bytes[:8], "little")
    if not 2 <= length <= MAX_HEADER_BYTES:
        raise CorruptFileError(
            f"its first eight bytes promise a header of {length:,} bytes, which no safetensors file has "
            f"(2 to {MAX_HEADER_BYTES:,}): it is damaged or of another format"
        )
    return 8 + length


def decode(head: bytes, file_size: int | None) -> tuple[StoredTensor, ...]:
    """Read a header.

    Parameters
    ----------
    head
        The file from its first byte to the end of the header; more may follow.
    file_size
        Bytes of the whole file, or ``None`` if nobody knows, so that the end cannot be checked.

    Returns
    -------
    tuple of StoredTensor
        In the order of their bytes.

    Raises
    ------
    CorruptFileError
        If the header is cut off or no JSON object of tensors, a name stands twice, a range lies outside the file,
        disagrees with shape and type, or the ranges leave gaps or overlap.
    """
    size = header_size(head)
    if file_size is not None and size > file_size:
        raise CorruptFileError(f"its header should end at byte {size:,}, but the file ends at byte {file_size:,}")
    if len(head) < size:
        raise CorruptFileError(f"its header should end at byte {size:,}, but only {len(head):,} bytes are there")
    fields = _json_object(head[8:size])
    _check_metadata(fields.pop("__metadata__", None))
    tensors = [_tensor(name, field, size) for name, field in fields.items()]
    tensors.sort(key=lambda tensor: (tensor.begin, tensor.end))
    _check_layout(tensors, size, file_size)
    return tuple(tensors)


def _json_object(text: bytes) -> dict[str, object]:
    if not text.startswith(b"{"):
        raise CorruptFileError("its header is no JSON object")
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_unique_pairs, parse_constant=_no_constant)
    except CorruptFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"its header is no valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise CorruptFileError("its header is no JSON object")
    return value


def _unique_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise CorruptFileError(f"its header names {excerpt(name)!r} twice")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise CorruptFileError(f"its header has a name that is no valid Unicode: {excerpt(name)!r}")
        fields[name] = value
    return fields


def _no_constant(constant: str) -> object:
    raise CorruptFileError(f"its header is no valid JSON: {constant} is no number")


def _check_metadata(metadata: object) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, Mapping) or not all(isinstance(value, str) for value in metadata.values()):
        raise CorruptFileError("the '__metadata__' of its header is no object of texts")


def _tensor(name: str, field: object, data_begin: int) -> StoredTensor:
    told = f"tensor {excerpt(name)!r}"
    if not isinstance(field, dict):
        raise CorruptFileError(f"its header describes {told} by something that is no object")
    dtype, shape, offsets = field.get("dtype"), field.get("shape"), field.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in BITS:
        raise CorruptFileError(f"{told} has the unknown type {excerpt(dtype)!r}; known are {', '.join(sorted(BITS))}")
    lengths = _whole_numbers(shape)
    if lengths is None:
        raise CorruptFileError(f"{told} has no list of whole numbers as its shape")
    ends = _whole_numbers(offsets)
    if ends is None or len(ends) != 2 or ends[0] > ends[1]:
        raise CorruptFileError(f"{told} has no pair 'begin, end' as its data_offsets")
    count = _count(lengths)
    if count > _MOST_VALUES:
        raise CorruptFileError(f"{told} of shape {excerpt(list(lengths))} is larger than any file")
    bits = count * BITS[dtype]
    if bits % 8 or bits // 8 != ends[1] - ends[0]:
        raise CorruptFileError(
            f"{told} of shape {excerpt(list(lengths))} and type {dtype} needs {bits / 8:,.10g} bytes, "
            f"but its data_offsets span {ends[1] - ends[0]:,}"
        )
    return StoredTensor(name, dtype, lengths, data_begin + ends[0], data_begin + ends[1])


def _count(lengths: tuple[int, ...]) -> int:
    """Return how many values a shape has; beyond what any file holds, only that it is so."""
    if 0 in lengths:
        return 0
    count = 1
    for length in lengths:
        count *= length
        if count > _MOST_VALUES:
            break
    return count


def _whole_numbers(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    if not all(type(number) is int and 0 <= number < 2**63 for number in value):
        return None
    return tuple(value)


def _check_layout(tensors: list[StoredTensor], data_begin: int, file_size: int | None) -> None:
    end, before = data_begin, "the header"
    for tensor in tensors:
        if tensor.begin != end:
            fault = "overlaps" if tensor.begin < end else "leaves a gap after"
            raise CorruptFileError(
                f"tensor {excerpt(tensor.name)!r} begins at byte {tensor.begin:,} and {fault} {before}, which ends at {end:,}"
            )
        end, before = tensor.end, f"tensor {excerpt(tensor.name)!r}"
    if file_size is not None and end != file_size:
        raise CorruptFileError(
            f"its header accounts for {end:,} bytes, but the file has {file_size:,}: "
            + ("it is truncated" if file_size < end else "something was appended to it")
        )
