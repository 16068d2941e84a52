"""Rows that come in blocks and are kept: in memory while they are few, in a nameless temporary file when they are many."""

from __future__ import annotations

import io
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import IO

import numpy as np

from projector_export.errors import InvalidInputError, WriteError
from projector_export.vectors import Float32Array

__all__ = ["MEMORY_BYTES", "CollectedRows", "collect"]

MEMORY_BYTES = 64 * 2**20
"""Of float32 values that are kept in memory; the rest of a larger table goes to the folder for temporary files."""


@dataclass(frozen=True, eq=False)
class CollectedRows:
    """Float32 rows in memory or in a temporary file, which goes away with this object.

    Parameters
    ----------
    file
        Holds the rows one after the other.
    shape
        ``(n_rows, n_dims)``.
    dtype
        How they were stored where they came from.
    """

    file: IO[bytes] = field(repr=False)
    shape: tuple[int, int]
    dtype: str
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, self.file.close)

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        rows = np.empty((stop - start, self.shape[1]), dtype=np.float32)
        with self._lock:
            self.file.seek(4 * start * self.shape[1])
            data = self.file.read(rows.nbytes)
        rows.reshape(-1)[:] = np.frombuffer(data, dtype=np.float32)
        return rows


def collect(blocks: Iterable[Float32Array], dtype: str) -> CollectedRows:
    """Keep rows.

    Parameters
    ----------
    blocks
        float32 arrays of shape ``(n_block_rows, n_dims)``, all of the same ``n_dims``.
    dtype
        How the values are stored where they come from.

    Raises
    ------
    InvalidInputError
        If there is no block.
    WriteError
        If the disk of the temporary files is full.
    """
    file: IO[bytes] = io.BytesIO()
    n_rows = n_dims = 0
    try:
        for block in blocks:
            n_rows, n_dims = n_rows + len(block), block.shape[1]
            if isinstance(file, io.BytesIO) and 4 * n_rows * n_dims > MEMORY_BYTES:
                file = _moved(file)
            _write(file, block)
    except BaseException:
        file.close()
        raise
    if not n_dims:
        file.close()
        raise InvalidInputError("there are no rows")
    return CollectedRows(file, (n_rows, n_dims), dtype)


def _moved(memory: io.BytesIO) -> IO[bytes]:
    file = _temporary()
    with memory.getbuffer() as held:
        _write(file, held)
    memory.close()
    return file


def _temporary() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="projector_export-")


def _write(file: IO[bytes], data: Float32Array | memoryview) -> None:
    try:
        file.write(data if isinstance(data, memoryview) else np.ascontiguousarray(data, dtype=np.float32).data)
    except OSError as error:
        raise WriteError(
            f"the rows do not fit into {tempfile.gettempdir()!r} ({error.strerror}): let TMPDIR name a folder with more room"
        ) from error
