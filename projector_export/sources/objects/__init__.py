"""Live objects: arrays, tensors, layers, data frames, dictionaries, each known by its class's names without its library.

One file a library; each has ``recognises(object)`` and ``read(object, asked)``. The first that recognises an object reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from projector_export.errors import InvalidInputError
from projector_export.sources.objects import (
    array_protocol,
    arrow_table,
    gensim_vectors,
    jax_array,
    mapping,
    nested_list,
    numpy_array,
    pandas_frame,
    polars_frame,
    sparse_matrix,
    tensorflow_tensor,
    torch_module,
    torch_tensor,
)
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described
from projector_export.sources.objects.labelling import with_columns
from projector_export.table import EmbeddingTable

__all__ = ["read", "recognises", "with_columns"]


class Library(Protocol):
    """One file of this folder."""

    def recognises(self, value: object, /) -> bool:
        """Tell whether an object is of this library."""

    def read(self, value: object, asked: Asked, /) -> EmbeddingTable:
        """Return the table of an object of this library."""


LIBRARIES: tuple[Library, ...] = (
    numpy_array,
    torch_tensor,
    torch_module,
    tensorflow_tensor,
    jax_array,
    pandas_frame,
    polars_frame,
    gensim_vectors,
    sparse_matrix,
    nested_list,
    mapping,
    arrow_table,
    array_protocol,
)
"""In this order: particular classes first, protocols that many share last."""


def recognises(value: object) -> bool:
    """Tell whether an object is of a kind that :func:`read` knows."""
    return any(library.recognises(value) for library in LIBRARIES)


def read(value: object, *, vectors: str | Sequence[str] | None = None, is_kept: bool = True) -> EmbeddingTable:
    """Read the table of a live object; the object is never changed.

    Parameters
    ----------
    value
        An array or tensor of shape ``(n_rows, n_dims)`` of numpy, PyTorch, TensorFlow, JAX or any library that shares its
        arrays by ``__array__`` or DLPack; a list of rows; an embedding layer or a model of PyTorch that has one; word vectors
        of gensim; a data frame of pandas, polars or pyarrow; a dictionary of label and vector.
    vectors
        Which part of it holds the vectors, where it has several: a column of lists, or a list of columns of numbers; the name
        of a layer; an entry of a dictionary.
    is_kept
        Whether the table outlives this moment: what may change later is copied then. Pass False to write the table at once.

    Returns
    -------
    EmbeddingTable
        Columns of a data frame beside the vectors, words of gensim, keys of a dictionary; no columns for a bare array.

    Raises
    ------
    ProjectorExportError
        If the object is of no known kind, is sparse, quantised, masked, ragged or empty, or it is not told which part of it
        is meant.

    Examples
    --------
    >>> read([[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 2)
    >>> read({"up": [0.0, 1.0], "right": [1.0, 0.0]}).columns[0].values
    ('up', 'right')
    """
    for library in LIBRARIES:
        if library.recognises(value):
            return library.read(value, Asked(vectors, is_kept=is_kept))
    raise InvalidInputError(
        f"an object of type {described(value)} is none of what holds vectors here (array, tensor, embedding layer, data frame, "
        "KeyedVectors, list of rows, dictionary, path): give its vectors as a numpy array of shape (n_rows, n_dims)"
    )
