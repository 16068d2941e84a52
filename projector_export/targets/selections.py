"""Selections as views in the viewer: the rows that somebody should look at, marked and labelled on the map.

Reader: ``vz_projector/vz-projector.ts`` (``loadState``, ``notifySelectionChanged``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from projector_export.formats.bookmarks import NO_COLOR, OwnView, View
from projector_export.table import EmbeddingTable, Selection
from projector_export.targets.coloring import color_column, text_column, viewer_name

__all__ = ["MAX_SELECTED", "filled_selections", "selection_views"]

MAX_SELECTED = 10_000
"""The viewer places the labels of all selected points in each frame: 7 ms for so many without a graphics card."""


def filled_selections(table: EmbeddingTable) -> tuple[Selection, ...]:
    """Return the selections of a table that hold rows."""
    return tuple(selection for selection in table.selections if len(selection.rows))


def selection_views(viewer: EmbeddingTable, background: View | None) -> Iterator[View | OwnView]:
    """Yield a view for each selection that holds rows of what the viewer is given.

    Parameters
    ----------
    viewer
        What the viewer is given.
    background
        The view of a layout in which the rows are marked; without one, the viewer's own PCA.

    Notes
    -----
    Of more than :data:`MAX_SELECTED` rows an even sample is selected, and the label says so.
    """
    for selection in filled_selections(viewer):
        n_rows = len(selection.rows)
        n_selected = min(n_rows, MAX_SELECTED)
        rows = selection.rows[np.arange(n_selected) * n_rows // n_selected]
        count = f"{n_rows:,}" if n_selected == n_rows else f"{n_selected:,} of {n_rows:,}"
        label, selected = f"{selection.name} · {count}", tuple(rows.tolist())
        if background is not None:
            yield replace(background, label=label, selected=selected)
        else:
            color = color_column(viewer)
            yield OwnView(
                label,
                viewer.n_rows,
                viewer.n_dims,
                NO_COLOR if color is None else viewer_name(viewer, color),
                viewer_name(viewer, text_column(viewer)),
                selected,
            )
