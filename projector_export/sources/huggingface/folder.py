"""A model whose files lie on this machine: a folder, or a single file of weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.formats import safetensors_header
from projector_export.provenance import JSONValue

__all__ = ["LocalFiles", "open_local", "read_head"]

_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")
_LFS_POINTER = b"version https://git-lfs"


def open_local(path: Path) -> LocalFiles:
    """Open a folder or a file of weights.

    Raises
    ------
    InvalidInputError
        If the file is of a kind that holds no tensors of the Hugging Face formats.
    NotFoundError
        If the path is neither a file nor a folder.
    """
    if path.is_dir():
        return LocalFiles(path, None)
    if not path.is_file():
        raise NotFoundError(f"{str(path)!r} is neither a file nor a folder")
    if path.suffix.lower() == ".gguf":
        raise InvalidInputError(
            f"{str(path)!r} is a GGUF file: give the folder or the Hub id of the model that it was made of"
        )
    if path.suffix.lower() not in _WEIGHT_SUFFIXES:
        raise InvalidInputError(
            f"{str(path)!r} is no file of weights (known are {', '.join(_WEIGHT_SUFFIXES)}): "
            "give such a file, a model's folder, or a Hub id"
        )
    return LocalFiles(path.parent, path.name)


@dataclass(frozen=True)
class LocalFiles:
    """A model's folder, as a storage.

    Parameters
    ----------
    folder
        Where the files lie.
    weight_file
        Name of the one file in it that holds the tensors, or ``None`` if any may.
    """

    folder: Path
    weight_file: str | None

    @property
    def name(self) -> str:
        """Path that the user gave."""
        return str(self.folder / self.weight_file if self.weight_file else self.folder)

    @property
    def is_local(self) -> bool:
        """Always."""
        return True

    def describe(self) -> Mapping[str, JSONValue]:
        """Return the kind and the absolute path."""
        return {"kind": "file" if self.weight_file else "folder", "path": str(Path(self.name).absolute())}

    def files(self) -> tuple[str, ...]:
        """Return the names of the files at the top of the folder, sorted."""
        try:
            return tuple(sorted(entry.name for entry in self.folder.iterdir() if entry.is_file()))
        except OSError as error:
            raise InvalidInputError(f"{str(self.folder)!r} cannot be listed: {error.strerror}") from error

    def small_file(self, name: str) -> Path | None:
        """Return the file's path; ``None`` if there is no such file."""
        path = self.folder / name
        return path if path.is_file() else None

    def head(self, name: str) -> tuple[bytes, int]:
        """Return a safetensors file's first bytes, to the end of its header, and its size."""
        return read_head(self.whole_file(name))

    def bytes_on_disk(self, name: str, begin: int, end: int) -> tuple[Path, int]:
        """Return the file itself and ``begin``."""
        path = self.whole_file(name)
        if path.stat().st_size < end:
            raise CorruptFileError(f"{str(path)!r} became shorter while it was read: start again")
        return path.absolute(), begin

    def whole_file(self, name: str) -> Path:
        """Return the file's path.

        Raises
        ------
        NotFoundError
            If there is no such file.
        """
        path = self.small_file(name)
        if path is None:
            raise NotFoundError(f"{name!r} is missing from {str(self.folder)!r}: fetch the model again, all its files")
        return path


def read_head(path: Path) -> tuple[bytes, int]:
    """Return a safetensors file's first bytes, to the end of its header, and the size of the file.

    Raises
    ------
    CorruptFileError
        If the file is a Git LFS pointer, or promises more header than it has.
    InvalidInputError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            start = file.read(len(_LFS_POINTER))
            if start == _LFS_POINTER:
                raise CorruptFileError(
                    f"{str(path)!r} is a Git LFS pointer and not the file itself: run `git lfs pull` in its folder"
                )
            length = _checked_head_size(path, start, size)
            return start + file.read(max(0, length - len(start))), size
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _checked_head_size(path: Path, start: bytes, size: int) -> int:
    try:
        return min(safetensors_header.header_size(start), size)
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r}: {error}") from error
