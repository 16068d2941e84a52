"""Folders of exports: their names, whose they are, and how they go away."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from projector_export.formats.export_manifest import CHECKPOINT
from projector_export.formats.export_manifest import FILE_NAME as MANIFEST_NAME

__all__ = [
    "CHECKPOINT",
    "MANIFEST_NAME",
    "PARTIAL_NAME",
    "is_own",
    "is_reserved",
    "new_folder",
    "remove",
    "slug",
    "sweep",
]

PARTIAL_NAME = ".partial"
"""Marks a folder that does not count: one that is being written, or about to be replaced."""

WRITTEN_NAMES = frozenset(
    {
        PARTIAL_NAME,
        MANIFEST_NAME,
        "bookmarks.json",
        "checkpoint",
        "findings.json",
        "metadata.tsv",
        "sprite.png",
        "vectors.bytes",
        f"{CHECKPOINT}.data-00000-of-00001",
        f"{CHECKPOINT}.index",
        "vectors.tsv",
        "viewer.bytes",
        "viewer.metadata.tsv",
    }
)
"""What an export may have written before it was killed: a folder with anything else is somebody's."""

_LAYOUT = re.compile(r"layout-[A-Za-z0-9._-]+\.npy")
"""Files of layouts are written too, each named after its layout."""


_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


def slug(name: str) -> str:
    """Return a folder name that every file system takes, and that needs no quoting in a shell or a URL."""
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:64].strip(".-") or "embeddings"
    return f"{text}-" if is_reserved(text) else text


def is_reserved(name: str) -> bool:
    """Tell whether Windows keeps a file name for a device."""
    return _RESERVED.fullmatch(name) is not None


def new_folder(parent: Path, name: str, taken: set[str]) -> Path:
    """Make a folder that nobody uses, numbered where the name is taken.

    An empty folder of that name, as an export leaves that was killed right after making it, is taken over.
    """
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        number += 1
        if folder.name in taken:
            continue
        try:
            folder.mkdir()
        except FileExistsError:
            if not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()):
                continue
        return folder


def sweep(parent: Path, referenced: set[str]) -> None:
    """Take away what killed exports left below a folder; what the document names only loses its mark."""
    for mark in parent.glob(f"*/{PARTIAL_NAME}"):
        try:
            with FileLock(mark, timeout=0):
                pass
        except Timeout:
            continue
        if mark.parent.name in referenced:
            mark.unlink(missing_ok=True)
        elif all(path.name in WRITTEN_NAMES or _LAYOUT.fullmatch(path.name) for path in mark.parent.iterdir()):
            remove(mark.parent)


def remove(folder: Path) -> None:
    """Delete a folder, its mark last, so that a half-deleted one is still known for what it is."""
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if path.name != PARTIAL_NAME:
            with suppress(OSError):
                path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def is_own(parent: Path, name: str) -> bool:
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
    files = manifest.get("files")
    written = {MANIFEST_NAME, PARTIAL_NAME, *(files if isinstance(files, dict) else ())}
    return all(path.name in written for path in folder.iterdir())
