"""Sparse matrices: refused with the way out."""

from __future__ import annotations

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import has_class
from projector_export.table import EmbeddingTable

__all__ = ["read", "recognises"]


def recognises(value: object) -> bool:
    """Tell whether an object is a sparse matrix or array of SciPy."""
    return has_class(value, "scipy", "spmatrix", "sparray", "_spbase", "SparseABC") or has_class(
        value, "sparse", "SparseArray"
    )


def read(value: object, _asked: Asked) -> EmbeddingTable:
    """Refuse it: the viewer shows dense vectors only.

    Raises
    ------
    InvalidInputError
        Always.
    """
    raise InvalidInputError(
        f"a sparse matrix of shape {getattr(value, 'shape', ())} is no table of dense vectors: reduce it "
        "(sklearn.decomposition.TruncatedSVD), or give its toarray() if that fits in memory"
    )
