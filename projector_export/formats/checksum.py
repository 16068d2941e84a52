"""CRC-32C, plain and masked, as TensorFlow's checkpoints, tables and record files store it.

The reader is TensorFlow's ``crc32c::Unmask`` (``xla/tsl/lib/hash/crc32c.h``): a stored checksum is rotated and shifted
by a constant, because a checksum of bytes that contain their own checksum is worth little.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import google_crc32c
import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["Buffer", "Checksum", "crc32c", "masked", "unmasked"]

Buffer: TypeAlias = "bytes | bytearray | memoryview | npt.NDArray[Any]"

MASK_DELTA = 0xA282EAD8
UINT32 = 0xFFFFFFFF


class Checksum:
    """The CRC-32C of bytes that come piece by piece.

    Nothing is copied: an array's own memory is what the C library of ``google_crc32c`` reads.

    Attributes
    ----------
    value
        Unmasked checksum of everything seen so far, 0 before the first piece.
    """

    def __init__(self) -> None:
        self.value = 0

    def update(self, buffer: Buffer) -> None:
        """Extend the checksum by a piece.

        Parameters
        ----------
        buffer
            Bytes, or a C-ordered array of any shape and dtype, taken as its bytes in memory.

        Raises
        ------
        InvalidInputError
            If an array is not C-ordered: its bytes do not lie in memory in the order in which they are written.
        """
        piece = buffer if isinstance(buffer, bytes) else bytes_of(buffer)
        if len(piece):
            self.value = int(google_crc32c.extend(self.value, piece))


def bytes_of(buffer: bytearray | memoryview | npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return the bytes of a buffer as a one-dimensional view, never a copy.

    An array is what ``google_crc32c`` reads in place; it takes no writable memoryview.

    Raises
    ------
    InvalidInputError
        If the buffer is not C-ordered.
    """
    array = buffer if isinstance(buffer, np.ndarray) else np.asarray(buffer)
    if not array.flags.c_contiguous:
        raise InvalidInputError(
            f"a checksum needs bytes in C order, not an array of shape {array.shape} and strides {array.strides}: "
            "pass numpy.ascontiguousarray(array)"
        )
    return array.reshape(-1).view(np.uint8)


def crc32c(buffer: Buffer) -> int:
    """Return the unmasked CRC-32C of a buffer (RFC 3720, appendix B.4: 32 zero bytes give ``0x8A9136AA``)."""
    checksum = Checksum()
    checksum.update(buffer)
    return checksum.value


def masked(crc: int) -> int:
    """Return a checksum as files store it: rotated right by 15 bits, plus a constant."""
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & UINT32


def unmasked(stored: int) -> int:
    """Return the checksum that a file's stored value stands for, the inverse of :func:`masked`."""
    rotated = (stored - MASK_DELTA) & UINT32
    return (rotated >> 17 | rotated << 15) & UINT32
