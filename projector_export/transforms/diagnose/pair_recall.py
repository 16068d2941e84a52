"""What share of the near pairs a search has brought together, estimated on sampled rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.transforms.diagnose.sampled_distances import squared_blocks
from projector_export.vectors import Vectors

__all__ = ["estimate"]

N_SAMPLED = 128
"""Of the rows in groups, and of the others."""


def estimate(vectors: Vectors, labels: npt.NDArray[np.int64], radius: float, seed: int) -> float:
    """Return the share, 0 to 1, of pairs of rows within the radius whose labels are the same.

    Parameters
    ----------
    vectors
        Finite rows.
    labels
        The group of each row, shape ``(n_rows,)``, numbers from 0.
    radius
        Largest distance of a pair.
    seed
        Draws the rows.

    Notes
    -----
    A stratified estimate: up to 128 rows from those that share their label with others and 128 from the rest, each against all
    rows; the pairs of a stratum are weighted with its size over its sample. 1.0 where the sampled rows have no near pair.
    """
    random = np.random.default_rng(seed)
    together = np.bincount(labels)[labels] > 1
    weights = np.zeros(len(labels))
    for stratum in (np.flatnonzero(together), np.flatnonzero(~together)):
        drawn = random.choice(stratum, min(N_SAMPLED, len(stratum)), replace=False)
        weights[drawn] = len(stratum) / max(1, len(drawn))
    sampled = np.flatnonzero(weights)
    found, there = np.zeros(len(sampled)), np.zeros(len(sampled))
    for start, squared in squared_blocks(vectors, sampled):
        near = squared <= radius**2
        there += near.sum(axis=1)
        found += (near & (labels[sampled, None] == labels[None, start : start + squared.shape[1]])).sum(axis=1)
    total = float(there @ weights[sampled])
    return float(found @ weights[sampled]) / total if total else 1.0
