"""Lengths, mean and directions of rows, and what follows from them at a cost of rows times dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Progress, Vectors, blocks_of

__all__ = ["Directions", "measure"]


@dataclass(frozen=True, eq=False)
class Directions:
    """Sums over all rows.

    Parameters
    ----------
    norms
        Euclidean length of each row, shape ``(n_rows,)``.
    mean
        Mean row, shape ``(n_dims,)``.
    unit_sum, unit_squares
        Sums of the rows divided by their lengths, and of the squares of these numbers, shape ``(n_dims,)``; zero rows have no
        direction and are left out.
    """

    norms: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    unit_sum: npt.NDArray[np.float64]
    unit_squares: npt.NDArray[np.float64]

    @property
    def contributions(self) -> npt.NDArray[np.float64]:
        """What each dimension adds to the mean cosine of two different rows, shape ``(n_dims,)``; at least two rows.

        ``(s_k**2 - sum_i u_ik**2) / (n (n - 1))`` with unit rows u and their sum s: the mean of Timkey and van Schijndel's
        ``CC_k`` (2021, "All bark and no bite", equation 3) over all pairs instead of sampled ones.
        """
        n_rows = int(np.count_nonzero(self.norms))
        return np.asarray((self.unit_sum**2 - self.unit_squares) / (n_rows * (n_rows - 1.0)))

    @property
    def anisotropy(self) -> float:
        """Mean cosine of two different rows (Ethayarajh 2019), over all pairs: ``(|s|**2 - n) / (n (n - 1))``."""
        return float(self.contributions.sum())


def measure(vectors: Vectors, *, progress: Progress | None = None) -> Directions:
    """Walk through all rows once; sums in float64.

    Parameters
    ----------
    vectors
        Finite rows.
    progress
        Called with rows done and all rows.
    """
    n_rows, n_dims = vectors.shape
    norms = np.empty(n_rows)
    total, unit_sum, unit_squares = np.zeros((3, n_dims))
    for start, block in blocks_of(vectors):
        wide = block.astype(np.float64)
        total += wide.sum(axis=0)
        lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        unit_sum += inverse @ wide
        unit_squares += inverse**2 @ np.square(wide, out=wide)
        norms[start : start + len(block)] = lengths
        if progress:
            progress(start + len(block), n_rows)
    return Directions(norms, total / n_rows, unit_sum, unit_squares)
