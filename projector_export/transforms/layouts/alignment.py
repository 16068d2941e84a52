"""One picture laid onto another, so that two epochs compare by eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from projector_export.transforms.layouts.start import Float64Array
from projector_export.vectors import Float32Array

__all__ = ["Aligned", "align"]


@dataclass(frozen=True, eq=False)
class Aligned:
    """A picture turned, mirrored, scaled and shifted.

    Parameters
    ----------
    coordinates
        Float64, shape ``(n_rows, n_components)``.
    disparity
        Procrustes statistic of the rows that both pictures know: 0 where one is the other turned, 1 where they have
        nothing in common (Gower 1975; the same number as :func:`scipy.spatial.procrustes` gives).
    """

    coordinates: Float64Array
    disparity: float


def align(coordinates: Float64Array, target: Float32Array) -> Aligned:
    """Return the coordinates laid onto those of an earlier picture.

    Parameters
    ----------
    coordinates
        Finite, shape ``(n_rows, n_components)``.
    target
        Same shape; rows of NaN are not known and take no part.

    Notes
    -----
    Orthogonal Procrustes with reflection (Schoenemann 1966). The scale is the ratio of the two pictures' sizes and not
    the least-squares one, which draws a picture that fits badly together into a dot.
    """
    known = ~np.isnan(target).any(axis=1)
    ours, theirs = coordinates[known], target[known].astype(np.float64)
    centre, aim = ours.mean(axis=0), theirs.mean(axis=0)
    ours, theirs = ours - centre, theirs - aim
    size, wanted = float(np.linalg.norm(ours)), float(np.linalg.norm(theirs))
    if not size or not wanted:
        return Aligned(coordinates - centre + aim, 1.0)
    left, strengths, right = np.linalg.svd(ours.T @ theirs)
    agreement = min(1.0, float(strengths.sum()) / (size * wanted))
    return Aligned((coordinates - centre) @ (left @ right) * (wanted / size) + aim, 1.0 - agreement**2)
