"""Where a file lies: on this machine, or at an address that fsspec opens; packed by gzip, bzip2 or xz, or not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from projector_export.errors import (
    CorruptFileError,
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
    ProjectorExportError,
    TransferError,
)
from projector_export.tabular.address import (
    file_system,
    is_foreign,
    is_http,
    missing_package,
    reason_of,
    without_secrets,
)
from projector_export.tabular.local_copies import LocalCopies

__all__ = ["Location"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+(?:::|://)", re.IGNORECASE)
"""At least two letters, so that ``C:\\`` and ``C://`` are paths."""

_PACKED: dict[str, Callable[[BinaryIO, str], object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_BUFFER_BYTES = 2**20
_COPIED_BYTES = 2**22


@dataclass(frozen=True)
class Location:
    """Where a file or folder lies.

    Parameters
    ----------
    source
        A path, or an address such as ``https://…``, ``s3://…``, ``hf://…``, ``memory://…``.
    copies
        Where the bytes of an address are taken from; None to open it each time.
    """

    source: str = field(repr=False)
    copies: LocalCopies | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, source: str | PathLike[str] | Location, copies: LocalCopies | None = None) -> Location:
        """Return the location that a user named.

        Raises
        ------
        InvalidInputError
            If it is no path at all.
        """
        if isinstance(source, Location):
            return source
        if not isinstance(source, (str, PathLike)) or not isinstance(fspath(source), str):
            raise InvalidInputError(f"a file is named by its path or address, not by {source!r}")
        text = fspath(source)
        if not text or "\0" in text:
            raise InvalidInputError(f"a file is named by its path or address, not by {text!r}")
        location = cls(text, copies)
        if not location.is_address and _is_special(location.path):
            raise InvalidInputError(
                f"{text!r} is no regular file but a pipe or device, which can be read only once: write it to a file first"
            )
        return location

    @property
    def is_address(self) -> bool:
        """Whether fsspec is asked to open it."""
        return bool(_ADDRESS.match(self.source)) and not _exists(self.source)

    @property
    def shown(self) -> str:
        """The path, or the address without user, password, query and fragment: those may be secrets."""
        if not self.is_address:
            return self.source
        return without_secrets(self.source)

    @property
    def path(self) -> Path:
        """The path on this machine; of an address its last parts."""
        if self.is_address:
            return Path(PurePosixPath(urlsplit(self.shown.rpartition("::")[2]).path.lstrip("/") or "data"))
        return Path(self.source).expanduser()

    @property
    def file_name(self) -> str:
        """Last part of the path."""
        return self.path.name or self.path.resolve().name or "data"

    @property
    def suffix(self) -> str:
        """What the name ends in, in lower case, without that of a packer."""
        return Path(self._unpacked_name).suffix.lower()

    @property
    def stem(self) -> str:
        """The name without what it ends in."""
        name = self._unpacked_name
        return Path(name).stem if Path(name).suffix else name

    @property
    def _packer(self) -> str | None:
        ending = Path(self.file_name).suffix.lower()
        return ending if ending in _PACKED else None

    @property
    def _is_page(self) -> bool:
        """Whether it is an address of the web that names no folder: to look for links, all of it would be fetched."""
        return self.source.lower().startswith(("http://", "https://")) and not self.source.endswith("/")

    @property
    def _unpacked_name(self) -> str:
        return self.file_name[: -len(self._packer)] if self._packer else self.file_name

    def is_folder(self) -> bool:
        """Return whether it is a folder."""
        if not self.is_address:
            return self.path.is_dir()
        if self._packer or self.suffix or self._is_page:
            return False
        with self.translated():
            system, path = file_system(self.source)
            return bool(system.isdir(path))

    def below(self, name: str) -> Location:
        """Return the location of a file below this folder, named with forward slashes."""
        if self.is_address:
            return replace(self, source=f"{self.source.rstrip('/')}/{name}")
        return replace(self, source=fspath(self.path.joinpath(*PurePosixPath(name).parts)))

    def files(self) -> tuple[str, ...]:
        """Return the names, with forward slashes and in order, of all files of a folder and of the folders below it."""
        with self.translated():
            if not self.is_address:
                paths = (path for path in self.path.rglob("*") if path.is_file())
                return tuple(sorted(path.relative_to(self.path).as_posix() for path in paths))
            system, root = file_system(self.source)
            return tuple(sorted(path[len(root) :].lstrip("/") for path in system.find(root)))

    def size(self) -> int | None:
        """Return the bytes that are stored, None where nobody tells."""
        with self.translated():
            here = self._here()
            if here is not None:
                return here.stat().st_size
            system, path = file_system(self.source)
            size = system.size(path)
            return None if size is None else int(size)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open the file for reading from front to back, unpacked."""
        with self.translated(), self._stored() as stored:
            if self._packer is None:
                yield stored
            else:
                with cast(BinaryIO, _PACKED[self._packer](stored, "rb")) as unpacked:
                    yield unpacked

    @contextmanager
    def opened_anywhere(self) -> Iterator[BinaryIO]:
        """Open the file for reading at any place; a packed one, or one that comes as a stream, is copied first."""
        with self.opened() as file, self.translated():
            if self._packer is None and file.seekable():
                yield file
                return
            with tempfile.TemporaryFile(prefix="projector_export-") as copy:
                while block := file.read(_COPIED_BYTES):
                    copy.write(block)
                copy.seek(0)
                yield cast(BinaryIO, copy)

    def _here(self) -> Path | None:
        """Return where the bytes lie on this machine, None if they are read from an address each time."""
        if not self.is_address:
            return self.path
        return None if self.copies is None else self.copies.path_of(self.source)

    @contextmanager
    def _stored(self) -> Iterator[BinaryIO]:
        here = self._here()
        if here is not None:
            if here.is_dir():
                raise InvalidInputError(f"{self.shown!r} is a folder: name a file in it")
            with here.open("rb", buffering=_BUFFER_BYTES) as file:
                yield file
            return
        system, path = file_system(self.source)
        with system.open(path, "rb") as remote:
            yield cast(BinaryIO, io.BufferedReader(remote, _BUFFER_BYTES) if _is_plain(remote) else remote)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what goes wrong while a file is opened or read into a sentence without the secrets of its address."""
        try:
            yield
        except ProjectorExportError:
            raise
        except (gzip.BadGzipFile, EOFError, lzma.LZMAError, zlib.error) as error:
            raise CorruptFileError(f"{self.shown!r} is damaged or no {self._packer} file: fetch it again") from error
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no file {self.shown!r}") from _hidden(error, self)
        except ImportError as error:
            if not self.is_address:
                raise
            raise MissingExtraError(missing_package(self.source, error)) from None
        except OSError as error:
            raise (TransferError if self.is_address else InvalidInputError)(
                f"{self.shown!r} cannot be read: {reason_of(error)}"
            ) from _hidden(error, self)
        except Exception as error:
            if not self.is_address or not is_foreign(error):
                raise
            raise TransferError(f"{self.shown!r} cannot be read: {reason_of(error)}") from None


def _is_special(path: Path) -> bool:
    try:
        return path.exists() and not (path.is_file() or path.is_dir())
    except OSError:
        return False


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # longer than a file's name can be, as signed addresses are
        return False


def _hidden(error: BaseException, location: Location) -> BaseException | None:
    """Return the cause that may be shown: that of an address can quote its secrets."""
    return None if location.is_address else error


def _is_plain(remote: object) -> bool:
    return isinstance(remote, io.RawIOBase) or is_http(remote)
