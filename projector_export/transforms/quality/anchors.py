"""Sampled rows, and their distances to all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.vectors import BLOCK_BYTES, Float32Array

__all__ = ["Anchors", "draw", "squared_distances"]

N_TRIPLETS = 5
"""Of each anchor, as in the evaluation of Wang, Huang, Rudin and Shaposhnik (PaCMAP, JMLR 22, 2021)."""


@dataclass(frozen=True, eq=False)
class Anchors:
    """Rows on which a layout is measured.

    Parameters
    ----------
    rows
        Row numbers, increasing, int64, shape ``(n_anchors,)``.
    triplets
        Two other rows for each of 5 triplets, int64, shape ``(n_anchors, 5, 2)``; the three rows are distinct.
    """

    rows: npt.NDArray[np.int64]
    triplets: npt.NDArray[np.int64]


def draw(n_rows: int, n_anchors: int, seed: int) -> Anchors:
    """Draw anchors without replacement, and random triplets.

    Parameters
    ----------
    n_rows
        At least 3.
    n_anchors
        1 to ``n_rows``.
    seed
        The same seed draws the same rows.
    """
    random = np.random.default_rng(seed)
    rows = np.sort(random.choice(n_rows, n_anchors, replace=False)).astype(np.int64)
    second = random.integers(n_rows - 1, size=(n_anchors, N_TRIPLETS))
    third = random.integers(n_rows - 2, size=(n_anchors, N_TRIPLETS))
    second += second >= rows[:, None]
    lower, upper = np.minimum(second, rows[:, None]), np.maximum(second, rows[:, None])
    third += third >= lower
    third += third >= upper
    return Anchors(rows, np.stack([second, third], axis=-1))


def squared_distances(rows: Float32Array, anchors: npt.NDArray[np.int64]) -> Float32Array:
    """Return squared distances of a few rows to all rows; infinite to themselves.

    Parameters
    ----------
    rows
        Centred, shape ``(n_rows, n_dims)``.
    anchors
        Row numbers, shape ``(n_anchors,)``.

    Notes
    -----
    ``|a|**2 + |b|**2 - 2 a.b`` in float64, so that rows that nearly repeat keep their order.
    """
    chosen = rows[anchors].astype(np.float64)
    lengths = np.einsum("ij,ij->i", chosen, chosen)[:, None]
    squared = np.empty((len(anchors), len(rows)), dtype=np.float32)
    step = max(1, BLOCK_BYTES // (4 * rows.shape[1]))
    for start in range(0, len(rows), step):
        block = rows[start : start + step].astype(np.float64)
        product = chosen @ block.T
        product *= -2
        product += np.einsum("ij,ij->i", block, block)
        product += lengths
        squared[:, start : start + step] = np.maximum(product, 0, out=product)
    squared[np.arange(len(anchors)), anchors] = np.inf
    return squared
