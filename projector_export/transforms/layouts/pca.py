"""Exact principal components as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.components import components, principal_coordinates
from projector_export.transforms.layouts.picture import with_picture
from projector_export.transforms.layouts.recipe import DEFAULT_SETTING, Progress, Recipe, Setting
from projector_export.transforms.layouts.requirements import require_different_rows, require_rows
from projector_export.transforms.layouts.start import check_start
from projector_export.vectors import Float32Array, Vectors, blocks_of

__all__ = ["Pca", "pca"]


@dataclass(frozen=True)
class Pca(Recipe):
    """Principal components, exact: the same table always gives the same picture.

    Parameters
    ----------
    n_components
        2 or 3.
    """

    method: ClassVar[str] = "pca"

    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError if the table spans too few dimensions."""
        del setting  # neither distances nor random numbers take part
        if table.n_dims < self.n_components:
            raise InvalidInputError(
                f"pca in {self.n_components} dimensions cannot be made of table {table.name!r}, which has {table.n_dims}"
            )
        require_rows(table, self.n_components + 1, f"pca in {self.n_components} dimensions")
        require_different_rows(table, self.method)


_DEFAULT = Pca()


def pca(
    table: EmbeddingTable,
    recipe: Pca = _DEFAULT,
    *,
    setting: Setting = DEFAULT_SETTING,
    start: Float32Array | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with its first principal components as a layout.

    Parameters
    ----------
    table
        Finite vectors; its ``components`` are used, or computed and kept.
    recipe
        Parameters.
    setting
        Not used: neither distances nor random numbers take part.
    start
        Earlier layout of these rows, shape ``(n_rows, n_components)``, NaN where it has none: the picture is laid onto it.
    progress
        Called with a stage, how much of it is done and how much there is.

    Raises
    ------
    InvalidInputError
        If the table spans too few dimensions, or ``start`` does not fit.

    Notes
    -----
    Pearson 1901; Jolliffe, *Principal Component Analysis*, 2002, section 1.1. The layout's parameters keep the share of
    the variance along each axis.
    """
    recipe.check(table, setting)
    if start is not None:
        check_start(table, recipe.n_components, start)
    table = components(table, progress=progress)
    coordinates = principal_coordinates(table)[:, : recipe.n_components].astype(np.float64)
    ratios = coordinates.var(axis=0) / total_variance(table.vectors)
    return with_picture(table, recipe, coordinates, {"explained_variance_ratio": ratios.tolist()}, start)


def total_variance(vectors: Vectors) -> float:
    """Return the sum of all dimensions' variances (divided by ``n_rows``), in one walk."""
    n_rows, n_dims = vectors.shape
    shift = vectors.read(0, 1).astype(np.float64)
    total, squares = np.zeros(n_dims), 0.0
    for _, block in blocks_of(vectors):
        moved = block - shift
        total += moved.sum(axis=0)
        squares += float(np.dot(moved.reshape(-1), moved.reshape(-1)))
    return squares / n_rows - float(np.dot(total, total)) / n_rows**2
