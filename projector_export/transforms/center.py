"""Subtract the mean row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.provenance import Step
from projector_export.table import EmbeddingTable
from projector_export.transforms.moments import mean
from projector_export.vectors import Float32Array, MappedVectors

__all__ = ["center"]


def center(table: EmbeddingTable) -> EmbeddingTable:
    """Return the table with its mean row subtracted.

    The viewer's own PCA does not subtract the mean unless "Sphereize data" is on, which it is by default from 50 dimensions
    (``vz_projector/data.ts``).
    """
    centre = mean(table.vectors)

    def subtract(block: Float32Array) -> npt.NDArray[np.float64]:
        return np.asarray(block - centre, dtype=np.float64)

    step = Step("center", {"mean_norm": float(np.linalg.norm(centre))})
    return table.with_vectors(MappedVectors(table.vectors, table.n_dims, subtract), step)
