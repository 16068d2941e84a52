"""The files of a table's layouts: views for people, exact coordinates for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from projector_export.formats import bookmarks
from projector_export.formats.bookmarks import View
from projector_export.provenance import JSONValue, Step
from projector_export.table import EmbeddingTable
from projector_export.targets.layout_file import file_names, write_layout
from projector_export.targets.tensor_file import FileRecord, write_pieces
from projector_export.targets.views import views_of

__all__ = ["Pictures", "expected_bytes", "write_pictures"]

BYTES_A_COMPONENT = 14
BYTES_A_COORDINATE = 16
"""At most, with its key, in the file of views."""


@dataclass(frozen=True)
class Pictures:
    """What was written.

    Parameters
    ----------
    files
        The file of views first; empty where there is no layout.
    entries
        One for each layout, for the manifest.
    """

    files: tuple[FileRecord, ...] = ()
    entries: tuple[dict[str, JSONValue], ...] = ()

    @property
    def bookmarks(self) -> str:
        """Name of the file of views, empty where there is none."""
        return self.files[0].name if self.files else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the views are opened."""
        if not self.entries:
            return ()
        count = "one view" if len(self.entries) == 1 else f"{len(self.entries)} views"
        return (f"{count} of all points: click on one in the viewer's panel Bookmarks, at the lower right",)


def write_pictures(
    folder: Path, table: EmbeddingTable, viewer: EmbeddingTable, *, max_rows: int | None = None
) -> Pictures:
    """Write the views of what the viewer is given, and the coordinates of all rows.

    Parameters
    ----------
    folder
        Where the tensor's files are.
    table
        All rows.
    viewer
        What the viewer is given.
    max_rows
        The viewer shows the first of them only, if there are more.

    Raises
    ------
    InvalidInputError
        As :func:`views_of` does.
    """
    if not viewer.layouts:
        return Pictures()
    if max_rows is not None and viewer.n_rows > max_rows:
        viewer = viewer.take(np.arange(max_rows), Step("first rows", {"n_rows": max_rows}))
    rotations: list[JSONValue] = []

    def views() -> Iterator[View]:
        for view, orientation in views_of(viewer):
            rotations.append(orientation.rotation.tolist())
            yield view

    saved = write_pieces(folder / bookmarks.FILE_NAME, bookmarks.encode(views()))
    names = file_names(table.layouts)
    exact = [write_layout(folder / name, layout) for name, layout in zip(names, table.layouts, strict=True)]
    entries = tuple(
        {**layout.as_json(), "file": name, "view": True, "view_rotation": rotation}
        for layout, name, rotation in zip(table.layouts, names, rotations, strict=True)
    )
    return Pictures((saved, *exact), entries)


def expected_bytes(table: EmbeddingTable, viewer: EmbeddingTable) -> int:
    """Return how many bytes the files of layouts take, at most."""
    n_components = min(bookmarks.MAX_COMPONENTS, viewer.n_dims)
    a_row = sum(BYTES_A_COMPONENT * n_components + BYTES_A_COORDINATE * each.n_components for each in viewer.layouts)
    return a_row * viewer.n_rows + sum(layout.coordinates.nbytes for layout in table.layouts)
