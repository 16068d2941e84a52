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
from projector_export.provenance import JSONValue

__all__ = ["CHECKPOINT", "FILE_NAME", "ExportManifest", "LayoutEntry", "decode"]

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
    """

    name: str
    shape: tuple[int, int]
    created: str
    has_metadata: bool
    layouts: tuple[LayoutEntry, ...]


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
    )


def _layout(entry: Mapping[str, JSONValue]) -> LayoutEntry:
    file, parameters = str(entry["file"]), entry.get("parameters", {})
    if not _PLAIN_NAME.fullmatch(file):
        raise ValueError(f"{file!r} is no name of a file beside it")
    if not isinstance(parameters, dict):
        raise TypeError(f"the parameters of a layout are {parameters!r}")
    return LayoutEntry(str(entry["name"]), str(entry["method"]), file, parameters)
