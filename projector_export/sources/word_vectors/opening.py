"""The bytes of a file of word vectors, unpacked on the way where it is compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, excerpt

__all__ = ["COMPRESSIONS", "Unpacked", "is_compressed", "opened"]

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zip")
"""Suffixes that compressed files have; what counts is their first bytes."""

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}
_FREE_BYTES = 256 * 2**20
_LARGEST_RATIO = 100


class Unpacked:
    """A stream of a file's unpacked bytes that knows how much of the file it has used.

    Parameters
    ----------
    name
        For sentences.
    stream
        Gives the unpacked bytes.
    raw
        The file itself.
    size
        Bytes of the file.
    compression
        Name of the compression, or None.
    """

    def __init__(self, name: str, stream: IO[bytes], raw: IO[bytes], size: int, compression: str | None) -> None:
        self.name, self.size, self.compression = name, size, compression
        self._stream, self._raw, self._n_given, self._last = stream, raw, 0, b""

    @property
    def used(self) -> int:
        """Bytes of the file that were used so far."""
        return min(self._raw.tell(), self.size)

    @property
    def ends_within_line(self) -> bool:
        """Whether the last byte that was read is part of a word or number: neither a line's end nor a blank."""
        return self._last[-1:] not in {b"", b"\n", b" ", b"\t", b"\r"}

    def read(self, n_bytes: int) -> bytes:
        """Return the next bytes: fewer than asked for at the end only.

        Raises
        ------
        CorruptFileError
            If the compressed file is damaged, or unpacks to a hundred times its size, as no vectors do.
        """
        try:
            data = self._stream.read(n_bytes)
        except (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, zlib.error) as error:
            raise CorruptFileError(f"{self.name!r} cannot be read ({self._reason(error)}): fetch it again") from error
        self._n_given += len(data)
        self._last = data or self._last
        if self.compression and self._n_given > _FREE_BYTES + _LARGEST_RATIO * self.size:
            raise CorruptFileError(
                f"{self.name!r} unpacks to more than {_LARGEST_RATIO} times its {self.size:,} bytes, as no vectors do: "
                "unpack it yourself if you trust it"
            )
        return data

    def _reason(self, error: Exception) -> str:
        return getattr(error, "strerror", None) or f"its {self.compression or 'content'} is damaged or cut off"


def compression_of(path: Path) -> str | None:
    """Return the name of a file's compression by its first bytes, or None."""
    with open(path, "rb") as file:
        first = file.read(6)
    return next((name for magic, name in _MAGIC.items() if first.startswith(magic)), None)


def is_compressed(path: Path) -> bool:
    """Whether a file's first bytes are those of a compression."""
    return compression_of(path) is not None


@contextmanager
def opened(path: Path) -> Iterator[Unpacked]:
    """Open a file for reading from its first unpacked byte.

    Raises
    ------
    CorruptFileError
        If it cannot be read, or is a damaged zip.
    AmbiguousChoiceError
        If it is a zip of several files.
    """
    with ExitStack() as stack:
        try:
            compression = compression_of(path)
            raw = stack.enter_context(open(path, "rb"))
            size = path.stat().st_size
        except OSError as error:
            raise CorruptFileError(f"{str(path)!r} cannot be read: {error.strerror}") from error
        stream = stack.enter_context(_unpacking(raw, compression, str(path)))
        yield Unpacked(str(path), stream, raw, size, compression)


def _unpacking(raw: IO[bytes], compression: str | None, name: str) -> IO[bytes]:
    if compression == "gzip":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if compression == "bzip2":
        return bz2.BZ2File(raw)
    if compression == "xz":
        return lzma.LZMAFile(raw)
    return _only_member(raw, name) if compression == "zip" else raw


def _only_member(raw: IO[bytes], name: str) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(raw)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) == 1:
            return archive.open(members[0])
    except (zipfile.BadZipFile, RuntimeError, IndexError, ValueError, struct.error, OSError) as error:
        raise CorruptFileError(
            f"{name!r} is a zip that cannot be read ({excerpt(error)}): fetch or unpack it again"
        ) from error
    listed = ", ".join(repr(excerpt(member.filename)) for member in members[:5])
    raise AmbiguousChoiceError(f"{name!r} holds {len(members)} files ({listed}): unpack it and name one of them")
