"""A binary file read from front to back, in which no count is believed that the rest of the file cannot hold."""

from __future__ import annotations

import os
import struct
from typing import IO

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError

__all__ = ["BinaryCursor"]


class BinaryCursor:
    """A place in a binary, little-endian file.

    Parameters
    ----------
    file
        Open for reading in binary mode.
    shown
        What errors call it.
    """

    def __init__(self, file: IO[bytes], shown: str) -> None:
        self._file = file
        self.shown = shown
        self.size = os.fstat(file.fileno()).st_size

    @property
    def position(self) -> int:
        """Bytes before this place."""
        return self._file.tell()

    def numbers(self, layout: str) -> tuple[int | float, ...]:
        """Read numbers of the types that a :mod:`struct` layout names."""
        layout = f"<{layout}"
        return struct.unpack(layout, self._bytes(struct.calcsize(layout)))

    def integer(self, layout: str) -> int:
        """Read one whole number."""
        (value,) = self.numbers(layout)
        return int(value)

    def text(self, n_bytes: int) -> str:
        """Read a word of ASCII."""
        return self._bytes(n_bytes).decode("ascii", "replace")

    def skip(self, n_bytes: int) -> int:
        """Go past so many bytes; return where they begin."""
        start = self.position
        self._require(n_bytes)
        self._file.seek(n_bytes, os.SEEK_CUR)
        return start

    def skip_vector(self, item_bytes: int) -> tuple[int, int]:
        """Go past items that their count precedes; return where they begin, and the count."""
        count = self.count()
        self._require(count * item_bytes)
        return self.skip(count * item_bytes), count

    def count(self) -> int:
        """Read a count of items."""
        return self.integer("Q")

    def vector(self, dtype: str) -> npt.NDArray[np.int64]:
        """Read whole numbers that their count precedes."""
        return self.array(dtype, self.count())

    def array(self, dtype: str, count: int) -> npt.NDArray[np.int64]:
        """Read so many whole numbers."""
        kind = np.dtype(dtype)
        return np.frombuffer(self._bytes(count * kind.itemsize), dtype=kind).astype(np.int64)

    def damaged(self, reason: str) -> CorruptFileError:
        """Return the error that says what is wrong with the file."""
        return CorruptFileError(f"{self.shown!r} is damaged or no index that is known here: {reason}")

    def _bytes(self, n_bytes: int) -> bytes:
        self._require(n_bytes)
        data = self._file.read(n_bytes)
        if len(data) < n_bytes:
            raise self.damaged("it became shorter while it was read")
        return data

    def _require(self, n_bytes: int) -> None:
        left = self.size - self.position
        if not 0 <= n_bytes <= left:
            raise self.damaged(f"byte {self.position:,} begins something of {n_bytes:,} bytes, and {left:,} are left")
