"""The index of TensorFlow's V2 checkpoint, the tensor bundle.

A bundle is ``<prefix>.index`` and data shards ``<prefix>.data-00000-of-00001``. A shard holds the tensors' bytes
(little-endian, C-ordered) one after the other; the index says which bytes are whose. The bytes made here equal those of
TensorFlow's ``BundleWriter`` (``tensorflow/core/util/tensor_bundle/tensor_bundle.cc``); the reader is ``BundleReader``
in the same file. Messages: ``tensorflow/core/protobuf/tensor_bundle.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats import sorted_table
from projector_export.formats.checkpoint_state import (
    STATE_FILE_NAME,
    checkpoint_state,
    data_file_name,
    index_file_name,
)
from projector_export.formats.checksum import masked, unmasked
from projector_export.formats.data_type import data_type_name, data_type_number
from projector_export.formats.ordered_code import encode_slice_key
from projector_export.formats.protobuf_wire import (
    FIXED32,
    Message,
    decode_message,
    encode_bytes_field,
    encode_fixed_field,
    encode_integer_field,
    signed,
)
from projector_export.formats.tensor_entry import TensorEntry, TensorSlice, problem_of

__all__ = [
    "STATE_FILE_NAME",
    "TensorEntry",
    "TensorSlice",
    "checkpoint_state",
    "data_file_name",
    "decode_index",
    "encode_index",
    "index_file_name",
]

HEADER_KEY = b""
BUNDLE_VERSION = 1
MAX_SHARDS = 99_999
WHOLE_DIMENSION = -1


def encode_index(entries: Iterable[TensorEntry], *, n_shards: int = 1) -> bytes:
    """Return the bytes of the index file, the same that TensorFlow would write.

    Parameters
    ----------
    entries
        The bundle's tensors in any order.
    n_shards
        Number of data shards.

    Raises
    ------
    InvalidInputError
        If two tensors share a name, a name is empty or not valid Unicode, a dtype is not TensorFlow's, a shape, offset
        or checksum is out of range, the size is not that of the shape, a shard does not exist, or a tensor is
        partitioned (write it whole).
    """
    if not 1 <= n_shards <= MAX_SHARDS:
        raise InvalidInputError(f"a checkpoint has 1 to {MAX_SHARDS:,} data shards, not {n_shards}")
    table: dict[bytes, bytes] = {HEADER_KEY: _encode_header(n_shards)}
    for entry in entries:
        key = _utf8(entry.name)
        if key == HEADER_KEY:
            raise InvalidInputError("a tensor without a name cannot be stored in a checkpoint: give it one")
        if key in table:
            raise InvalidInputError(f"a checkpoint cannot hold two tensors named {entry.name!a}: rename one")
        table[key] = _encode_entry(entry, n_shards)
    return sorted_table.encode(sorted(table.items()))


def _utf8(name: str) -> bytes:
    try:
        return name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"the tensor name {name!a} is not valid Unicode: it has a lone surrogate") from error


def _encode_header(n_shards: int) -> bytes:
    version = encode_integer_field(1, BUNDLE_VERSION)
    return encode_integer_field(1, n_shards) + encode_bytes_field(3, version)


def _encode_entry(entry: TensorEntry, n_shards: int) -> bytes:
    number = data_type_number(entry.dtype)
    if number is None:
        raise InvalidInputError(f"tensor {entry.name!a}: TensorFlow has no type {entry.dtype!a}")
    if entry.slices:
        raise InvalidInputError(f"tensor {entry.name!a} is partitioned: write it whole")
    problem = problem_of(entry, n_shards=n_shards)
    if problem:
        raise InvalidInputError(f"tensor {entry.name!a}: {problem}")
    dims = b"".join(encode_bytes_field(2, encode_integer_field(1, length)) for length in entry.shape)
    return (
        encode_integer_field(1, number)
        + encode_bytes_field(2, dims)
        + encode_integer_field(3, entry.shard)
        + encode_integer_field(4, entry.offset)
        + encode_integer_field(5, entry.size)
        + encode_fixed_field(6, struct.pack("<I", masked(entry.crc32c)))
    )


def decode_index(data: bytes) -> tuple[TensorEntry, ...]:
    """Read the index file of a bundle.

    Parameters
    ----------
    data
        The whole file.

    Returns
    -------
    tuple of TensorEntry
        All tensors, sorted by the bytes of their names. A partitioned tensor is one entry with its parts in ``slices``.

    Raises
    ------
    CorruptFileError
        If the file is not a bundle's index, is damaged, is of a big-endian machine or a later version, or describes a
        tensor that cannot be.
    """
    messages: dict[bytes, Message] = {}
    for key, value in sorted_table.decode(data):
        with _about(key):
            messages[key] = decode_message(value)
    if HEADER_KEY not in messages:
        raise CorruptFileError("the table has no header entry: it is not the index of a TensorFlow checkpoint")
    with _about(HEADER_KEY):
        n_shards = _decode_header(messages.pop(HEADER_KEY))
    part_keys: set[bytes] = set()
    for key, message in messages.items():
        with _about(key):
            for _, part_key in _slices_of(key, message, messages):
                part_keys.add(part_key)
    return tuple(_decode_entry(key, messages, n_shards) for key in messages if key not in part_keys)


@contextmanager
def _about(key: bytes) -> Iterator[None]:
    """Say in an error which entry of the index it is about."""
    try:
        yield
    except CorruptFileError as error:
        raise CorruptFileError(f"the entry {key[:80]!r} of the index: {error}") from error


def _decode_header(header: Message) -> int:
    """Return the number of data shards."""
    if header.integer(2):
        raise CorruptFileError(
            "the checkpoint was written on a big-endian machine: save it again on a little-endian one"
        )
    for version in header.chunks(3):
        oldest_reader = _int64(decode_message(version), 2)
        if oldest_reader > BUNDLE_VERSION:
            raise CorruptFileError(
                f"its format needs a reader of version {oldest_reader}, and this one is {BUNDLE_VERSION}"
            )
    n_shards = _int64(header, 1)
    if not 1 <= n_shards <= MAX_SHARDS:
        raise CorruptFileError(f"a checkpoint cannot have {n_shards} data shards")
    return n_shards


def _decode_entry(key: bytes, messages: Mapping[bytes, Message], n_shards: int) -> TensorEntry:
    message = messages[key]
    with _about(key):
        place = _decode_place(message, ())
        dtype = _decode_dtype(message)
        slices = []
        for extents, part_key in _slices_of(key, message, messages):
            if _decode_dtype(messages[part_key]) != dtype:
                raise CorruptFileError(f"its parts are not all {dtype}")
            slices.append(_decode_place(messages[part_key], extents))
        entry = TensorEntry(
            name=_decode_name(key),
            dtype=dtype,
            shape=_decode_shape(message),
            shard=place.shard,
            offset=place.offset,
            size=place.size,
            crc32c=0 if slices else place.crc32c,
            slices=tuple(slices),
        )
        problem = problem_of(entry, n_shards=n_shards)
        if problem:
            raise CorruptFileError(problem)
    return entry


def _int64(message: Message, number: int) -> int:
    return signed(message.integer(number))


def _decode_name(key: bytes) -> str:
    try:
        return key.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptFileError("the tensor's name is not UTF-8") from error


def _decode_dtype(message: Message) -> str:
    number = message.integer(1)
    if not 0 < number < 2**31:
        raise CorruptFileError(f"{number} is no element type")
    return data_type_name(number)


def _decode_shape(message: Message) -> tuple[int, ...]:
    dims: list[int] = []
    for chunk in message.chunks(2):
        shape = decode_message(chunk)
        if shape.integer(3):
            raise CorruptFileError("its number of dimensions is unknown")
        dims.extend(_int64(decode_message(dim), 1) for dim in shape.chunks(2))
    return tuple(dims)


def _decode_place(message: Message, extents: tuple[tuple[int, int], ...]) -> TensorSlice:
    return TensorSlice(
        extents=extents,
        shard=_int64(message, 3),
        offset=_int64(message, 4),
        size=_int64(message, 5),
        crc32c=unmasked(message.integer(6, wire_type=FIXED32)),
    )


def _slices_of(
    key: bytes, message: Message, messages: Mapping[bytes, Message]
) -> Iterator[tuple[tuple[tuple[int, int], ...], bytes]]:
    """Walk through the parts of a partitioned tensor: their extents and the keys of their entries."""
    shape = _decode_shape(message)
    seen = set()
    for chunk in message.chunks(7):
        stored = [_decode_extent(extent) for extent in decode_message(chunk).chunks(1)]
        part_key = encode_slice_key(key, stored)
        if part_key not in messages or part_key in seen or len(stored) != len(shape):
            raise CorruptFileError("one of its parts has no entry or is listed twice")
        seen.add(part_key)
        yield _resolved(stored, shape), part_key


def _resolved(stored: Sequence[tuple[int, int]], shape: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (start, whole if length == WHOLE_DIMENSION else length)
        for (start, length), whole in zip(stored, shape, strict=True)
    )


def _decode_extent(extent: bytes) -> tuple[int, int]:
    message = decode_message(extent)
    return _int64(message, 1), _int64(message, 2) if message.has(2) else WHOLE_DIMENSION
