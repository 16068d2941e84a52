"""What one anchor says about one layout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Float32Array

__all__ = ["FIGURES", "Neighbourhood", "figures_of", "neighbourhood", "squared_in_picture"]

FIGURES = ("trustworthiness", "continuity", "neighbour_recall", "triplet_accuracy")
"""In the order in which :func:`figures_of` returns them."""


class Neighbourhood(NamedTuple):
    """Squared distances of one anchor to all rows (infinite to itself), and its nearest rows."""

    squared: Float32Array
    nearest: npt.NDArray[np.int64]

    def ranks(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return for each row 1 and the number of rows that are strictly nearer to the anchor."""
        nearer = [np.count_nonzero(self.squared < distance) for distance in self.squared[rows]]  # sorting takes longer
        return np.array(nearer, dtype=np.int64) + 1


def neighbourhood(squared: Float32Array, k: int) -> Neighbourhood:
    """Find the nearest rows of one anchor.

    Parameters
    ----------
    squared
        Squared distances to all rows, infinite to the anchor itself, shape ``(n_rows,)``.
    k
        Size of the neighbourhood; among equally near rows those of lower row number belong to it.
    """
    nearest = np.flatnonzero(squared <= np.partition(squared, k - 1)[k - 1])
    if len(nearest) > k:
        nearest = nearest[np.argsort(squared[nearest], kind="stable")[:k]]
    return Neighbourhood(squared, nearest)


def squared_in_picture(axes: Float32Array, anchor: int) -> Float32Array:
    """Return squared distances of one row to all rows, infinite to itself.

    Parameters
    ----------
    axes
        Coordinates, one axis a line, shape ``(2 or 3, n_rows)``.
    anchor
        Row number.
    """
    squared = np.zeros(axes.shape[1], dtype=np.float32)
    for axis in axes:
        difference = axis - axis[anchor]
        squared += difference * difference
    squared[anchor] = np.inf
    return squared


def figures_of(
    truth: Neighbourhood, picture: Neighbourhood, triplets: npt.NDArray[np.int64]
) -> tuple[float, float, float, float]:
    """Return the figures of one anchor, in the order of :data:`FIGURES`.

    Parameters
    ----------
    truth
        Of the anchor among the vectors.
    picture
        Of the same anchor in the layout.
    triplets
        Pairs of other rows, shape ``(n_triplets, 2)``.
    """
    k, n_rows = len(truth.nearest), len(truth.squared)
    worst = k * (2 * n_rows - 3 * k - 1) / 2
    ranks = truth.ranks(picture.nearest)
    intruders = float(np.maximum(ranks - k, 0).sum())
    missing = float(np.maximum(picture.ranks(truth.nearest) - k, 0).sum())
    recall = float(np.count_nonzero(ranks <= k)) / k
    agree = _nearer(truth, triplets) == _nearer(picture, triplets)
    return 1 - intruders / worst, 1 - missing / worst, recall, float(agree.mean())


def _nearer(side: Neighbourhood, triplets: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """Return -1 where the first row of a pair is nearer to the anchor, 1 where the second one is, 0 where neither."""
    first, second = side.squared[triplets[:, 0]], side.squared[triplets[:, 1]]
    return (first > second).astype(np.int8) - (first < second).astype(np.int8)
