"""A file that lies inside another file, byte for byte."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING

from projector_export.errors import CorruptFileError, NotFoundError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["FilePlace", "FileWindow"]


@dataclass(frozen=True)
class FilePlace:
    """Where the bytes of a file are.

    Parameters
    ----------
    path
        The file, or the file around it.
    offset
        Its first byte there.
    size
        Its length in bytes; None for everything up to the end.
    name
        What errors call it; by default the path.
    keeper
        Something that has to live as long as the file is read, such as a temporary folder.
    """

    path: str | PathLike[str]
    offset: int = 0
    size: int | None = None
    name: str = ""
    keeper: object = None

    @property
    def shown(self) -> str:
        """What errors call it."""
        return self.name or fspath(self.path)

    def opened(self) -> FileWindow:
        """Open it.

        Raises
        ------
        NotFoundError
            If there is no such file, or it cannot be read.
        CorruptFileError
            If it is shorter than it should be.
        """
        try:
            file = io.FileIO(fspath(self.path), "rb")
        except OSError as error:
            raise NotFoundError(f"cannot read {self.shown!r}: {error.strerror or error}") from error
        n_bytes = os.fstat(file.fileno()).st_size - self.offset
        size = n_bytes if self.size is None else self.size
        if size > n_bytes:
            file.close()
            raise CorruptFileError(f"{self.shown!r} is truncated: {max(n_bytes, 0):,} of {size:,} bytes are there")
        return FileWindow(file, self.offset, size)


class FileWindow(io.RawIOBase):
    """A range of an open file, to be read as if it were a file.

    Parameters
    ----------
    file
        The file around it; it is closed with the window.
    offset, size
        The range, in bytes.
    """

    def __init__(self, file: io.FileIO, offset: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._offset = offset
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return the place in the range."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the range."""
        origin = (0, self._position, self._size)[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer with what follows; 0 at the end of the range."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._position))
        if not count:
            return 0
        self._file.seek(self._offset + self._position)
        done = self._file.readinto(view[:count])
        self._position += done or 0
        return done or 0

    def close(self) -> None:
        """Close the file around it."""
        if not self.closed:
            self._file.close()
        super().close()
