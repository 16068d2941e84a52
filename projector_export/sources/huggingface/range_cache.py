"""Ranges of remote files on disk: there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from filelock import FileLock

from projector_export.errors import ProjectorExportError, WriteError
from projector_export.sources.huggingface.part_download import PartDownload, replace_file
from projector_export.sources.huggingface.range_request import RemoteIdentity
from projector_export.sources.huggingface.ranges import RemoteFile
from projector_export.vectors import Progress

__all__ = ["RangeCache", "told_as_write_error"]


@dataclass(frozen=True)
class RangeCache:
    """Ranges of one remote file at one commit.

    Parameters
    ----------
    folder
        Where they lie; made when needed.
    """

    folder: Path

    def find(self, begin: int, end: int) -> Path | None:
        """Return the file that holds bytes ``begin`` to ``end``, if they are there."""
        path = self.folder / f"{begin}-{end}"
        return path if path.is_file() and path.stat().st_size == end - begin else None

    def find_head(self) -> tuple[bytes, RemoteIdentity] | None:
        """Return the remote file's first bytes and its identity, if both are there."""
        try:
            record = orjson.loads((self.folder / "identity.json").read_bytes())
            identity = RemoteIdentity(str(record["etag"]), int(record["size"]))
            head = (self.folder / "head").read_bytes()
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return (head, identity) if len(head) == record.get("head_bytes") else None

    def keep_head(self, head: bytes, identity: RemoteIdentity) -> None:
        """Keep the remote file's first bytes and its identity.

        Raises
        ------
        WriteError
            If the disk is full or the folder cannot be written.
        """
        with told_as_write_error(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self.folder / "head", head)
            record = {**asdict(identity), "head_bytes": len(head)}
            replace_file(self.folder / "identity.json", orjson.dumps(record))

    def fetch(
        self, file: RemoteFile, identity: RemoteIdentity, begin: int, end: int, progress: Progress | None
    ) -> Path:
        """Return the file that holds bytes ``begin`` to ``end``, fetching what of them is not there yet.

        Two processes that want the same range fetch it once: the second waits for the first.

        Parameters
        ----------
        file
            Where they come from.
        identity
            Content that they have to be of.
        begin, end
            First byte and the byte after the last one.
        progress
            Told how far it is.

        Raises
        ------
        TransferError, CorruptFileError, NotFoundError, InvalidInputError
            As :meth:`RemoteFile.stream`. What was fetched is kept for the next time.
        WriteError
            If the disk is full or the folder cannot be written.
        """
        with told_as_write_error(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            target = self.folder / f"{begin}-{end}"
            with FileLock(f"{target}.lock"):
                if self.find(begin, end) is None:
                    PartDownload(file, identity, begin, end, target, progress).run()
            return target


@contextmanager
def told_as_write_error(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while a cache folder is written into the sentence that says which folder and what to do."""
    try:
        yield
    except ProjectorExportError:
        raise
    except OSError as error:
        raise WriteError(
            f"what is fetched cannot be kept in {str(folder)!r}: {error.strerror or error}; "
            "set PROJECTOR_EXPORT_CACHE to a folder that can be written"
        ) from error
