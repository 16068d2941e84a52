"""A look at an HDF5 file in a process of its own, before this one trusts the HDF5 library with it.

Over a damaged file the library can crash, or go round in circles for ever, deaf to every signal that Python handles
(``H5HGcache.c``, ``H5HG__cache_heap_deserialize``: a heap whose objects have no length). Neither may happen to the program that
asked for the file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from os import fspath
from pathlib import Path

from projector_export.errors import CorruptFileError
from projector_export.tensor_files.file_window import FilePlace

__all__ = ["alongside"]

START = """
import sys
arguments, sys.path[:] = sys.argv[1:5], sys.argv[5:]
from projector_export.tensor_files import hdf5_walk
hdf5_walk.main(arguments)
"""
LEAST_SECONDS = 10
MOST_SECONDS = 300
SECONDS_A_MEGABYTE = 2
"""Four times what a walk through a file of nothing but small objects takes."""

MOST_REMEMBERED = 1024
_survived: OrderedDict[tuple[int, ...], None] = OrderedDict()


@contextmanager
def alongside(place: FilePlace) -> Iterator[None]:
    """Let another process walk through a file while the block runs, and wait for it at the end of the block.

    A file is walked through once as long as it stays the same. What the walk finds wrong is left to the caller to meet and to
    tell: only how it ends counts. Where there is no interpreter to start (a frozen program), there is no walk.

    Raises
    ------
    CorruptFileError
        If the walk crashes or takes longer than through any sound file of that size.
    """
    identity, n_bytes = _identity(place)
    if identity in _survived or getattr(sys, "frozen", False) or not sys.executable:
        yield
        return
    seconds = int(min(LEAST_SECONDS + SECONDS_A_MEGABYTE * n_bytes / 2**20, MOST_SECONDS))
    with _walk(place, n_bytes, seconds) as process:
        yield
        try:
            status = process.wait(None if os.name == "posix" else seconds)
        except subprocess.TimeoutExpired:
            status = -1
    if status < 0 or status >= 0xC0000000:  # a signal; on Windows an exception's number
        raise CorruptFileError(f"{place.shown!r} is damaged: the HDF5 library breaks down over it")
    _survived[identity] = None
    if len(_survived) > MOST_REMEMBERED:
        _survived.popitem(last=False)


def _identity(place: FilePlace) -> tuple[tuple[int, ...], int]:
    """Return what tells a file from all others and from its own earlier self, and its length."""
    found = Path(place.path).stat()
    n_bytes = found.st_size - place.offset if place.size is None else place.size
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, place.offset, n_bytes), n_bytes


@contextmanager
def _walk(place: FilePlace, n_bytes: int, seconds: int) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [str(seconds), fspath(place.path), str(place.offset), str(n_bytes)]
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments, *sys.path],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # numpy need not start threads that nobody uses
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
