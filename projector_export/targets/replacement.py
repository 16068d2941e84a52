"""One file in the place of another, in one step or not at all."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path

from projector_export.errors import InvalidInputError, NotFoundError, WriteError

__all__ = ["check_replaceable", "put_in_place", "replace_bytes"]

RETRY_SECONDS = (0.05, 0.1, 0.2, 0.4)
"""Windows refuses to replace a file while somebody reads it."""


def check_replaceable(path: Path) -> None:
    """Tell at once what would keep :func:`replace_bytes` from writing a file, before anything long begins.

    Raises
    ------
    InvalidInputError
        If it is a folder.
    NotFoundError
        If its folder does not exist.
    WriteError
        If its folder may not be written to.
    """
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder: give the name of a file in it")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {folder} for {path.name}: make it, or choose another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WriteError(f"cannot write to {folder}: choose a folder you may write to")


def replace_bytes(path: Path, data: bytes) -> None:
    """Put a file in the place of another.

    Parameters
    ----------
    path
        The file; where it is a link, what it leads to is replaced.
    data
        The new content.

    Raises
    ------
    WriteError
        If it cannot be written; the old file is then as it was.
    """
    path = path.resolve()
    temporary = path.with_name(f".projector_export-{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, path)
    except OSError as error:
        raise WriteError(_sentence(path, error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def put_in_place(temporary: Path, path: Path) -> None:
    """Put a written file in the place of another in one step."""
    for seconds in RETRY_SECONDS:
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(seconds)
        else:
            return
    temporary.replace(path)


def _sentence(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk that holds {path.parent} is full: make room or choose another folder for {path.name}"
    return f"cannot write {path} ({error.strerror or error}): choose a file you may write"
