"""The number of dimensions that rows fill near each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["IntrinsicDimension", "two_nn"]

DISCARDED = 0.1


@dataclass(frozen=True)
class IntrinsicDimension:
    """Estimates of TwoNN.

    Parameters
    ----------
    fit
        Slope through the origin of ``-log(1 - F)`` on ``log(r2 / r1)`` without the largest tenth; None where all ratios are 1.
    maximum_likelihood
        ``N / sum of log(r2 / r1)`` over all ratios; None where all are 1.
    n_rows
        Ratios that were used.
    n_dropped
        Rows with a neighbour at distance 0, or without two neighbours.
    """

    fit: float | None
    maximum_likelihood: float | None
    n_rows: int
    n_dropped: int


def two_nn(nearest: npt.NDArray[np.float64]) -> IntrinsicDimension:
    """Estimate the dimension from the distances r1 and r2 of rows to their two nearest neighbours.

    Parameters
    ----------
    nearest
        Euclidean distances, shape ``(n_rows, 2)``, the smaller one first.

    Notes
    -----
    Facco, d'Errico, Rodriguez and Laio (2017, Scientific Reports 7:12140): the ratio ``r2 / r1`` has the distribution
    ``F(m) = 1 - m**-d`` whatever the density. F of the i-th smallest ratio, from 0, is ``i / N``.
    """
    nearer, farther = nearest.T
    usable = np.isfinite(farther) & (nearer > 0)
    logarithms = np.sort(np.log(farther[usable] / nearer[usable]))
    n_rows = len(logarithms)
    kept = logarithms[: int(n_rows * (1 - DISCARDED))]
    heights = -np.log1p(-np.arange(len(kept)) / max(1, n_rows))
    power, total = float(kept @ kept), float(logarithms.sum())
    return IntrinsicDimension(
        fit=float(kept @ heights) / power if power > 0 else None,
        maximum_likelihood=n_rows / total if total > 0 else None,
        n_rows=n_rows,
        n_dropped=len(nearest) - n_rows,
    )
