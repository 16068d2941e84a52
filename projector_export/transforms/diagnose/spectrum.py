"""How many dimensions a table uses: figures of the eigenvalues of its covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.vectors import BLOCK_BYTES, Float32Array, Progress, Vectors, blocks_of

__all__ = ["Covariance", "covariance", "effective_rank", "entropy_dimensions", "isoscore", "participation_ratio"]

WIDE_FLOPS = 5e11
"""``n_rows * n_dims**2`` up to which rows are multiplied in float64."""

N_BLOCK_ROWS = 2_048


@dataclass(frozen=True, eq=False)
class Covariance:
    """Covariance of all rows.

    Parameters
    ----------
    matrix
        Divided by the number of rows, float64, symmetric, shape ``(n_dims, n_dims)``.
    eigenvalues
        Falling, 0 or more; those that rounding alone could make are 0.
    """

    matrix: npt.NDArray[np.float64]
    eigenvalues: npt.NDArray[np.float64]


def covariance(vectors: Vectors, mean: npt.NDArray[np.float64], *, progress: Progress | None = None) -> Covariance:
    """Return the covariance matrix and its eigenvalues.

    Parameters
    ----------
    vectors
        Finite rows.
    mean
        Their mean, shape ``(n_dims,)``.
    progress
        Called with rows done and all rows.

    Notes
    -----
    Centred rows are multiplied in float64 up to 5e11 products of two numbers. Above, the products of each 2,048 rows are
    float32 and are added up in float64: relative to the lengths of the two columns, entries are then good to about 1e-8.
    """
    from scipy.linalg import eigvalsh

    n_rows, n_dims = vectors.shape
    wide = 1.0 * n_rows * n_dims**2 <= WIDE_FLOPS
    matrix = np.zeros((n_dims, n_dims))
    for start, block in blocks_of(vectors, block_bytes=max(BLOCK_BYTES, 4 * n_dims * N_BLOCK_ROWS)):
        matrix += _scatter(block - mean, wide=wide)
        if progress:
            progress(start + len(block), n_rows)
    matrix /= n_rows
    values = eigvalsh(matrix, check_finite=False)[::-1]
    rounding = float(np.finfo(np.float64 if wide else np.float32).eps) * values[0]
    return Covariance(matrix, np.where(values > rounding, values, 0.0))


def _scatter(centred: npt.NDArray[np.float64], *, wide: bool) -> npt.NDArray[np.float64] | Float32Array:
    """Multiply rows by themselves; numpy gives such a product to ``syrk``, half the work."""
    if wide:
        return np.asarray(centred.T @ centred)
    short = centred.astype(np.float32)
    return np.asarray(short.T @ short)


def participation_ratio(eigenvalues: npt.NDArray[np.float64]) -> float:
    """Return ``(sum of l)**2 / sum of l**2``: the number of dimensions that would share the variance equally."""
    shares = eigenvalues / eigenvalues.sum()
    return float(1 / np.square(shares).sum())


def isoscore(eigenvalues: npt.NDArray[np.float64]) -> float:
    """Return the IsoScore (Rudman, Gillman, Rayne and Eickhoff 2022), 0 to 1; at least two eigenvalues.

    Its definition, with the eigenvalues scaled to length ``sqrt(d)``, ``t = |l - 1| / sqrt(2 (d - sqrt(d)))`` and
    ``((d - t**2 (d - sqrt(d)))**2 - d) / (d (d - 1))``, is ``(P - 1) / (d - 1)`` with the participation ratio P.
    """
    return (participation_ratio(eigenvalues) - 1) / (len(eigenvalues) - 1)


def effective_rank(eigenvalues: npt.NDArray[np.float64]) -> float:
    """Return ``exp(entropy)`` of the singular values of the centred rows, divided by their sum (Roy and Vetterli 2007)."""
    return _exponential_entropy(np.sqrt(eigenvalues))


def entropy_dimensions(eigenvalues: npt.NDArray[np.float64]) -> float:
    """Return ``exp(entropy)`` of the variances divided by their sum; at most the effective rank."""
    return _exponential_entropy(eigenvalues)


def _exponential_entropy(amounts: npt.NDArray[np.float64]) -> float:
    positive = amounts[amounts > 0]
    shares = positive / positive.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
