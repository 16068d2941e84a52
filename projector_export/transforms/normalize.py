"""Scale every row to unit length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import counted
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable
from projector_export.vectors import Float32Array, MappedVectors

__all__ = ["normalize"]


def normalize(table: EmbeddingTable) -> EmbeddingTable:
    """Return the table with rows of Euclidean length 1; rows of length 0 stay 0, and a note counts them.

    The viewer's nearest neighbours for t-SNE and UMAP assume unit rows (``vz_projector/knn.ts``).
    """
    n_zero = sum(int((~block.any(axis=1)).sum()) for _, block in table.blocks())

    def scale(block: Float32Array) -> npt.NDArray[np.float64]:
        lengths = np.linalg.norm(block.astype(np.float64), axis=1, keepdims=True)
        return np.asarray(block / np.where(lengths == 0, 1.0, lengths), dtype=np.float64)

    are, them = ("is zero and has", "it") if n_zero == 1 else ("are zero and have", "them")
    notes = (f"{counted(n_zero, 'row')} {are} no direction: normalizing left {them} zero",) if n_zero else ()
    step = Step("normalize", {"zero_rows": n_zero})
    return table.with_vectors(MappedVectors(table.vectors, table.n_dims, scale), step, *notes)
