"""Where an iterative layout begins: the principal components, or an earlier picture of the same rows."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.components import components, principal_coordinates
from projector_export.transforms.layouts.recipe import Progress, Recipe, Setting
from projector_export.transforms.neighbours import neighbours
from projector_export.vectors import Float32Array

__all__ = ["Float64Array", "check_start", "prepared", "starting_points"]

Float64Array: TypeAlias = npt.NDArray[np.float64]

NOISE = 1e-3
"""Standard deviation of what keeps equal rows apart, as a share of the widest axis."""


def prepared(
    table: EmbeddingTable, recipe: Recipe, setting: Setting, start: Float32Array | None, progress: Progress | None
) -> EmbeddingTable:
    """Return the table with what a layout of neighbours needs: them, and its principal components.

    Raises
    ------
    InvalidInputError
        If the layout cannot be made of this table, or ``start`` does not fit; before anything is computed.
    """
    recipe.check(table, setting)
    if start is not None:
        check_start(table, recipe.n_components, start)
    k = min(recipe.k, table.n_rows - 1)
    table = neighbours(table, k, metric=setting.metric, seed=setting.seed, progress=progress)
    return components(table, progress=progress)


def check_start(table: EmbeddingTable, n_components: int, start: Float32Array) -> None:
    """Raise InvalidInputError if coordinates are no earlier picture of these rows.

    Parameters
    ----------
    table
        Its rows are meant.
    n_components
        Of the new layout.
    start
        Shape ``(n_rows, n_components)``; a row of NaN is not known.
    """
    if start.ndim != 2 or start.shape != (table.n_rows, n_components):
        raise InvalidInputError(
            f"an earlier layout has to be of shape {(table.n_rows, n_components)} for {table.n_rows:,} rows in "
            f"{n_components} dimensions, not {start.shape}"
        )
    if np.isinf(start).any():
        raise InvalidInputError("an earlier layout holds infinite coordinates: mark unknown rows by NaN")
    known = start[_known(start)]
    if len(known) <= n_components or not np.ptp(known, axis=0).any():
        raise InvalidInputError(
            f"an earlier layout has to know the places of at least {n_components + 1} rows, not all the same; "
            f"this one knows {len(known):,} of {table.n_rows:,}"
        )


def starting_points(table: EmbeddingTable, n_components: int, start: Float32Array | None, seed: int) -> Float64Array:
    """Return where the rows begin: centred, the widest axis with a standard deviation of 1.

    Parameters
    ----------
    table
        With its ``components`` for a beginning from them, and its ``neighbours`` where rows of the earlier picture are
        missing.
    n_components
        2 or 3.
    start
        Earlier picture, checked, or None for the principal components.
    seed
        Of the noise that keeps equal rows apart and fills axes that the data do not have.
    """
    if start is None:
        points = np.zeros((table.n_rows, n_components))
        axes = principal_coordinates(table)[:, :n_components]
        points[:, : axes.shape[1]] = axes
    else:
        points = _filled(start.astype(np.float64), table)
    points -= points.mean(axis=0)
    points /= max(float(points.std(axis=0).max()), np.finfo(np.float64).tiny)
    return points + np.random.default_rng(seed).normal(scale=NOISE, size=points.shape)


def _known(start: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    return np.asarray(~np.isnan(start).any(axis=1))


def _filled(start: Float64Array, table: EmbeddingTable) -> Float64Array:
    """Put rows that are not known amid their known neighbours, or else amid all."""
    known = _known(start)
    middle = start[known].mean(axis=0)
    missing = np.flatnonzero(~known)
    start[missing] = middle
    if table.neighbours is not None and len(missing):
        near = table.neighbours.indices[missing]
        weights = known[near].astype(np.float64)
        counts = weights.sum(axis=1)
        sums = np.einsum("ij,ijk->ik", weights, start[near])
        some = counts > 0
        start[missing[some]] = sums[some] / counts[some, None]
    return start
