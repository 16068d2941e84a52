"""Rows that are near neighbours of very many others, and rows that are so of none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Hubness", "measure"]

HUB = 2


@dataclass(frozen=True)
class Hubness:
    """Figures of N_k, the number of rows among whose k nearest neighbours a row is.

    Parameters
    ----------
    skewness
        ``mean((N_k - m)**3) / standard deviation**3``; 0 where all rows have as many.
    hub_share
        Share of rows with ``N_k >= 2 k``.
    antihub_share
        Share of rows with ``N_k = 0``.
    robin_hood
        ``sum |N_k - m| / (2 sum N_k)``: the share of all places that would have to move to make them equal.
    n_neighbors
        k.
    n_rows
        Rows that were counted.
    """

    skewness: float
    hub_share: float
    antihub_share: float
    robin_hood: float
    n_neighbors: int
    n_rows: int


def measure(indices: npt.NDArray[np.integer]) -> Hubness:
    """Count how often each row is a neighbour.

    Parameters
    ----------
    indices
        The k nearest rows of each row, shape ``(n_rows, k)``; a negative number is no row.

    Notes
    -----
    Skewness: Radovanović, Nanopoulos and Ivanović (2010, JMLR 11:2487), not corrected for bias. Hubs, antihubs and the Robin
    Hood index: Feldbauer and Flexer (2019), as in scikit-hubness.
    """
    n_rows, k = indices.shape
    counts = np.bincount(indices[indices >= 0], minlength=n_rows).astype(np.float64)
    centred = counts - counts.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    return Hubness(
        skewness=float(np.mean((centred / spread) ** 3)) if spread > 0 else 0.0,
        hub_share=float(np.mean(counts >= HUB * k)),
        antihub_share=float(np.mean(counts == 0)),
        robin_hood=float(np.abs(centred).sum() / (2 * counts.sum())) if counts.any() else 0.0,
        n_neighbors=k,
        n_rows=n_rows,
    )
