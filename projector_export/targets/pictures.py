"""The files of a table's layouts and selections: views for people, exact coordinates for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from projector_export.formats import bookmarks
from projector_export.formats.bookmarks import OwnView, View
from projector_export.provenance import JSONValue, Step
from projector_export.table import EmbeddingTable
from projector_export.targets.layout_file import file_names, write_layout
from projector_export.targets.selections import filled_selections, selection_views
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
        The file of views first; empty where there is neither layout nor selection.
    entries
        One for each layout, for the manifest.
    n_selections
        Selections that are views too.
    """

    files: tuple[FileRecord, ...] = ()
    entries: tuple[dict[str, JSONValue], ...] = ()
    n_selections: int = 0

    @property
    def bookmarks(self) -> str:
        """Name of the file of views, empty where there is none."""
        return self.files[0].name if self.files else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the views are opened."""
        parts = []
        if self.entries:
            parts.append(
                "one view of all points" if len(self.entries) == 1 else f"{len(self.entries)} views of all points"
            )
        if self.n_selections:
            parts.append(
                "one selection of points" if self.n_selections == 1 else f"{self.n_selections} selections of points"
            )
        if not parts:
            return ()
        return (f"{' and '.join(parts)}: click on one in the viewer's panel Bookmarks, at the lower right",)


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
    if max_rows is not None and viewer.n_rows > max_rows:
        viewer = viewer.take(np.arange(max_rows), Step("first rows", {"n_rows": max_rows}))
    selections = filled_selections(viewer)
    if not viewer.layouts and not selections:
        return Pictures()
    rotations: list[JSONValue] = []

    def views() -> Iterator[View | OwnView]:
        background: View | None = None
        for view, orientation in views_of(viewer):
            rotations.append(orientation.rotation.tolist())
            background = view if background is None else background
            yield view
        yield from selection_views(viewer, background)

    saved = write_pieces(folder / bookmarks.FILE_NAME, bookmarks.encode(views()))
    names = file_names(table.layouts)
    exact = [write_layout(folder / name, layout) for name, layout in zip(names, table.layouts, strict=True)]
    entries = tuple(
        {**layout.as_json(), "file": name, "view": True, "view_rotation": rotation}
        for layout, name, rotation in zip(table.layouts, names, rotations, strict=True)
    )
    return Pictures((saved, *exact), entries, len(selections))


def expected_bytes(table: EmbeddingTable, viewer: EmbeddingTable) -> int:
    """Return how many bytes the files of layouts and selections take, at most."""
    n_components = min(bookmarks.MAX_COMPONENTS, viewer.n_dims)
    placed = [*viewer.layouts, *(viewer.layouts[:1] * len(filled_selections(viewer)))]
    a_row = sum(BYTES_A_COMPONENT * n_components + BYTES_A_COORDINATE * each.n_components for each in placed)
    return a_row * viewer.n_rows + sum(layout.coordinates.nbytes for layout in table.layouts)
