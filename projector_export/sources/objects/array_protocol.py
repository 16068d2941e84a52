"""Arrays of any other library, through the protocols that they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described
from projector_export.sources.objects.rows import rows_of_array, table_of
from projector_export.table import EmbeddingTable

__all__ = ["read", "recognises"]

CPU = 1
"""``kDLCPU`` of ``dlpack.h``."""


def recognises(value: object) -> bool:
    """Tell whether an object gives its values as an array: by ``__array__``, DLPack, a buffer, or CuPy's ``get``."""
    return not isinstance(value, type) and (
        isinstance(value, memoryview)
        or hasattr(value, "__dlpack__")
        or hasattr(value, "__array__")
        or hasattr(value, "__array_interface__")
        or hasattr(value, "__cuda_array_interface__")
    )


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of an array of shape ``(n_rows, n_dims)``.

    Raises
    ------
    InvalidInputError
        If its values cannot be had as a numpy array.
    """
    asked.refuse_part("an array")
    try:
        array = _as_numpy(value)
    except (TypeError, ValueError, RuntimeError, BufferError, AttributeError) as error:
        raise InvalidInputError(
            f"the values of a {described(value)} cannot be had ({error}): give them as a numpy array in main memory"
        ) from error
    if array.ndim == 0 and array.dtype.kind == "O":
        raise InvalidInputError(f"a {described(value)} is no array of numbers: give its values as a numpy array")
    return table_of(value, rows_of_array(array, f"the {type(value).__name__}", is_kept=asked.is_kept))


def _as_numpy(value: object) -> npt.NDArray[np.generic]:
    found: Any = value
    if hasattr(value, "__cuda_array_interface__") and callable(getattr(value, "get", None)):
        return np.asarray(found.get())  # CuPy refuses to be converted without being asked
    if isinstance(value, memoryview) or hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return np.asarray(found)
    device, _ = found.__dlpack_device__()
    if device != CPU:
        raise BufferError("it lies on another device than the CPU")
    return np.from_dlpack(found)
