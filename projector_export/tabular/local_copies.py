"""Files at addresses, each brought over once, for who reads them several times."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, get_ident
from typing import TYPE_CHECKING

from projector_export.errors import InvalidInputError, WriteError
from projector_export.tabular.address import file_system, is_http, without_secrets
from projector_export.vectors import StageProgress

if TYPE_CHECKING:
    from fsspec.callbacks import Callback

__all__ = ["FETCHING", "LocalCopies", "local_copies"]

FETCHING = "fetching the file"
"""Name of the stage whose unit are bytes."""

_SILENCE = 60.0
"""Seconds in which a web server says nothing before it is given up."""
_PATIENCE = 2.0
"""Seconds for a transfer that is cancelled to close its file."""


class LocalCopies:
    """Copies in a temporary folder, which is made when it is needed.

    Parameters
    ----------
    progress
        Told about bytes, perhaps by another thread.
    """

    def __init__(self, progress: StageProgress | None = None) -> None:
        self._progress = progress
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._paths: dict[str, Path] = {}

    def path_of(self, source: str) -> Path:
        """Return the copy of the file at an address, which is brought over the first time.

        Raises
        ------
        WriteError
            If the copy does not fit on the disk.
        Exception
            Whatever a file system of fsspec raises.
        """
        if source not in self._paths:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="projector_export-", ignore_cleanup_errors=True)
            path = Path(self._folder.name, str(len(self._paths)))
            _fetch(source, path, self._progress)
            self._paths[source] = path
        return self._paths[source]

    def close(self) -> None:
        """Delete the copies."""
        self._paths.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


@contextmanager
def local_copies(progress: StageProgress | None = None) -> Iterator[LocalCopies]:
    """Keep copies until the block ends, however it ends."""
    copies = LocalCopies(progress)
    try:
        yield copies
    finally:
        copies.close()


def _fetch(source: str, path: Path, progress: StageProgress | None) -> None:
    system, remote = file_system(source)
    options: dict[str, object] = {}
    if is_http(system):
        options["headers"] = {**getattr(system, "kwargs", {}).get("headers", {}), "Accept-Encoding": "identity"}
        system, remote = file_system(source, client_kwargs=_patient(system))
    try:
        with _watched(progress) as callback:
            system.get_file(remote, str(path), callback=callback, **options)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise WriteError(
            f"{without_secrets(source)!r} does not fit into {str(path.parent.parent)!r} ({error.strerror}): let TMPDIR name a "
            "folder with more room"
        ) from None
    if not path.is_file():
        raise InvalidInputError(f"{without_secrets(source)!r} is a folder: name a file in it")


def _patient(system: object) -> dict[str, object]:
    """Return how a web server is asked for as long as it takes: aiohttp gives any answer five minutes in all."""
    from aiohttp import ClientTimeout

    timeout = ClientTimeout(total=None, sock_connect=_SILENCE, sock_read=_SILENCE)
    return {"timeout": timeout, **getattr(system, "client_kwargs", {})}


@contextmanager
def _watched(progress: StageProgress | None) -> Iterator[Callback]:
    """Give what fsspec tells of bytes; where the block ends early, so does what its own thread is at."""
    from fsspec.callbacks import Callback

    here, lock, is_over = get_ident(), Lock(), False
    tasks: set[asyncio.Task[object]] = set()

    def told(size: int | None, value: int, **_: object) -> None:
        if get_ident() != here and (task := asyncio.current_task()) is not None:
            tasks.add(task)
        with lock:
            if progress is not None and not is_over:
                progress(FETCHING, value, size or 0)

    try:
        yield Callback(hooks={"progress": told})
    except BaseException:
        with lock:
            is_over = True
        for task in tasks:
            _cancel(task)
        raise


def _cancel(task: asyncio.Task[object]) -> None:
    """Cancel a task of another thread, which closes its file then, and wait for that."""
    is_done = Event()

    def cancel() -> None:
        task.add_done_callback(lambda _: is_done.set())
        task.cancel()

    task.get_loop().call_soon_threadsafe(cancel)
    is_done.wait(_PATIENCE)
