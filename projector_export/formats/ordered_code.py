"""Keys of the parts of a partitioned tensor in a checkpoint's index.

TensorFlow stores a partitioned variable as one entry for the whole, which has no bytes, and one entry for each part
under a key that sorts by name, start and length. The key is written by ``EncodeTensorNameSlice``
(``tensorflow/core/util/saved_tensor_slice_util.cc``) in the encoding of
``tensorflow/core/lib/strings/ordered_code.cc``.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["encode_slice_key"]


def encode_slice_key(name: bytes, extents: Sequence[tuple[int, int]]) -> bytes:
    """Return the key under which a part of a tensor is stored.

    Parameters
    ----------
    name
        Key of the whole tensor.
    extents
        Start and length along each dimension as the index spells them: length -1 for a dimension taken whole.
    """
    numbers = b"".join(_encode_signed(number) for extent in extents for number in extent)
    return _encode_unsigned(0) + _encode_text(name) + _encode_unsigned(len(extents)) + numbers


def _encode_text(text: bytes) -> bytes:
    escapes = {0x00: b"\0\xff", 0xFF: b"\xff\0"}
    return b"".join(escapes.get(byte, bytes([byte])) for byte in text) + b"\0\1"


def _encode_unsigned(value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(digits)]) + digits


def _encode_signed(value: int) -> bytes:
    """Return an int64 so that bytes sort as the numbers do: the leading ones of the header count the bytes."""
    n_bytes = (value if value >= 0 else ~value).bit_length() // 7 + 1
    header = ((1 << n_bytes) - 1) << (8 * n_bytes - n_bytes)
    return (value % (1 << 8 * n_bytes) ^ header).to_bytes(n_bytes, "big")
