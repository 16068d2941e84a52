"""The last step of every layout: laid onto an earlier one if there is one, then put on the table with its history."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

import numpy as np
import numpy.typing as npt

from projector_export.provenance import JSONValue, Step
from projector_export.table import EmbeddingTable, Layout
from projector_export.transforms.layouts.alignment import align
from projector_export.transforms.layouts.recipe import Recipe
from projector_export.vectors import Float32Array

__all__ = ["library", "with_coordinates", "with_picture"]


def library(distribution: str) -> str:
    """Return name and version of an installed distribution."""
    return f"{distribution} {metadata.version(distribution)}"


def with_picture(
    table: EmbeddingTable,
    recipe: Recipe,
    coordinates: npt.NDArray[np.floating],
    found: Mapping[str, JSONValue],
    start: Float32Array | None,
    *notes: str,
) -> EmbeddingTable:
    """Return the table with one more layout.

    Parameters
    ----------
    table
        Rows of the picture.
    recipe
        How it was asked for.
    coordinates
        Shape ``(n_rows, n_components)``.
    found
        What else is needed to make it again (metric, seed, library), and what was found on the way.
    start
        Earlier picture, onto which this one is laid.
    notes
        Sentences that the user should be told.
    """
    parameters: dict[str, JSONValue] = {**recipe.parameters(), **found}
    return with_coordinates(table, recipe.name, recipe.method, coordinates, parameters, start, *notes)


def with_coordinates(
    table: EmbeddingTable,
    name: str,
    method: str,
    coordinates: npt.NDArray[np.floating],
    parameters: Mapping[str, JSONValue],
    start: Float32Array | None,
    *notes: str,
) -> EmbeddingTable:
    """Return the table with one more layout, which no recipe asked for; the parameters are those of the layout."""
    parameters = dict(parameters)
    if start is not None:
        aligned = align(np.asarray(coordinates, dtype=np.float64), start)
        coordinates = aligned.coordinates
        parameters["aligned_rows"] = int((~np.isnan(start).any(axis=1)).sum())
        parameters["disparity"] = aligned.disparity
    layout = Layout(name, method, coordinates.astype(np.float32), parameters)
    return table.with_layout(layout, Step(method, parameters), *notes)
