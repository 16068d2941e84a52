"""Mean and principal axes of a table, exact, in one walk through its blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Progress, Vectors, blocks_of

__all__ = ["Axes", "mean", "principal_axes"]

SCATTER_BLOCK_BYTES = 8 * 2**20
"""Float32 bytes of one block that is multiplied by itself: each product costs ``n_dims ** 2`` besides its rows."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal axes of centred rows.

    Parameters
    ----------
    mean
        Mean row, float64, shape ``(n_dims,)``.
    components
        Unit axes as rows, by falling variance, float64, shape ``(k, n_dims)``. The entry of largest absolute value in
        each is positive, so that the same table always gives the same axes.
    variances
        Variance along each axis (divided by ``n_rows - 1``), shape ``(k,)``.
    total_variance
        Sum over all axes, also those that were not asked for.
    """

    mean: npt.NDArray[np.float64]
    components: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]
    total_variance: float


def mean(vectors: Vectors) -> npt.NDArray[np.float64]:
    """Return the mean row, summed up in float64, shape ``(n_dims,)``."""
    total = np.zeros(vectors.shape[1])
    for _, block in blocks_of(vectors):
        total += block.sum(axis=0, dtype=np.float64)
    return total / vectors.shape[0]


def principal_axes(vectors: Vectors, n_components: int, *, progress: Progress | None = None) -> Axes:
    """Return the axes of largest variance, from the exact covariance matrix in float64.

    Parameters
    ----------
    vectors
        Finite rows.
    n_components
        Number of axes, 1 to ``n_dims``.
    progress
        Called after each block; with 0 of 0 while LAPACK solves.

    Notes
    -----
    Memory grows with ``n_dims ** 2`` and not with rows: one matrix, to which BLAS adds (``dsyrk``) and which LAPACK solves for
    the wanted axes in place (``dsyevr``). Blocks are centred before they are multiplied, so that a mean far from zero costs no
    digits.
    """
    from scipy.linalg import eigh

    n_dims = vectors.shape[1]
    centre = mean(vectors)
    covariance = _upper_covariance(vectors, centre, progress)
    if progress:
        progress(0, 0)  # from here on nobody can say how far it is
    total = float(np.trace(covariance))
    wanted = (n_dims - n_components, n_dims - 1)
    values, axes = eigh(
        covariance, lower=False, subset_by_index=wanted, overwrite_a=True, check_finite=False, driver="evr"
    )
    del covariance  # before the axes are copied: at 4,096 dimensions it holds 134 MB
    components = np.ascontiguousarray(axes.T[::-1])
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[np.arange(len(components)), largest])[:, None]
    return Axes(centre, components, np.maximum(values[::-1], 0.0), max(total, 0.0))


def _upper_covariance(
    vectors: Vectors, centre: npt.NDArray[np.float64], progress: Progress | None
) -> npt.NDArray[np.float64]:
    """Return the covariance matrix in Fortran order; only its upper triangle and diagonal are filled."""
    from scipy.linalg.blas import dsyrk

    n_rows, n_dims = vectors.shape
    scatter = np.zeros((n_dims, n_dims), order="F")
    for start, block in blocks_of(vectors, block_bytes=SCATTER_BLOCK_BYTES):
        scatter = dsyrk(1.0, (block - centre).T, beta=1.0, c=scatter, overwrite_c=True)
        if progress:
            progress(start + len(block), n_rows)
    scatter /= max(1, n_rows - 1)
    return np.asarray(scatter)
