"""The sorted table of keys and values that a checkpoint's index is: LevelDB's file format as TensorFlow writes it.

A table is a row of blocks (data blocks, an empty metaindex block, an index block) and a footer of 48 bytes. Each block
is followed by one byte for its compression and the masked CRC-32C of both. Keys within a block share prefixes with the
key before, except at restart points. The bytes are those of TensorFlow's ``xla/tsl/lib/io/table_builder.cc`` and
``block_builder.cc``; the readers are ``table.cc``, ``block.cc`` and ``format.cc`` beside them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats.checksum import crc32c, masked
from projector_export.formats.protobuf_wire import decode_varint, encode_varint

__all__ = ["decode", "encode"]

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
BLOCK_SIZE = 262_144
RESTART_INTERVAL = 16
FOOTER_SIZE = 48
TRAILER_SIZE = 5
UNCOMPRESSED = 0
SNAPPY = 1


class BlockWriter:
    """Collects the entries of one block.

    Parameters
    ----------
    restart_interval
        Every so many entries a key is written whole.
    """

    def __init__(self, *, restart_interval: int) -> None:
        self._restart_interval = restart_interval
        self._entries = bytearray()
        self._restarts = [0]
        self._n_since_restart = 0
        self._last_key = b""

    @property
    def size(self) -> int:
        """Bytes that the block has so far."""
        return len(self._entries) + 4 * len(self._restarts) + 4

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, key: bytes, value: bytes) -> None:
        """Append an entry; keys have to come in increasing order."""
        shared = 0
        if self._n_since_restart < self._restart_interval:
            shared = shared_prefix(self._last_key, key)
        else:
            self._restarts.append(len(self._entries))
            self._n_since_restart = 0
        for number in (shared, len(key) - shared, len(value)):
            self._entries += encode_varint(number)
        self._entries += key[shared:] + value
        self._last_key = key
        self._n_since_restart += 1

    def finish(self) -> bytes:
        """Return the block without its trailer."""
        return bytes(self._entries) + struct.pack(f"<{len(self._restarts) + 1}I", *self._restarts, len(self._restarts))


class TableWriter:
    """Lays blocks one after the other.

    Parameters
    ----------
    block_size
        A data block is closed when it has reached so many bytes.
    """

    def __init__(self, *, block_size: int) -> None:
        self._block_size = block_size
        self._file = bytearray()
        self._data = BlockWriter(restart_interval=RESTART_INTERVAL)
        self._index = BlockWriter(restart_interval=1)
        self._last_key: bytes | None = None
        self._pending_handle: bytes | None = None

    def add(self, key: bytes, value: bytes) -> None:
        """Append an entry.

        Raises
        ------
        InvalidInputError
            If the key does not come after the key before it.
        """
        if self._last_key is not None and key <= self._last_key:
            raise InvalidInputError(f"keys of a table have to increase, but {key!r} comes after {self._last_key!r}")
        if len(key) + len(value) >= 2 * self._block_size:
            self._flush()
        if self._pending_handle is not None and self._last_key is not None:
            self._index.add(shortest_separator(self._last_key, key), self._pending_handle)
            self._pending_handle = None
        self._data.add(key, value)
        self._last_key = key
        if self._data.size >= self._block_size:
            self._flush()

    def finish(self) -> bytes:
        """Return the whole file."""
        self._flush()
        metaindex_handle = self._write_block(BlockWriter(restart_interval=RESTART_INTERVAL).finish())
        if self._pending_handle is not None and self._last_key is not None:
            self._index.add(short_successor(self._last_key), self._pending_handle)
        index_handle = self._write_block(self._index.finish())
        handles = (metaindex_handle + index_handle).ljust(FOOTER_SIZE - len(MAGIC), b"\0")
        return bytes(self._file) + handles + MAGIC

    def _flush(self) -> None:
        if self._data:
            self._pending_handle = self._write_block(self._data.finish())
            self._data = BlockWriter(restart_interval=RESTART_INTERVAL)

    def _write_block(self, contents: bytes) -> bytes:
        handle = encode_varint(len(self._file)) + encode_varint(len(contents))
        sealed = contents + bytes([UNCOMPRESSED])
        self._file += sealed + struct.pack("<I", masked(crc32c(sealed)))
        return handle


def shared_prefix(first: bytes, second: bytes) -> int:
    """Return how many leading bytes two keys share."""
    length = min(len(first), len(second))
    for index in range(length):
        if first[index] != second[index]:
            return index
    return length


def shortest_separator(last: bytes, following: bytes) -> bytes:
    """Return a short key that is at least ``last`` and below ``following``, the one that TensorFlow chooses."""
    differs = shared_prefix(last, following)
    if differs < min(len(last), len(following)) and last[differs] + 1 < following[differs]:
        return last[:differs] + bytes([last[differs] + 1])
    return last


def short_successor(last: bytes) -> bytes:
    """Return a short key that is at least ``last``, the one that TensorFlow chooses."""
    for index, byte in enumerate(last):
        if byte != 0xFF:
            return last[:index] + bytes([byte + 1])
    return last


def encode(entries: Iterable[tuple[bytes, bytes]], *, block_size: int = BLOCK_SIZE) -> bytes:
    """Return the bytes of a table, uncompressed.

    Parameters
    ----------
    entries
        Keys and values; the keys strictly increase, bytewise.
    block_size
        Bytes after which a data block is closed; TensorFlow's own is 262,144.

    Raises
    ------
    InvalidInputError
        If the keys do not increase.
    """
    writer = TableWriter(block_size=block_size)
    for key, value in entries:
        writer.add(key, value)
    return writer.finish()


@dataclass(frozen=True)
class BlockHandle:
    """Where a block lies in the file, without its trailer of five bytes."""

    offset: int
    size: int


def decode(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Read the entries of a table in order, checking everything on the way.

    Parameters
    ----------
    data
        The whole file.

    Yields
    ------
    key : bytes
        Strictly greater than the key before.
    value : bytes

    Raises
    ------
    CorruptFileError
        If the file is no table, is cut short, fails a checksum, points outside itself, holds unordered keys, is
        compressed with Snappy (TensorFlow's checkpoint writer never compresses its index), or unfolds to more than a
        table of its size can hold.
    """
    if len(data) < FOOTER_SIZE or data[-len(MAGIC) :] != MAGIC:
        raise CorruptFileError(
            f"the {len(data)} bytes do not end as a TensorFlow index file does: it is another file or is cut short"
        )
    footer = data[-FOOTER_SIZE : -len(MAGIC)]
    metaindex_handle, position = _decode_handle(footer, 0)
    index_handle, _ = _decode_handle(footer, position)
    _read_block(data, metaindex_handle)
    last_key: bytes | None = None
    end = 0
    for separator, value in _entries_of(_read_block(data, index_handle)):
        handle, _ = _decode_handle(value, 0)
        if handle.offset < end:
            raise CorruptFileError(f"the block at byte {handle.offset} begins inside the block before it")
        end = handle.offset + handle.size
        for key, item in _entries_of(_read_block(data, handle)):
            if (last_key is not None and key <= last_key) or key > separator:
                raise CorruptFileError(f"the key {key[:80]!r} is out of order")
            last_key = key
            yield key, item
        last_key = separator


