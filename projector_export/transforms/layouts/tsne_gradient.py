"""Gradient of a flat t-SNE picture: attraction by openTSNE, repulsion on a grid."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from projector_export.transforms.layouts.repulsion import GridRepulsion
from projector_export.transforms.layouts.start import Float64Array

__all__ = ["GridGradient"]


class SparseRows(Protocol):
    """A matrix by rows, as :class:`scipy.sparse.csr_matrix` keeps it."""

    indices: npt.NDArray[np.int32]
    indptr: npt.NDArray[np.int32]
    data: npt.NDArray[np.float64]


class GridGradient:
    """What openTSNE takes as ``negative_gradient_method``: its own objective with another repulsion.

    Parameters
    ----------
    dof
        Degrees of freedom of the kernel.
    workers
        Threads.

    Notes
    -----
    Stands where ``kl_divergence_fft`` of openTSNE's ``tsne.py`` does, and calls the same function for the attraction
    (``openTSNE._tsne.estimate_positive_gradient_nn``), in which each thread writes the rows that it computes: the gradient
    does not depend on their number.
    """

    def __init__(self, dof: float, workers: int) -> None:
        self.repulsion = GridRepulsion(dof, workers)
        self.workers = workers

    def __call__(
        self,
        embedding: npt.NDArray[np.float64],
        similarities: SparseRows,
        dof: float,
        *,
        should_eval_error: bool,
        **_: object,
    ) -> tuple[float, Float64Array]:
        """Return the Kullback-Leibler divergence, where it is wanted, and the gradient."""
        from openTSNE import _tsne

        points = np.ascontiguousarray(embedding).view(np.ndarray)
        forces, total = self.repulsion(points)
        gradient = forces / -total
        sums = _tsne.estimate_positive_gradient_nn(
            similarities.indices,
            similarities.indptr,
            similarities.data,
            points,
            points,
            gradient,
            dof,
            num_threads=self.workers,
            should_eval_error=should_eval_error,
        )
        divergence = sums[1] + sums[0] * np.log(total) if should_eval_error else 0.0
        return float(divergence), gradient
