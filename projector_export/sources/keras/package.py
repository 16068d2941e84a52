"""The files of a saved Keras model: members of a ``.keras`` archive, or the same files in a folder.

Sources: ``keras/src/saving/saving_lib.py`` (``_save_model_to_fileobj``, ``save_model`` with ``zipped=False``) and PKWARE's
APPNOTE 4.3.7. Members are read by their names, in place; none is ever written under a name that an archive chose.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from projector_export.errors import (
    CorruptFileError,
    InvalidInputError,
    NotFoundError,
    ProjectorExportError,
    WriteError,
)
from projector_export.tensor_files.file_window import FilePlace

__all__ = ["CONFIG", "WEIGHTS", "Package", "is_archive", "open_package"]

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
OTHER_WEIGHTS = ("model.weights.npz", "model.weights.json")
SIGNATURE = b"PK\x03\x04"
MAX_MEMBER_BYTES = 2**28
MAX_FREE_BYTES = 2**28
LARGEST_RATIO = 100
LOCAL_HEADER_BYTES = 30
CHECKED_BYTES = 2**20


class Package(Protocol):
    """The files of a model."""

    @property
    def shown(self) -> str:
        """What errors call it."""

    @property
    def names(self) -> Sequence[str]:
        """All files, with ``/`` between folders."""

    def read(self, name: str) -> bytes:
        """Return the content of a small file."""

    def place(self, name: str) -> FilePlace:
        """Return where a large file lies."""


def is_archive(path: Path) -> bool:
    """Tell whether a file is an archive with a Keras model in it."""
    try:
        with open(path, "rb") as file:
            if file.read(4) != SIGNATURE:
                return False
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return CONFIG in names and any(name in names for name in (WEIGHTS, *OTHER_WEIGHTS))


def open_package(path: Path) -> Package:
    """Look at the files of a model.

    Raises
    ------
    ProjectorExportError
        If the archive is damaged, or has a member that lies outside it, that is there twice, encrypted, or far larger than
        what is stored of it; or the weights are not in an HDF5 file.
    """
    package: Package = _Folder(path) if path.is_dir() else _Archive.of(path)
    if WEIGHTS not in package.names:
        other = next((name for name in OTHER_WEIGHTS if name in package.names), None)
        if other is not None:
            raise InvalidInputError(
                f"{package.shown!r} has its weights in {other}: load it in Keras and save it again as one .keras file"
            )
        raise CorruptFileError(f"{package.shown!r} is no Keras model: it has no {WEIGHTS}")
    return package


@dataclass(frozen=True)
class _Folder:
    path: Path

    @property
    def shown(self) -> str:
        """What errors call it."""
        return str(self.path)

    @property
    def names(self) -> Sequence[str]:
        """All files."""
        return sorted(each.relative_to(self.path).as_posix() for each in self.path.rglob("*") if each.is_file())

    def read(self, name: str) -> bytes:
        """Return the content of a small file."""
        path = self.path / name
        try:
            if path.stat().st_size > MAX_MEMBER_BYTES:
                raise InvalidInputError(f"{name} of {self.shown!r} is too large: {path.stat().st_size:,} bytes")
            return path.read_bytes()
        except OSError as error:
            raise NotFoundError(f"cannot read {str(path)!r}: {error.strerror}") from error

    def place(self, name: str) -> FilePlace:
        """Return where a large file lies."""
        return FilePlace(self.path / name)


@dataclass(frozen=True)
class _Archive:
    path: Path
    members: dict[str, zipfile.ZipInfo]

    @classmethod
    def of(cls, path: Path) -> _Archive:
        """Read the directory of an archive."""
        with _told(str(path)), zipfile.ZipFile(path) as archive:
            members: dict[str, zipfile.ZipInfo] = {}
            for info in archive.infolist():
                _refuse_member(str(path), info, members)
                members[info.filename] = info
        return cls(path, members)

    @property
    def shown(self) -> str:
        """What errors call it."""
        return str(self.path)

    @property
    def names(self) -> Sequence[str]:
        """All files."""
        return list(self.members)

    def read(self, name: str) -> bytes:
        """Return the content of a small file."""
        info = self._member(name)
        if info.file_size > MAX_MEMBER_BYTES:
            raise InvalidInputError(f"{name} of {self.shown!r} is too large: {info.file_size:,} bytes")
        with _told(self.shown), zipfile.ZipFile(self.path) as archive:
            return archive.read(info)

    def place(self, name: str) -> FilePlace:
        """Return where a large file lies: in the archive, or unpacked in a temporary folder of its own."""
        info = self._member(name)
        shown = f"{self.shown}/{name}"
        if info.compress_type == zipfile.ZIP_STORED:
            stored = FilePlace(self.path, self._first_byte(info), info.file_size, shown)
            _check_sum(stored, info.CRC)
            return stored
        keeper = tempfile.TemporaryDirectory(prefix="projector_export-")
        target = Path(keeper.name) / "member"
        with _told(self.shown), zipfile.ZipFile(self.path) as archive, archive.open(info) as member:
            _copy(member, target, shown)
        return FilePlace(target, name=shown, keeper=keeper)

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self.members:
            raise NotFoundError(f"{self.shown!r} has no {name}")
        return self.members[name]

    def _first_byte(self, info: zipfile.ZipInfo) -> int:
        """Return where a member's bytes begin: behind its local header, whose lengths are its own."""
        with FilePlace(self.path).opened() as file:
            file.seek(info.header_offset)
            head = file.read(LOCAL_HEADER_BYTES) or b""
        if len(head) < LOCAL_HEADER_BYTES or head[:4] != SIGNATURE:
            raise CorruptFileError(f"{self.shown!r} is damaged: {info.filename!r} is not where its directory says")
        n_name, n_extra = struct.unpack("<HH", head[26:])
        return info.header_offset + LOCAL_HEADER_BYTES + int(n_name) + int(n_extra)