def _decode_handle(data: bytes, position: int) -> tuple[BlockHandle, int]:
    offset, position = decode_varint(data, position)
    size, position = decode_varint(data, position)
    return BlockHandle(offset, size), position


def _read_block(data: bytes, handle: BlockHandle) -> bytes:
    """Return the contents of a block whose trailer is right."""
    end = handle.offset + handle.size
    if end + TRAILER_SIZE > len(data) - FOOTER_SIZE:
        raise CorruptFileError(
            f"a block of {handle.size} bytes at byte {handle.offset} runs past the end of the file of {len(data)}"
        )
    (stored,) = struct.unpack_from("<I", data, end + 1)
    if stored != masked(crc32c(data[handle.offset : end + 1])):
        raise CorruptFileError(f"the block at byte {handle.offset} does not match its checksum: the file is damaged")
    if data[end] == SNAPPY:
        raise CorruptFileError(
            f"the block at byte {handle.offset} is compressed with Snappy: save the checkpoint again with "
            "TensorFlow 1.2 or later, which writes its index uncompressed"
        )
    if data[end] != UNCOMPRESSED:
        raise CorruptFileError(f"the block at byte {handle.offset} has the unknown compression {data[end]}")
    return data[handle.offset : end]


def _entries_of(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk through a block's entries, whose restart points have to be entries with whole keys.

    With a whole key every 16 entries, keys cannot unfold to more than 16 times the block: a block that was made to fill
    the memory stops there.
    """
    entries_end, restarts = _restarts_of(block)
    position = n_key_bytes = 0
    key = b""
    while position < entries_end:
        start = position
        shared, position = decode_varint(block, position)
        unshared, position = decode_varint(block, position)
        n_value_bytes, position = decode_varint(block, position)
        if shared > len(key) or unshared + n_value_bytes > entries_end - position:
            raise CorruptFileError(f"the entry at byte {start} of a block reaches beyond what the block holds")
        if shared == 0:
            restarts.discard(start)
        n_key_bytes += shared + unshared
        if n_key_bytes > RESTART_INTERVAL * len(block):
            raise CorruptFileError(
                f"the keys of a block of {len(block)} bytes unfold to more than any writer packs into it"
            )
        key = key[:shared] + block[position : position + unshared]
        position += unshared + n_value_bytes
        yield key, block[position - n_value_bytes : position]
    if restarts - {0}:
        raise CorruptFileError(f"the restart point {min(restarts - {0})} of a block is not the start of a whole key")


def _restarts_of(block: bytes) -> tuple[int, set[int]]:
    """Return where the entries of a block end, and its restart points."""
    n_restarts = struct.unpack_from("<I", block, len(block) - 4)[0] if len(block) >= 4 else 0
    entries_end = len(block) - 4 * (n_restarts + 1)
    if not n_restarts or entries_end < 0:
        raise CorruptFileError(f"a block of {len(block)} bytes claims to have {n_restarts} restart points")
    return entries_end, set(struct.unpack_from(f"<{n_restarts}I", block, entries_end))
