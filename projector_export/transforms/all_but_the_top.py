"""All-but-the-top: take away the mean and the few directions that all rows share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable
from projector_export.transforms.moments import principal_axes
from projector_export.vectors import Float32Array, MappedVectors, Progress

__all__ = ["all_but_the_top", "check_directions"]


def check_directions(n_directions: int | None, *, n_dims: int) -> int:
    """Return how many directions are taken away from so many dimensions; by default a hundredth of them.

    Raises
    ------
    InvalidInputError
        If not one dimension would be left.
    """
    n_taken = max(1, round(n_dims / 100)) if n_directions is None else n_directions
    if not 1 <= n_taken < n_dims:
        raise InvalidInputError(
            f"{n_taken:,} directions cannot be taken away from {n_dims:,} dimensions: choose 1 to {n_dims - 1:,}"
        )
    return n_taken


def all_but_the_top(
    table: EmbeddingTable, n_directions: int | None = None, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Return the centred table without its first principal directions.

    Parameters
    ----------
    table
        Finite vectors.
    n_directions
        Directions to take away, 1 to ``n_dims - 1``; by default a hundredth of the dimensions, at least one, as the paper
        suggests.
    progress
        Called with rows done and all rows.

    Raises
    ------
    InvalidInputError
        If ``n_directions`` is out of range.

    Notes
    -----
    Mu and Viswanath 2018, "All-but-the-Top" (arXiv:1702.01417), Algorithm 1, with the projections of the *centred* rows
    taken away; with those of the raw rows, as printed there, every result would differ by one constant vector.
    """
    n_taken = check_directions(n_directions, n_dims=table.n_dims)
    axes = principal_axes(table.vectors, n_taken, progress=progress)

    def remove(block: Float32Array) -> npt.NDArray[np.float64]:
        centred = block - axes.mean
        return np.asarray(centred - (centred @ axes.components.T) @ axes.components, dtype=np.float64)

    share = float(axes.variances.sum() / axes.total_variance) if axes.total_variance else 0.0
    step = Step("all_but_the_top", {"n_directions": n_taken, "variance_taken": share})
    return table.with_vectors(MappedVectors(table.vectors, table.n_dims, remove), step)
