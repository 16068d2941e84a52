"""Layouts as files for programs: exact coordinates of every row, in numpy's format."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from projector_export.table import Layout
from projector_export.targets.folders import slug
from projector_export.targets.tensor_file import FileRecord, write_pieces

__all__ = ["SUFFIX", "file_names", "write_layout"]

SUFFIX = ".npy"


def file_names(layouts: Sequence[Layout]) -> list[str]:
    """Return a file name for each layout, unique even where upper and lower case are the same."""
    names: list[str] = []
    for layout in layouts:
        stem = name = f"layout-{slug(layout.name)}"
        number = 1
        while name.casefold() in map(str.casefold, names):
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return [f"{name}{SUFFIX}" for name in names]


def write_layout(path: Path, layout: Layout) -> FileRecord:
    """Write the exact coordinates of every row as ``.npy``, format 1.0, little-endian float32 in C order."""
    array = layout.coordinates.astype("<f4", copy=False)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(array))
    return write_pieces(path, (head.getvalue(), memoryview(array.reshape(-1).view(np.uint8))))
