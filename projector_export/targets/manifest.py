"""``manifest.json``: what an export is, where it came from, and the digests of its files."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.targets.tensor_file import FileRecord, Nudge

__all__ = ["SCHEMA_VERSION", "encode"]

SCHEMA_VERSION = 1
"""Raised when a reader of older manifests would misread a newer one."""


def encode(
    table: EmbeddingTable,
    viewer: EmbeddingTable,
    files: Sequence[FileRecord],
    *,
    layouts: Sequence[Mapping[str, JSONValue]] = (),
    sprite: Mapping[str, JSONValue] | None = None,
    nudge: Nudge | None = None,
) -> bytes:
    """Return the text of ``manifest.json``.

    Parameters
    ----------
    table
        All rows.
    viewer
        What the viewer is given; the same object where it takes all of it.
    files
        What was written beside the manifest.
    layouts
        One entry for each layout of the table.
    sprite
        Which file holds the thumbnails of what the viewer is given, and how, if any.
    nudge
        The one value that the viewer's file holds differently, if any.
    """
    content: dict[str, JSONValue] = {
        "tool": "projector_export",
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": dict(_versions()),
        "name": table.name,
        "shape": list(table.shape),
        "dtype": table.vectors.dtype,
        "columns": [column.name for column in table.columns],
        "provenance": table.provenance.as_json(),
        "viewer": {
            "shape": list(viewer.shape),
            "provenance": None if viewer is table else viewer.provenance.as_json(),
            "moved_value": None if nudge is None else _moved(nudge),
            "sprite": None if sprite is None else dict(sprite),
        },
        "layouts": [dict(entry) for entry in layouts],
        "selections": [
            {"name": each.name, "reason": each.reason, "n_rows": len(each.rows)} for each in table.selections
        ],
        "files": {record.name: {"bytes": record.n_bytes, **record.digest} for record in files},
    }
    return (json.dumps(content, indent=2, ensure_ascii=True) + "\n").encode()


def _moved(nudge: Nudge) -> dict[str, JSONValue]:
    return {
        "why": "TensorBoard reads a raw tensor whose first bytes are valid UTF-8 as text and fails",
        "row": nudge.row,
        "dimension": nudge.dimension,
        "original": nudge.original,
        "written": nudge.written,
        "ulps": nudge.ulps,
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "numpy": np.__version__}
    for name in ("projector-export", "tokenizers", "huggingface-hub"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
