"""One range of a remote file on its way to disk: in parts side by side, resumed after a kill."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path
from threading import Event, Lock
from typing import IO

import orjson

from projector_export.errors import WriteError
from projector_export.sources.huggingface.range_request import RemoteIdentity
from projector_export.sources.huggingface.ranges import RemoteFile, StoppedError
from projector_export.vectors import Progress

__all__ = ["CONNECTIONS", "PART_BYTES", "PartDownload", "replace_file"]

PART_BYTES = 16 * 2**20
"""Bytes that one request asks for."""

CONNECTIONS = 4
"""Requests at a time."""

_DURABLE_BYTES = 8 * 2**20
"""After so many bytes of a part they are flushed to the disk and recorded, so that a kill loses no more."""


class PartDownload:
    """One range on its way to one file. The caller holds the file's lock.

    The bytes gather in ``<target>.partial``, and ``<target>.parts.json`` tells how many of each part are safely there.
    The record is written after the bytes are on the disk, so that it never promises too much, not even after the power
    failed.

    Parameters
    ----------
    file
        Where the bytes come from.
    identity
        Content that they have to be of; a record of another content is not resumed.
    begin, end
        First byte and the byte after the last one.
    target
        File that exists once all bytes are in it.
    progress
        Told how many bytes are there and how many are wanted.
    """

    def __init__(
        self,
        file: RemoteFile,
        identity: RemoteIdentity,
        begin: int,
        end: int,
        target: Path,
        progress: Progress | None,
    ) -> None:
        self._file = file
        self._identity = identity
        self._begin = begin
        self._size = end - begin
        self._target = target
        self._partial = target.with_name(f"{target.name}.partial")
        self._record = target.with_name(f"{target.name}.parts.json")
        self._progress = progress
        self._lock = Lock()
        self._stop = Event()
        self._durable: list[int] = []
        self._received: list[int] = []

    def run(self) -> None:
        """Fetch what is missing and put the whole in its place.

        Raises
        ------
        TransferError, CorruptFileError, NotFoundError, InvalidInputError
            As :meth:`RemoteFile.stream`; what came until then is kept.
        WriteError
            If the disk has too little room.
        OSError
            If the folder cannot be written.
        """
        self._durable = self._resumable()
        self._received = list(self._durable)
        self._check_free_space()
        self._partial.touch()
        os.truncate(self._partial, self._size)
        self._tell()
        self._fetch_parts()
        self._partial.replace(self._target)
        self._record.unlink(missing_ok=True)

    def _part_size(self, part: int) -> int:
        return min(PART_BYTES, self._size - part * PART_BYTES)

    def _resumable(self) -> list[int]:
        nothing = [0] * -(-self._size // PART_BYTES)
        try:
            record = orjson.loads(self._record.read_bytes())
            done = [int(count) for count in record["done"]]
            same = record["identity"] == asdict(self._identity) and record["part_bytes"] == PART_BYTES
            same = same and self._partial.stat().st_size == self._size and len(done) == len(nothing)
        except (OSError, ValueError, TypeError, KeyError):
            return nothing
        fits = same and all(0 <= count <= self._part_size(part) for part, count in enumerate(done))
        return done if fits else nothing

    def _check_free_space(self) -> None:
        # The holes of the sparse partial file are not taken from the disk yet.
        needed = self._size - sum(self._durable)
        free = shutil.disk_usage(self._target.parent).free
        if needed > free:
            raise WriteError(
                f"{self._file.described}: {needed:,} bytes are to be fetched, but the disk of "
                f"{str(self._target.parent)!r} has only {free:,} free: make room, or set PROJECTOR_EXPORT_CACHE to a "
                "folder on another disk"
            )

    def _fetch_parts(self) -> None:
        missing = [part for part, count in enumerate(self._durable) if count < self._part_size(part)]
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="projector-export") as pool:
            futures = [pool.submit(self._fetch_part, part) for part in missing]
            try:
                wait(futures)
            finally:
                self._stop.set()
        errors = [error for future in futures if (error := future.exception()) is not None]
        errors.sort(key=lambda error: isinstance(error, StoppedError))
        if errors:
            raise errors[0]

    def _fetch_part(self, part: int) -> None:
        start = part * PART_BYTES
        with self._partial.open("rb+") as partial:
            partial.seek(start + self._durable[part])
            try:
                self._file.stream(
                    self._begin + start + self._durable[part],
                    self._begin + start + self._part_size(part),
                    lambda chunk: self._take(part, partial, chunk),
                    expected=self._identity,
                    stop=self._stop,
                )
            except BaseException:
                self._stop.set()
                raise
            finally:
                self._make_durable(part, partial)

    def _take(self, part: int, partial: IO[bytes], chunk: bytes) -> None:
        partial.write(chunk)
        with self._lock:
            self._received[part] += len(chunk)
            self._tell()
        if self._received[part] - self._durable[part] >= _DURABLE_BYTES:
            self._make_durable(part, partial)

    def _make_durable(self, part: int, partial: IO[bytes]) -> None:
        partial.flush()
        os.fsync(partial.fileno())
        with self._lock:
            self._durable[part] = self._received[part]
            record = {"identity": asdict(self._identity), "part_bytes": PART_BYTES, "done": self._durable}
            replace_file(self._record, orjson.dumps(record))

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(sum(self._received), self._size)


def replace_file(path: Path, content: bytes) -> None:
    """Give a small file new content, all or nothing.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
