"""All or nothing: an export becomes visible in one step, or not at all.

Every export is written into a folder of its own, below the folder that people open. The folder counts only once the document
that the viewer reads first (``projector_config.pbtxt``, ``config.json``) names it, and that document is replaced by one
``os.replace``. Until then a file ``.partial``, locked by the running export, marks the folder; an export that was killed
leaves it unlocked, and the next export sweeps the folder away unless the document names it. Folders that an export replaces
are marked in the same way just before. Two exports at once take turns at the document.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from projector_export.errors import ProjectorExportError, WriteError

__all__ = ["LOCK_NAME", "MANIFEST_NAME", "PARTIAL_NAME", "Publication", "Retire", "publication", "replace_text", "slug"]

LOCK_NAME = ".projector_export.lock"
PARTIAL_NAME = ".partial"
MANIFEST_NAME = "manifest.json"

Retire = Callable[[Iterable[str]], None]
"""Takes the names of folders that are no longer needed once the document is replaced."""

_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


def slug(name: str) -> str:
    """Return a folder name that every file system takes, and that needs no quoting in a shell or a URL."""
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:64].strip(".-") or "embeddings"
    return f"{text}-" if _RESERVED.fullmatch(text) else text


@dataclass(frozen=True)
class Publication:
    """An export that is being written.

    Parameters
    ----------
    parent
        The folder that people open; it exists.
    folders
        One new folder below it for each tensor.
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
                if _is_own(self.parent, name):
                    retired.append(self.parent / name)
                    (retired[-1] / PARTIAL_NAME).touch()

        with _turn(self.parent):
            replace_document(retire)
            for folder, lock in zip(self.folders, self.locks, strict=True):
                lock.release()
                (folder / PARTIAL_NAME).unlink(missing_ok=True)
            for folder in retired:
                _remove(folder)


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
    made = _missing_parents(parent)
    opened: Publication | None = None
    try:
        with _told(parent):
            parent.mkdir(parents=True, exist_ok=True)
            _require_space(parent, n_bytes)
            with _turn(parent):
                _sweep(parent, referenced())
                opened = _open_folders(parent, names)
            yield opened
    except BaseException:
        _undo(opened, made, parent)
        raise


def replace_text(path: Path, text: str) -> None:
    """Put a text file in the place of another in one step; the caller sees to it that nobody else does."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _open_folders(parent: Path, names: Sequence[str]) -> Publication:
    folders: list[Path] = []
    locks: list[FileLock] = []
    for name in names:
        folder = _new_folder(parent, slug(name))
        lock = FileLock(folder / PARTIAL_NAME, timeout=0)
        lock.acquire()
        folders.append(folder)
        locks.append(lock)
    return Publication(parent, tuple(folders), tuple(locks))


def _new_folder(parent: Path, name: str) -> Path:
    """Make a folder; an empty one, as an export leaves that was killed right after this, is taken over."""
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            if not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()):
                number += 1
                continue
        return folder


@contextmanager
def _turn(parent: Path) -> Iterator[None]:
    with FileLock(parent / LOCK_NAME, timeout=600):
        yield


def _sweep(parent: Path, referenced: set[str]) -> None:
    for mark in parent.glob(f"*/{PARTIAL_NAME}"):
        try:
            with FileLock(mark, timeout=0):
                pass
        except Timeout:
            continue
        if mark.parent.name in referenced:
            mark.unlink(missing_ok=True)
        else:
            _remove(mark.parent)


def _remove(folder: Path) -> None:
    """Delete a folder, its mark last, so that a half-deleted one is still known for what it is."""
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if path.name != PARTIAL_NAME:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _is_own(parent: Path, name: str) -> bool:
    """Tell whether a folder holds an export and nothing else: a run below it, or anybody's file, is not ours to delete."""
    folder = parent / name
    if not name or folder.parent != parent or folder.is_symlink():
        return False
    try:
        manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(manifest, dict) or manifest.get("tool") != "projector_export":
        return False
    written = {MANIFEST_NAME, PARTIAL_NAME, *manifest.get("files", ())}
    return all(path.name in written for path in folder.iterdir())


def _missing_parents(parent: Path) -> list[Path]:
    return [folder for folder in (parent, *parent.parents) if not folder.exists()]


def _undo(opened: Publication | None, made: Sequence[Path], parent: Path) -> None:
    if opened is not None:
        for folder, lock in zip(opened.folders, opened.locks, strict=True):
            lock.release(force=True)
            _remove(folder)
    if parent in made and parent.exists():
        with _turn(parent):
            if [entry.name for entry in parent.iterdir()] == [LOCK_NAME]:
                (parent / LOCK_NAME).unlink()
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
    except NotImplementedError as error:
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
