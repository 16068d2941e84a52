"""All or nothing: an export becomes visible in one step, or not at all.

Every export is written into a folder of its own, below the folder that people open. The folder counts only once the document
that the viewer reads first (``projector_config.pbtxt``, ``config.json``) names it, and that document is replaced by one
``os.replace``. Until then a file ``.partial``, locked by the running export, marks the folder; an export that was killed
leaves it unlocked, and the next export sweeps the folder away unless the document names it. Folders that an export replaces
are marked in the same way just before. Two exports at once take turns at the document. All this holds for processes that end
at any moment; for a machine that loses power it holds as far as its file system writes in order.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from projector_export.errors import CorruptFileError, ProjectorExportError, WriteError
from projector_export.targets.folders import PARTIAL_NAME, is_own, new_folder, remove, slug, sweep
from projector_export.targets.replacement import put_in_place

__all__ = [
    "LOCK_NAME",
    "Publication",
    "Retire",
    "publication",
    "read_document",
    "replace_text",
    "require_writable",
]

LOCK_NAME = ".projector_export.lock"

Retire = Callable[[Iterable[str]], None]
"""Takes the names of folders that are no longer needed once the document is replaced."""


@dataclass(frozen=True)
class Publication:
    """An export that is being written.

    Parameters
    ----------
    parent
        The folder that people open; it exists.
    folders
        One new folder below it for each tensor.
    locks
        What holds each folder's mark.
    """

    parent: Path
    folders: tuple[Path, ...]
    locks: tuple[FileLock, ...]

    def commit(self, replace_document: Callable[[Retire], None]) -> None:
        """Make the folders count.

        Parameters
        ----------
        replace_document
            Puts the new document in the place of the old one, atomically. Before that, it names the folders that the old
            one uses and the new one does not. Called while no other export of this program touches the parent.
        """
        retired: list[Path] = []

        def retire(names: Iterable[str]) -> None:
            for name in names:
                if is_own(self.parent, name):
                    retired.append(self.parent / name)
                    (retired[-1] / PARTIAL_NAME).touch()

        with _told(self.parent), _turn(self.parent):
            replace_document(retire)
            for folder, lock in zip(self.folders, self.locks, strict=True):
                lock.release()
                (folder / PARTIAL_NAME).unlink(missing_ok=True)
            for folder in retired:
                remove(folder)


@contextmanager
def publication(
    parent: Path, names: Sequence[str], *, n_bytes: int, referenced: Callable[[], set[str]]
) -> Iterator[Publication]:
    """Open folders for an export and take them away again if it fails.

    Parameters
    ----------
    parent
        The folder that people open; made if it does not exist, and removed again if the export fails.
    names
        What the tensors are called; the folders are named after them.
    n_bytes
        What will be written, roughly; refused at once if the disk has less.
    referenced
        Returns the folders that the present document names.

    Raises
    ------
    WriteError
        If the disk is full or the folder cannot be written to.
    """
    made: list[Path] = []
    opened: Publication | None = None
    try:
        with _told(parent):
            made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
            had_lock = (parent / LOCK_NAME).exists()
            parent.mkdir(parents=True, exist_ok=True)
            _require_space(parent, n_bytes)
            with _turn(parent):
                named = referenced()
                sweep(parent, named)
                opened = _open_folders(parent, names, named)
            yield opened
    except BaseException:
        if opened is not None:
            _take_back(opened, referenced)
        if not had_lock:
            _remove_lock(parent, made)
        raise


def require_writable(parent: Path) -> None:
    """Raise WriteError if nothing can be written to a folder, or to the one in which it would be made."""
    with _told(parent):
        nearest = next(folder for folder in (parent, *parent.parents) if folder.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise WriteError(f"cannot write to {nearest}: choose a folder you may write to")


def read_document(path: Path, *, encoding: str = "utf-8") -> str:
    """Return a document's text, empty where there is none.

    Raises
    ------
    CorruptFileError
        If it is not UTF-8.
    """
    try:
        return path.read_text(encoding=encoding)
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise CorruptFileError(
            f"{path} is not UTF-8, so that the viewer cannot read it either ({error}): save it as UTF-8, or delete it"
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Put a text file in the place of another in one step; the caller sees to it that nobody else does."""
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _open_folders(parent: Path, names: Sequence[str], taken: set[str]) -> Publication:
    folders: list[Path] = []
    locks: list[FileLock] = []
    for name in names:
        folder = new_folder(parent, slug(name), taken)
        lock = FileLock(folder / PARTIAL_NAME, timeout=0)
        lock.acquire()
        folders.append(folder)
        locks.append(lock)
    return Publication(parent, tuple(folders), tuple(locks))


@contextmanager
def _turn(parent: Path) -> Iterator[None]:
    with FileLock(parent / LOCK_NAME, timeout=600):
        yield


def _take_back(opened: Publication, referenced: Callable[[], set[str]]) -> None:
    """Remove folders, but not those that the document names: an interrupt may come after it was replaced."""
    with _turn(opened.parent):
        named = referenced()
        for folder, lock in zip(opened.folders, opened.locks, strict=True):
            lock.release(force=True)
            if folder.name in named:
                (folder / PARTIAL_NAME).unlink(missing_ok=True)
            else:
                remove(folder)


def _remove_lock(parent: Path, made: Sequence[Path]) -> None:
    """Remove the lock that a failed export brought, and the folders that it made, if nobody else uses them by now."""
    if parent.is_dir():
        with _turn(parent):
            if not any(parent.glob(f"*/{PARTIAL_NAME}")):
                (parent / LOCK_NAME).unlink(missing_ok=True)
    for folder in made:
        try:
            folder.rmdir()
        except OSError:
            return


def _require_space(parent: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(parent).free
    if free < n_bytes:
        raise WriteError(
            f"{parent} has {free / 1e6:,.0f} MB free and the export needs {n_bytes / 1e6:,.0f} MB: "
            "make room or choose another folder"
        )


@contextmanager
def _told(parent: Path) -> Iterator[None]:
    try:
        yield
    except ProjectorExportError:
        raise
    except Timeout as error:
        raise WriteError(
            f"another export has been writing to {parent} for ten minutes: wait for it, or end it"
        ) from error
    except NotImplementedError as error:  # filelock raises it where the system has no locks
        raise WriteError(
            f"the file system that holds {parent} has no file locks: export to a local folder and copy"
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WriteError(f"the disk that holds {parent} is full: make room or choose another folder") from error
        reason = error.strerror or str(error)
        raise WriteError(
            f"cannot write to {error.filename or parent} ({reason}): choose a folder you may write to"
        ) from error