def _check_sum(stored: FilePlace, expected: int) -> None:
    """Compare the bytes of a member that is read where it lies with the sum in the directory, as unpacking would."""
    found = 0
    with stored.opened() as window:
        while block := window.read(CHECKED_BYTES):
            found = zlib.crc32(block, found)
    if found != expected:
        raise CorruptFileError(f"{stored.shown!r} is damaged: its check sum is wrong")


def _refuse_member(shown: str, info: zipfile.ZipInfo, earlier: dict[str, zipfile.ZipInfo]) -> None:
    name = info.filename
    if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name.split("/")[0]:
        raise InvalidInputError(
            f"{shown!r} has a member {name!r}, which lies outside the archive: it is no Keras model"
        )
    if name in earlier:
        raise CorruptFileError(f"{shown!r} has two members named {name!r}, so that it is not known which one is meant")
    if info.flag_bits & 1:
        raise InvalidInputError(f"{name!r} of {shown!r} is encrypted: save the model without a password")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InvalidInputError(f"{name!r} of {shown!r} is packed in an unusual way: save the model again in Keras")
    if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
        raise CorruptFileError(f"{name!r} of {shown!r} is stored as it is, but with another size: the file is damaged")
    if info.file_size > MAX_FREE_BYTES and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
        raise InvalidInputError(
            f"{name!r} of {shown!r} would grow from {info.compress_size:,} to {info.file_size:,} bytes: it is not unpacked"
        )


def _copy(member: IO[bytes], target: Path, shown: str) -> None:
    try:
        with open(target, "wb") as file:
            shutil.copyfileobj(member, file, 2**20)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise
    except OSError as error:
        raise WriteError(f"cannot unpack {shown!r} into {str(target.parent)!r}: {error.strerror or error}") from error


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Tell in one sentence what is wrong with an archive."""
    try:
        yield
    except ProjectorExportError:
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {shown!r}") from error
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise CorruptFileError(f"{shown!r} is damaged or no archive ({' '.join(str(error).split())[:200]})") from error
