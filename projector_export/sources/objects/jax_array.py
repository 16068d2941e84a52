"""Arrays of JAX, flax's parameters among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import has_class
from projector_export.sources.objects.rows import rows_of_array, table_of
from projector_export.table import EmbeddingTable

__all__ = ["read", "recognises"]


def recognises(value: object) -> bool:
    """Tell whether an object is an array of JAX."""
    return has_class(value, "jax", "Array", "Tracer") or has_class(value, "jaxlib", "Array", "ArrayImpl")


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of an array of shape ``(n_rows, n_dims)``."""
    asked.refuse_part("an array")
    array: Any = value
    if has_class(value, "jax", "Tracer"):
        raise InvalidInputError("a traced array has no values yet: give what a call outside of jax.jit returned")
    if array.is_deleted():
        raise InvalidInputError("the JAX array was donated or deleted: give one that still has its values")
    if not array.is_fully_addressable:
        raise InvalidInputError(
            "the JAX array is spread over several processes: give multihost_utils.process_allgather(...) of it"
        )
    try:
        values = np.asarray(array)
    except TypeError as error:  # keys of random numbers
        raise InvalidInputError(f"a JAX array of type {array.dtype} holds no real numbers") from error
    return table_of(value, rows_of_array(values, "the array", is_kept=asked.is_kept))
