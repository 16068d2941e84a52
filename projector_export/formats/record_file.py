"""TFRecord framing: records one after the other, each with its length and two checksums.

A record is a length (uint64), the masked CRC-32C of the length (uint32), the data, and the masked CRC-32C of the data
(uint32), all little-endian.
The readers are TensorBoard's ``backend/event_processing/event_file_loader.py`` (through
``compat/tensorflow_stub/pywrap_tensorflow.py``) and its data server's ``tensorboard/data/server/tf_record.rs``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from projector_export.errors import CorruptFileError
from projector_export.formats.checksum import crc32c, masked

__all__ = ["decode", "encode"]

LENGTH_SIZE = 8
CHECKSUM_SIZE = 4
HEADER_SIZE = LENGTH_SIZE + CHECKSUM_SIZE


def encode(records: Iterable[bytes]) -> bytes:
    """Return the bytes of a file of records."""
    return b"".join(_encode_record(record) for record in records)


def _encode_record(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    return length + _sealed(length) + record + _sealed(record)


def _sealed(data: bytes) -> bytes:
    return struct.pack("<I", masked(crc32c(data)))


def decode(data: bytes) -> Iterator[bytes]:
    """Read the records of a file.

    Yields
    ------
    bytes
        One whole record whose length and data match their checksums.

    Raises
    ------
    CorruptFileError
        At the record that is cut short or does not match its checksums.
    """
    position = 0
    while position < len(data):
        start = position
        header = data[start : start + HEADER_SIZE]
        length_bytes, length_checksum = header[:LENGTH_SIZE], header[LENGTH_SIZE:]
        if len(header) == HEADER_SIZE and length_checksum != _sealed(length_bytes):
            raise CorruptFileError(f"the length of the record at byte {start} does not match its checksum")
        length = int.from_bytes(length_bytes, "little")
        position = start + HEADER_SIZE + length + CHECKSUM_SIZE
        if len(header) < HEADER_SIZE or position > len(data):
            raise CorruptFileError(f"the record at byte {start} is cut short at the end of {len(data)} bytes")
        record = data[start + HEADER_SIZE : position - CHECKSUM_SIZE]
        if data[position - CHECKSUM_SIZE : position] != _sealed(record):
            raise CorruptFileError(f"the record at byte {start} does not match its checksum")
        yield record
