"""Addresses that fsspec opens, what may be said of them, and what goes wrong with them."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import urlsplit

from projector_export.errors import InvalidInputError
from projector_export.optional import EXTRAS

__all__ = ["FileSystem", "file_system", "is_foreign", "is_http", "missing_package", "reason_of", "without_secrets"]

_PACKAGES = {"http": "aiohttp", "https": "aiohttp", "s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}
_CUT = frozenset({"ClientPayloadError", "ServerDisconnectedError", "IncompleteRead", "ConnectionResetError"})
_SILENT = frozenset({"TimeoutError", "FSTimeoutError"})


class FileSystem(Protocol):
    """What is asked of a file system of fsspec."""

    def isdir(self, path: str) -> bool:
        """Return whether a path is a folder."""

    def find(self, path: str) -> list[str]:
        """Return all files below a folder."""

    def size(self, path: str) -> int | None:
        """Return the bytes of a file."""

    def open(self, path: str, mode: str) -> AbstractContextManager[io.RawIOBase]:
        """Open a file."""

    def get_file(self, rpath: str, lpath: str, **options: object) -> object:
        """Bring a file over."""


def file_system(source: str, **options: object) -> tuple[FileSystem, str]:
    """Return who opens an address, and what he calls the file.

    Parameters
    ----------
    source
        The address.
    **options
        For the file system of its first part.

    Raises
    ------
    InvalidInputError
        If fsspec knows no such addresses.
    """
    from fsspec.core import url_to_fs

    scheme = re.split(r"::|://", source, maxsplit=1)[0]
    try:
        system, path = url_to_fs(source, **options)
    except ValueError as error:
        raise InvalidInputError(f"{scheme!r} is no kind of address that fsspec knows") from error
    return system, str(path)


def is_http(system: object) -> bool:
    """Tell whether a file system, or a file of it, is that of web servers."""
    return type(system).__module__.startswith("fsspec.implementations.http")


def without_secrets(address: str) -> str:
    """Return an address without user, password, query and fragment, all of its parts where it is a chain."""
    return "::".join(_bare(part) for part in address.split("::"))


def _bare(part: str) -> str:
    if "://" not in part:
        return part
    address = urlsplit(part)
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"


def missing_package(source: str, error: ImportError) -> str:
    """Return a sentence that says what has to be installed."""
    scheme = source.partition(":")[0]
    package = str(error.name or getattr(error.__cause__, "name", None) or _PACKAGES.get(scheme, ""))
    install = f"'projector-export[{EXTRAS[package]}]'" if package in EXTRAS else package or f"'fsspec[{scheme}]'"
    return f"reading addresses of {scheme}:// needs a package that is not installed: pip install {install}"


def is_foreign(error: BaseException) -> bool:
    """Tell whether a package of a file system raised an error, and not this program."""
    return type(error).__module__.partition(".")[0] not in {"builtins", "projector_export"}


def reason_of(error: BaseException) -> str:
    """Return in a few words why a server gave no file; nothing of its address, which may hold secrets."""
    status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        return f"the server answers {status}"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & _SILENT:
        return "the server did not answer in time: try again"
    if kinds & _CUT:
        return "the connection was cut off: try again"
    return getattr(error, "strerror", None) or type(error).__name__
