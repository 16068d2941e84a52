"""Exact principal components: fewer dimensions, as much variance as any linear map can keep."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, counted
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable
from projector_export.transforms.moments import principal_axes
from projector_export.vectors import Float32Array, MappedVectors, Progress

__all__ = ["check_components", "principal_components"]


def check_components(n_components: int, *, n_dims: int, n_rows: int | None) -> None:
    """Raise InvalidInputError if a table has not so many principal components.

    Parameters
    ----------
    n_components
        Dimensions to keep.
    n_dims
        Dimensions that there are.
    n_rows
        Rows that there are, None where nobody has counted them.
    """
    limit = n_dims if n_rows is None else min(n_dims, n_rows)
    if not 1 <= n_components <= limit:
        rows = "" if n_rows is None else f"{counted(n_rows, 'row')} of "
        raise InvalidInputError(
            f"{n_components:,} principal components cannot be made of {rows}{n_dims:,} dimensions: choose 1 to {limit:,}"
        )


def principal_components(
    table: EmbeddingTable, n_components: int, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Return the table in the coordinates of its principal axes.

    Parameters
    ----------
    table
        Finite vectors.
    n_components
        Dimensions to keep, 1 to ``n_dims``.
    progress
        Called with rows done and all rows.

    Raises
    ------
    InvalidInputError
        If there are fewer dimensions, or fewer rows, than asked for.

    Notes
    -----
    From the eigenvectors of the covariance matrix (Pearson 1901; Jolliffe, *Principal Component Analysis*, 2002, section
    1.1); no random projection and no sampling. The table's own provenance keeps the share of variance.
    """
    check_components(n_components, n_dims=table.n_dims, n_rows=table.n_rows)
    axes = principal_axes(table.vectors, n_components, progress=progress)
    projection = axes.components.T

    def project(block: Float32Array) -> npt.NDArray[np.float64]:
        return np.asarray((block - axes.mean) @ projection, dtype=np.float64)

    kept = float(axes.variances.sum() / axes.total_variance) if axes.total_variance else None
    step = Step(
        "principal_components",
        {
            "n_components": n_components,
            "from_dims": table.n_dims,
            "variance_kept": kept,
            "explained_variance": axes.variances.tolist(),
        },
    )
    share = "though all rows are the same" if kept is None else f"which keeps {kept:.2%} of the variance"
    note = f"{table.n_dims:,} dimensions brought to {n_components:,} by exact PCA, {share}"
    return table.with_vectors(MappedVectors(table.vectors, n_components, project), step, note)
