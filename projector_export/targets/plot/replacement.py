"""One file in the place of another, in one step or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from projector_export.errors import WriteError

__all__ = ["replace_bytes"]


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
        temporary.replace(path)
    except OSError as error:
        raise WriteError(_sentence(path, error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _sentence(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk that holds {path.parent} is full: make room or choose another folder for {path.name}"
    return f"cannot write {path} ({error.strerror or error}): choose a file you may write"
