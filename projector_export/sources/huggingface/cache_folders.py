"""Where ranges of remote files are kept, and which commit a branch or tag was when they were fetched."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import orjson

from projector_export.sources.huggingface.part_download import replace_file
from projector_export.sources.huggingface.range_cache import told_as_write_error

__all__ = ["cache_folder", "find_listing", "keep_listing"]


def cache_folder(repository: str, commit: str, name: str) -> Path:
    """Return the folder for ranges of one file: below ``PROJECTOR_EXPORT_CACHE``, or ``HF_HOME/projector_export``."""
    return _repository_folder(repository) / commit / _folder_name(name)


def keep_listing(repository: str, revision: str | None, commit: str, names: Sequence[str]) -> None:
    """Remember what a revision was, so that it can be read without network.

    Raises
    ------
    WriteError
        If the disk is full or the folder cannot be written.
    """
    listing = orjson.dumps({"commit": commit, "files": list(names)})
    for path in {_listing_path(repository, revision), _listing_path(repository, commit)}:
        with told_as_write_error(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, listing)


def find_listing(repository: str, revision: str | None) -> tuple[str, tuple[str, ...]] | None:
    """Return the commit and the files that a revision had when it was last fetched from; ``None`` if it never was."""
    try:
        listing = orjson.loads(_listing_path(repository, revision).read_bytes())
        return str(listing["commit"]), tuple(map(str, listing["files"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _repository_folder(repository: str) -> Path:
    from huggingface_hub import constants

    root = os.environ.get("PROJECTOR_EXPORT_CACHE") or Path(constants.HF_HOME) / "projector_export"
    return Path(root).expanduser() / _folder_name("models--" + repository.replace("/", "--"))


def _listing_path(repository: str, revision: str | None) -> Path:
    return _repository_folder(repository) / "revisions" / f"{_folder_name(revision or 'main')}.json"


def _folder_name(name: str) -> str:
    """Return a folder name for a name from outside, which may hold anything."""
    if re.fullmatch(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,99}", name):
        return name
    return "named-" + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
