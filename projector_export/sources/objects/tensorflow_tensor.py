"""Tensors and variables of TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described, has_class
from projector_export.sources.objects.rows import rows_of_array, table_of
from projector_export.table import EmbeddingTable

__all__ = ["read", "recognises"]

_WAYS_OUT = {
    "RaggedTensor": "give its to_tensor(), or rows of one length",
    "SparseTensor": "give tf.sparse.to_dense(...) of it",
    "IndexedSlices": "give tf.convert_to_tensor(...) of it",
}


def recognises(value: object) -> bool:
    """Tell whether an object is a tensor or variable of TensorFlow."""
    return has_class(value, "tensorflow", "Tensor", "Variable", *_WAYS_OUT)


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a tensor of shape ``(n_rows, n_dims)``."""
    asked.refuse_part("a tensor")
    for name, way_out in _WAYS_OUT.items():
        if has_class(value, "tensorflow", name):
            raise InvalidInputError(f"a {name} is no table of vectors: {way_out}")
    tensor: Any = value
    if not callable(getattr(tensor, "numpy", None)):
        raise InvalidInputError(
            f"a {described(value)} has no values yet: give what a call outside of tf.function returned"
        )
    try:
        array = np.asarray(tensor.numpy())
    except NotImplementedError as error:
        raise InvalidInputError(
            f"a {described(value)} has no values yet: give what a call outside of tf.function returned"
        ) from error
    return table_of(value, rows_of_array(array, "the tensor", is_kept=asked.is_kept))
