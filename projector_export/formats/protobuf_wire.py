"""The wire format of protocol buffers, as far as checkpoints and events need it.

TensorFlow's own message classes come only with TensorFlow; the handful of messages in an index or an events file
(``tensor_bundle.proto``, ``tensor_shape.proto``, ``event.proto``) need varints, fixed numbers and bytes, no more.
Source: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from projector_export.errors import CorruptFileError

__all__ = [
    "FIXED32",
    "FIXED64",
    "LENGTH_DELIMITED",
    "VARINT",
    "Message",
    "decode_message",
    "decode_varint",
    "encode_bytes_field",
    "encode_fixed_field",
    "encode_integer_field",
    "encode_varint",
    "signed",
]

VARINT = 0
FIXED64 = 1
LENGTH_DELIMITED = 2
FIXED32 = 5

FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
MAX_VARINT_BYTES = 10
UINT64 = 2**64 - 1


@dataclass(frozen=True)
class Message:
    """The fields of one message in the order of the file, not yet interpreted.

    Parameters
    ----------
    fields
        ``(number, wire type, value)``: bytes for length-delimited fields, an unsigned integer for all others.
    """

    fields: tuple[tuple[int, int, int | bytes], ...]

    def integer(self, number: int, *, wire_type: int = VARINT) -> int:
        """Return the last integer of a field, 0 where it is absent, as proto3 does.

        Raises
        ------
        CorruptFileError
            If the field is there but not of that wire type.
        """
        values = [value for value in self._values(number, wire_type) if isinstance(value, int)]
        return values[-1] if values else 0

    def chunks(self, number: int) -> list[bytes]:
        """Return all values of a length-delimited field: texts, bytes or nested messages.

        Raises
        ------
        CorruptFileError
            If the field is there but not length-delimited.
        """
        return [value for value in self._values(number, LENGTH_DELIMITED) if isinstance(value, bytes)]

    def has(self, number: int) -> bool:
        """Return whether the field is there."""
        return any(found == number for found, _, _ in self.fields)

    def _values(self, number: int, wire_type: int) -> Iterator[int | bytes]:
        for found, kind, value in self.fields:
            if found == number:
                if kind != wire_type:
                    raise CorruptFileError(f"field {number} of a message has wire type {kind} instead of {wire_type}")
                yield value


def signed(value: int) -> int:
    """Return an unsigned 64-bit integer as the int64 of the same bits."""
    return value - 2**64 if value >= 2**63 else value


def encode_varint(value: int) -> bytes:
    """Return an integer of ``-2**63`` to ``2**64 - 1`` as a varint of one to ten bytes."""
    value &= UINT64
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def decode_varint(data: bytes, position: int) -> tuple[int, int]:
    """Read a varint of at most 64 bits.

    Returns
    -------
    value : int
        Unsigned.
    end : int
        Position after the varint.

    Raises
    ------
    CorruptFileError
        If the data ends inside it or it has more than 64 bits.
    """
    value = 0
    for index, byte in enumerate(data[position : position + MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            if value > UINT64:
                break
            return value, position + index + 1
    raise CorruptFileError(f"the integer at byte {position} of {len(data)} is cut short or has more than 64 bits")


def encode_integer_field(number: int, value: int) -> bytes:
    """Return a varint field; nothing at all for 0, which is how proto3 writes it."""
    return encode_varint(number << 3 | VARINT) + encode_varint(value) if value else b""


def encode_fixed_field(number: int, value: bytes) -> bytes:
    """Return a field of 4 or 8 little-endian bytes; nothing at all for zeros, which is how proto3 writes it."""
    wire_type = FIXED64 if len(value) == FIXED_SIZES[FIXED64] else FIXED32
    return encode_varint(number << 3 | wire_type) + value if any(value) else b""


def encode_bytes_field(number: int, value: bytes) -> bytes:
    """Return a length-delimited field, also for an empty value, which is how a present message is written."""
    return encode_varint(number << 3 | LENGTH_DELIMITED) + encode_varint(len(value)) + value


def decode_message(data: bytes) -> Message:
    """Take a message apart, one level deep.

    Raises
    ------
    CorruptFileError
        If a field is cut short, its number is 0, or its wire type is not one of varint, fixed or length-delimited.
    """
    fields = []
    position = 0
    while position < len(data):
        tag, position = decode_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if not 0 < number < 2**29:
            raise CorruptFileError(f"a message has a field numbered {number}")
        value, position = _decode_value(data, position, wire_type)
        fields.append((number, wire_type, value))
    return Message(tuple(fields))


def _decode_value(data: bytes, position: int, wire_type: int) -> tuple[int | bytes, int]:
    if wire_type == VARINT:
        return decode_varint(data, position)
    if wire_type == LENGTH_DELIMITED:
        size, position = decode_varint(data, position)
    elif wire_type in FIXED_SIZES:
        size = FIXED_SIZES[wire_type]
    else:
        raise CorruptFileError(f"a message has a field of wire type {wire_type}, which none of ours has")
    if size > len(data) - position:
        raise CorruptFileError(f"a field of {size} bytes begins at byte {position} of a message of {len(data)}")
    chunk = data[position : position + size]
    return (chunk if wire_type == LENGTH_DELIMITED else int.from_bytes(chunk, "little")), position + size
