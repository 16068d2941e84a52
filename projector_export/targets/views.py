"""Layouts as views in the viewer: rotated so that their shape survives, coloured, labelled, and wholly in sight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.formats.bookmarks import MAX_COMPONENTS, NO_COLOR, View
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable, Figure, Layout
from projector_export.targets.camera import camera_of
from projector_export.targets.coloring import color_of_picture, text_column, viewer_name
from projector_export.targets.orientation import Orientation, equal_extents
from projector_export.vectors import Float32Array

__all__ = ["label_of", "views_of"]

TOLD_PARAMETERS = ("n_neighbors", "perplexity", "min_dist", "n_landmarks", "target")
"""What people compare layouts by, the most telling first."""


def views_of(viewer: EmbeddingTable) -> Iterator[tuple[View, Orientation]]:
    """Yield a view for each layout of what the viewer is given, and how the layout was rotated for it.

    Raises
    ------
    InvalidInputError
        If the table has layouts and no principal components, or a layout wants a colour that the viewer does not offer.
    """
    if not viewer.layouts:
        return
    components = _components(viewer)
    text = viewer_name(viewer, text_column(viewer))
    for layout in viewer.layouts:
        color = color_of_picture(viewer, layout.color)
        orientation = equal_extents(layout.coordinates)
        largest = np.abs(orientation.coordinates).max()
        yield (
            View(
                label_of(layout),
                orientation.coordinates,
                components,
                viewer.n_dims,
                camera_of(orientation.coordinates / (largest or 1.0)),
                NO_COLOR if color is None else viewer_name(viewer, color),
                text,
            ),
            orientation,
        )


def label_of(layout: Layout) -> str:
    """Return what the bookmark panel shows, the most important first: a line there holds some 25 characters.

    Examples
    --------
    >>> label_of(Layout("umap 2d", "umap", np.zeros((3, 2)), {"n_neighbors": 15, "seed": 0}))
    'umap 2d · n_neighbors 15'
    """
    parts = [layout.name]
    if layout.quality is not None:
        parts += [
            f"trust {_told(layout.quality.trustworthiness, 3)}",
            f"recall {layout.quality.neighbour_recall.value:.2f}",
        ]
    parts += _told_parameters(layout.name, layout.parameters)
    return " · ".join(parts)


def _told(figure: Figure, n_digits: int) -> str:
    error = f" ±{figure.standard_error:.{n_digits}f}" if figure.standard_error else ""
    return f"{figure.value:.{n_digits}f}{error}"


def _told_parameters(name: str, parameters: Mapping[str, JSONValue]) -> list[str]:
    told = [(key, parameters[key]) for key in TOLD_PARAMETERS if key in parameters and key not in name]
    texts = [(key, f"{value:g}" if isinstance(value, (int, float)) else value) for key, value in told]
    return [f"{key} {text}" for key, text in texts if isinstance(text, str)]


def _components(viewer: EmbeddingTable) -> Float32Array:
    """Return as many principal components as the PCA tab's menus offer, zeros beyond those that there are."""
    if viewer.components is None:
        raise InvalidInputError(
            f"table {viewer.name!r} has layouts and no principal components, without which the viewer's PCA tab would be "
            "empty: write it by projector_export.write, or give it components first (transforms.layouts.components)"
        )
    n_offered = min(MAX_COMPONENTS, viewer.n_dims)
    found = viewer.components[:, :n_offered]
    padding = np.zeros((len(found), n_offered - found.shape[1]), np.float32)
    return np.hstack([found, padding])
