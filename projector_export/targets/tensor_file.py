"""Vectors to files, block by block: the next block is read while this one is written and summed up."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from projector_export.formats import raw_tensor, tensor_tsv
from projector_export.formats.checksum import Checksum
from projector_export.table import EmbeddingTable
from projector_export.vectors import Progress, Vectors, is_finite

__all__ = ["FileRecord", "Nudge", "needed_nudge", "write_bytes", "write_pieces", "write_raw", "write_rows_as_text"]


@dataclass(frozen=True)
class FileRecord:
    """What was written: for the manifest and for the checkpoint's index.

    Parameters
    ----------
    name
        File name, without folder.
    n_bytes
        Size.
    sha256
        Hexadecimal digest of the content; empty for raw vectors, where it would cost more than all else.
    crc32c
        Unmasked Castagnoli checksum of raw vectors, as TensorFlow keeps it in the checkpoint's index.
    """

    name: str
    n_bytes: int
    sha256: str = ""
    crc32c: int = 0

    @property
    def digest(self) -> dict[str, str]:
        """The digest by its name."""
        return {"sha256": self.sha256} if self.sha256 else {"crc32c": f"{self.crc32c:08x}"}


@dataclass(frozen=True)
class Nudge:
    """One value that has to differ in the viewer's file so that TensorBoard does not take it for text.

    Parameters
    ----------
    row, dimension
        Where it is.
    original, written
        The values.
    ulps
        Difference in units in the last place; 0 where a zero only changed its sign.
    """

    row: int
    dimension: int
    original: float
    written: float
    ulps: int


def needed_nudge(vectors: Vectors) -> Nudge | None:
    """Return the value that has to move before TensorBoard reads these vectors as numbers, or None."""
    n_rows, n_dims = vectors.shape
    head = vectors.read(0, min(n_rows, raw_tensor.PROBE_BYTES // (4 * n_dims) + 1))
    if not raw_tensor.is_taken_for_text(head.astype("<f4").tobytes()):
        return None
    values, index, ulps = raw_tensor.nudged(head)
    row, dimension = divmod(index, n_dims)
    return Nudge(row, dimension, float(head[row, dimension]), float(values[row, dimension]), ulps)


def write_raw(
    path: Path, table: EmbeddingTable, *, nudge: Nudge | None = None, progress: Progress | None = None
) -> FileRecord:
    """Write vectors as raw little-endian float32, row after row.

    Parameters
    ----------
    path
        New file.
    table
        Rows to write.
    nudge
        A value to write differently.
    progress
        Called after each block.

    Raises
    ------
    InvalidInputError
        If a row holds NaN or infinite numbers.
    """
    checksum = Checksum()
    n_bytes = 0
    with open(path, "xb", buffering=0) as file:
        _reserve(file.fileno(), 4 * table.n_rows * table.n_dims)
        for start, block in table.blocks():
            if not is_finite(block):
                table.require_finite()
            if nudge and start <= nudge.row < start + len(block):
                block[nudge.row - start, nudge.dimension] = nudge.written
            data = memoryview(block.astype("<f4", copy=False).reshape(-1).view(np.uint8))
            checksum.update(data)
            _write_all(file.write, data)
            n_bytes += len(data)
            if progress:
                progress(start + len(block), table.n_rows)
    return FileRecord(path.name, n_bytes, crc32c=checksum.value)


def write_rows_as_text(path: Path, table: EmbeddingTable, *, progress: Progress | None = None) -> FileRecord:
    """Write vectors as tab-separated text, one row a line."""
    digest = hashlib.sha256()
    n_bytes = 0
    with open(path, "xb", buffering=0) as file:
        for start, block in table.blocks():
            data = tensor_tsv.encode(block)
            digest.update(data)
            _write_all(file.write, memoryview(data))
            n_bytes += len(data)
            if progress:
                progress(start + len(block), table.n_rows)
    return FileRecord(path.name, n_bytes, digest.hexdigest())


def write_bytes(path: Path, data: bytes) -> FileRecord:
    """Write a small file."""
    return write_pieces(path, (data,))


def write_pieces(path: Path, pieces: Iterable[bytes | memoryview]) -> FileRecord:
    """Write a file that is never whole in memory."""
    digest = hashlib.sha256()
    n_bytes = 0
    with open(path, "xb") as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            n_bytes += len(piece)
    return FileRecord(path.name, n_bytes, digest.hexdigest())


def _reserve(descriptor: int, n_bytes: int) -> None:
    """Ask the file system for all blocks at once: three times faster than block by block, and a full disk is told first."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, n_bytes)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise


def _write_all(write: Callable[[memoryview], int | None], data: memoryview) -> None:
    while data:
        data = data[write(data) :]
