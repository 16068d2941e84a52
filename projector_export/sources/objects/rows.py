"""Rows of numbers out of arrays of any kind, checked and, where they might change, copied."""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, counted
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.objects.classes import described, has_class
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import ArrayVectors, Float32Array, Vectors

__all__ = ["as_row", "other_length", "require_matrix", "rows_of_array", "rows_of_rows", "table_of"]

_EXTENDED = "ml_dtypes"
"""Types that JAX and TensorFlow bring to numpy, such as bfloat16; numpy takes them for bytes without meaning."""

_NUMBERS = (int, float, np.integer, np.floating, Decimal)


@dataclass(frozen=True, eq=False)
class ExtendedVectors:
    """Rows of an array whose type numpy itself does not know.

    Parameters
    ----------
    array
        Shape ``(n_rows, n_dims)``.
    """

    array: npt.NDArray[np.generic]

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        n_rows, n_dims = self.array.shape
        return n_rows, n_dims

    @property
    def dtype(self) -> str:
        """How a value is stored."""
        return str(self.array.dtype)

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        return self.array[start:stop].astype(np.float32)


def table_of(
    value: object,
    vectors: Vectors,
    *,
    name: str = "embeddings",
    columns: Sequence[Column] = (),
    parameters: Mapping[str, JSONValue] | None = None,
    notes: Sequence[str] = (),
) -> EmbeddingTable:
    """Return the table of an object.

    Parameters
    ----------
    value
        The object: its class is told in the history.
    vectors, name, columns
        The table's.
    parameters
        What else is told in the history.
    notes
        Sentences for the user.
    """
    step = Step(
        "read_object",
        {"class": described(value), "shape": list(vectors.shape), "dtype": vectors.dtype, **(parameters or {})},
    )
    return EmbeddingTable(name, vectors, columns, Provenance().then(step, *notes))


def require_matrix(what: str, shape: Sequence[int]) -> None:
    """Refuse what is no table of rows and dimensions.

    Raises
    ------
    InvalidInputError
        If it has another number of axes, or no values.
    """
    found = tuple(int(length) for length in shape)
    if len(found) == 2 and 0 not in found:
        return
    if len(found) == 2:
        raise InvalidInputError(
            f"{what} is empty: it has {counted(found[0], 'row')} of {counted(found[1], 'dimension')}"
        )
    way_out = {0: "give one row of numbers for each point", 1: "reshape it to (n_rows, n_dims)"}.get(
        len(found), "flatten or average all axes but the first"
    )
    raise InvalidInputError(f"{what} has the shape {found}, and vectors are a table of rows and dimensions: {way_out}")


def rows_of_array(array: npt.NDArray[np.generic], what: str, *, is_kept: bool = True) -> Vectors:
    """Return the rows of a numpy array.

    Parameters
    ----------
    array
        Shape ``(n_rows, n_dims)``, real numbers. One that is mapped from a file stays in the file.
    what
        What it is called in sentences.
    is_kept
        Whether it is copied, because it may change before the rows are read.

    Raises
    ------
    InvalidInputError
        If it is masked, structured, of Python objects or of other values than real numbers, empty, or not two-dimensional.
    """
    if np.ma.isMaskedArray(array):
        raise InvalidInputError(
            f"{what} is a masked array, which has no values where it is masked: fill them, or leave those rows out"
        )
    if array.dtype.fields is not None:
        names = ", ".join(map(repr, array.dtype.names or ()))
        raise InvalidInputError(f"{what} is a structured array: give the numbers of one of its fields ({names})")
    if array.dtype.kind == "O":
        return ArrayVectors(rows_of_rows(list(array), what))
    is_extended = array.dtype.type.__module__.partition(".")[0] == _EXTENDED
    if array.dtype.kind not in "fiub" and not is_extended:
        raise InvalidInputError(f"{what} holds values of type {array.dtype}, and vectors are real numbers")
    require_matrix(what, array.shape)
    plain = np.asarray(array) if type(array) is not np.memmap else array
    if is_kept and not _is_mapped(array):
        plain = plain.copy()
        plain.flags.writeable = False
    if is_extended:
        return ExtendedVectors(plain)
    return ArrayVectors(plain if plain.dtype.isnative else plain.astype(plain.dtype.newbyteorder("=")))


def rows_of_rows(rows: Sequence[object], what: str) -> Float32Array:
    """Return rows that are objects of their own (lists, arrays, tensors) as one array.

    Parameters
    ----------
    rows
        One sequence of numbers each.
    what
        What they are called in sentences.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_dims)
        Read-only.

    Raises
    ------
    InvalidInputError
        If a row is missing, holds something else than numbers, or has another length than the first.
    """
    if not len(rows):
        raise InvalidInputError(f"{what} is empty: it has no rows")
    first = as_row(rows[0], what, 0)
    result = np.empty((len(rows), len(first)), dtype=np.float32)
    for index, row in enumerate(rows):
        values = as_row(row, what, index)
        if len(values) != len(first):
            raise InvalidInputError(other_length(what, index, len(values), len(first)))
        with np.errstate(over="ignore"):
            result[index] = values
    require_matrix(what, result.shape)
    result.flags.writeable = False
    return result


def other_length(what: str, row: int, length: int, first: int) -> str:
    """Return the sentence about a row that has another length than the first."""
    return f"{what}: row {row:,} has {counted(length, 'number')} and row 0 has {first:,}; all have to have the same"


def as_row(value: object, what: str, index: int) -> npt.NDArray[np.generic]:
    """Return one row as a one-dimensional array of real numbers.

    Raises
    ------
    InvalidInputError
        If it is none; the sentence names its index.
    """
    row = _as_array(value)
    if row is None or row.ndim != 1 or np.ma.isMaskedArray(row):
        if row is not None and row.ndim > 1:
            found = f"an array of shape {row.shape}"
        else:
            found = repr(value) if value is None or isinstance(value, (str, bytes, int, float)) else described(value)
        raise InvalidInputError(f"{what}: row {index:,} is {_short(found)} and no list of numbers")
    if row.dtype.kind not in "fiub" and row.dtype.type.__module__ != _EXTENDED and len(row):
        bad = [each for each in row.tolist() if not isinstance(each, _NUMBERS)]
        if row.dtype.kind == "O" and not bad:
            raise InvalidInputError(
                f"{what}: row {index:,} holds numbers as Python objects (dtype object): give them as .astype('float32')"
            )
        raise InvalidInputError(
            f"{what}: row {index:,} holds {_short(repr(bad[0] if bad else row[0]))}, and vectors are real numbers"
        )
    return row


def _as_array(value: object) -> npt.NDArray[np.generic] | None:
    """Return a row's values; None of what is no array at all."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (list, tuple)):
        try:
            return np.asarray(value)
        except ValueError:  # rows within a row, of different lengths
            return None
    try:
        if has_class(value, "torch", "Tensor"):
            tensor: Any = value
            tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
            return np.asarray(tensor if tensor.is_complex() else tensor.float())
        return np.asarray(value) if hasattr(value, "__array__") else None
    except (TypeError, ValueError, RuntimeError):  # sparse, symbolic, or otherwise without values
        return None


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _is_mapped(array: object) -> bool:
    """Tell whether an array's values lie in a file."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return isinstance(array, mmap.mmap)
