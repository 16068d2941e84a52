"""``manifest.json`` of an export, read back: nothing in it is believed before it was checked.

Writer: ``targets/manifest.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from projector_export.errors import CorruptFileError, excerpt
from projector_export.formats.viewer_limits import MAX_SPRITE_SIDE
from projector_export.provenance import JSONValue

__all__ = ["CHECKPOINT", "FILE_NAME", "ExportManifest", "LayoutEntry", "SpriteEntry", "decode"]

CHECKPOINT = "vectors.ckpt"
"""Prefix of the checkpoint's files."""

FILE_NAME = "manifest.json"

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class LayoutEntry:
    """One layout: its coordinates are in the file beside the manifest."""

    name: str
    method: str
    file: str
    parameters: Mapping[str, JSONValue]


@dataclass(frozen=True)
class SpriteEntry:
    """The image of all thumbnails, beside the manifest.

    Parameters
    ----------
    file
        Its name.
    size
        ``(width, height)`` of one thumbnail in pixels.
    n_columns
        Thumbnails in a line, and lines.
    n_rows
        Rows that it shows: those that the viewer was given.
    """

    file: str
    size: tuple[int, int]
    n_columns: int
    n_rows: int


@dataclass(frozen=True)
class ExportManifest:
    """What an export says of itself.

    Parameters
    ----------
    name
        What the viewer calls the tensor.
    shape
        ``(n_rows, n_dims)`` of all rows.
    created
        When it was written, ISO 8601.
    has_metadata
        Whether ``metadata.tsv`` belongs to it.
    layouts
        Layouts of all rows.
    sprite
        The thumbnails, if it has any.
    """

    name: str
    shape: tuple[int, int]
    created: str
    has_metadata: bool
    layouts: tuple[LayoutEntry, ...]
    sprite: SpriteEntry | None = None


def decode(text: str, *, where: str = FILE_NAME) -> ExportManifest:
    """Read the text of ``manifest.json``.

    Raises
    ------
    CorruptFileError
        If it is no manifest of this program, or names a file outside its folder.
    """
    try:
        return _manifest(json.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CorruptFileError(
            f"{where} is no manifest of an export ({type(error).__name__}: {excerpt(error)}): export that tensor again"
        ) from error


def _manifest(content: Mapping[str, Any]) -> ExportManifest:
    if content["tool"] != "projector_export":
        raise ValueError("it is another program's")
    n_rows, n_dims = content["shape"]
    if type(n_rows) is not int or type(n_dims) is not int or n_rows < 1 or n_dims < 1:
        raise ValueError(f"its shape is {content['shape']!r}")
    return ExportManifest(
        str(content["name"]),
        (n_rows, n_dims),
        str(content.get("created", "")),
        "metadata.tsv" in content["files"],
        tuple(_layout(entry) for entry in content.get("layouts", ())),
        _sprite(content.get("viewer") or {}),
    )


def _layout(entry: Mapping[str, JSONValue]) -> LayoutEntry:
    file, parameters = _file(entry), entry.get("parameters", {})
    if not isinstance(parameters, dict):
        raise TypeError(f"the parameters of a layout are {parameters!r}")
    return LayoutEntry(str(entry["name"]), str(entry["method"]), file, parameters)


def _sprite(viewer: Mapping[str, Any]) -> SpriteEntry | None:
    entry = viewer.get("sprite")
    if entry is None:
        return None
    (width, height), n_columns, n_rows = entry["thumbnail_size"], entry["n_columns"], viewer["shape"][0]
    numbers = (width, height, n_columns, n_rows)
    if not all(type(number) is int and number > 0 for number in numbers):
        raise ValueError(f"its thumbnails are {excerpt(numbers)}")
    if n_columns * max(width, height) > MAX_SPRITE_SIDE or n_rows > n_columns**2:
        raise ValueError(
            f"its {n_rows:,} thumbnails of {width:,} x {height:,} pixels do not stand in {n_columns:,} columns"
        )
    return SpriteEntry(_file(entry), (width, height), n_columns, n_rows)


def _file(entry: Mapping[str, Any]) -> str:
    file = str(entry["file"])
    if not _PLAIN_NAME.fullmatch(file):
        raise ValueError(f"{file!r} is no name of a file beside it")
    return file
