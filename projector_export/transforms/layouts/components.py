"""Coordinates on the first principal axes, which every saved view of the viewer brings along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.recipe import Progress, stage
from projector_export.transforms.moments import principal_axes
from projector_export.vectors import Float32Array

__all__ = ["N_COMPONENTS", "components", "principal_coordinates"]

N_COMPONENTS = 10
"""Principal components that the viewer computes and offers (vz_projector, ``data.ts``: ``NUM_PCA_COMPONENTS``)."""


def components(table: EmbeddingTable, *, progress: Progress | None = None) -> EmbeddingTable:
    """Return the table with its ``components``: exact coordinates on up to ten principal axes.

    Parameters
    ----------
    table
        Finite vectors. One that has its components is returned as it is.
    progress
        Called with a stage, rows done and all rows.

    Notes
    -----
    There are as many as the table has dimensions and as ``n_rows - 1`` centred rows can span, but one at least. Signs are
    those of :class:`~projector_export.transforms.moments.Axes`.
    """
    return table if table.components is not None else replace(table, components=principal_coordinates(table, progress))


def principal_coordinates(table: EmbeddingTable, progress: Progress | None = None) -> Float32Array:
    """Return the table's ``components``, computed where it has none."""
    if table.components is not None:
        return table.components
    n_components = max(1, min(N_COMPONENTS, table.n_dims, table.n_rows - 1))
    axes = principal_axes(table.vectors, n_components, progress=stage(progress, "principal axes"))
    projection = axes.components.T
    coordinates = np.empty((table.n_rows, n_components), dtype=np.float32)
    report = stage(progress, "principal components")
    for first, block in table.blocks():
        coordinates[first : first + len(block)] = (block - axes.mean) @ projection
        if report:
            report(first + len(block), table.n_rows)
    coordinates.flags.writeable = False
    return coordinates
