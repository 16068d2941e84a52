"""Dictionaries of columns: one entry is the vectors, the others say something about each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, counted, excerpt
from projector_export.sources.objects import (
    array_protocol,
    jax_array,
    numpy_array,
    sparse_matrix,
    tensorflow_tensor,
    torch_tensor,
)
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import has_class
from projector_export.sources.objects.frame import Content, read_frame
from projector_export.sources.objects.labelling import python_value, values_of
from projector_export.sources.objects.rows import rows_of_rows
from projector_export.table import EmbeddingTable
from projector_export.vectors import ArrayVectors, Vectors

__all__ = ["first_of", "is_array", "is_matrix", "length_of", "read_columns"]

_ARRAYS: tuple[Any, ...] = (sparse_matrix, numpy_array, torch_tensor, tensorflow_tensor, jax_array, array_protocol)
_N_LISTED = 8


@dataclass(frozen=True, eq=False)
class NamedColumns:
    """Entries of a dictionary that have one value a row.

    Parameters
    ----------
    entries
        Names and values, all of one length.
    n_rows
        That length.
    is_kept
        Whether vectors are copied, because they may change.
    """

    entries: Mapping[str, object]
    n_rows: int
    is_kept: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(self.entries)

    def content(self, name: str) -> Content:
        """Tell what a column holds; of lists, by its first value."""
        if is_matrix(self.entries[name]):
            return "vectors"
        kinds = {type(value) for value in self.values(name)} - {type(None)}
        return "numbers" if kinds and kinds <= {int, float} else "others"

    def vectors(self, name: str) -> Vectors:
        """Return a matrix, or a column of lists of numbers."""
        found: Any = self.entries[name]
        if _n_axes(found) == 2:
            for library in _ARRAYS:
                if library.recognises(found):
                    vectors: Vectors = library.read(found, Asked(is_kept=self.is_kept)).vectors
                    return vectors
        return ArrayVectors(rows_of_rows(list(found), _called(name)))

    def numbers(self, name: str) -> npt.NDArray[np.generic]:
        """Return a column of numbers; a missing one is NaN."""
        return np.array([np.nan if value is None else value for value in self.values(name)])

    def values(self, name: str) -> list[object]:
        """Return a column's values."""
        return list(values_of(self.entries[name], _called(name)))

    def index(self) -> None:
        """Return that rows are merely counted."""
        return


def read_columns(
    value: Mapping[object, object], asked: Asked, measure: str, *, has_others: bool = True
) -> EmbeddingTable:
    """Return the table of a dictionary of columns.

    Parameters
    ----------
    value
        The dictionary.
    asked
        Which entries are the vectors, and whether the table is kept.
    measure
        The entry that has as many values as there are rows.
    has_others
        Whether other entries can be columns; if not, they are left out with a note.

    Raises
    ------
    ProjectorExportError
        If a list has not one value for each row, or the vectors are none.
    """
    entries = {str(key): each for key, each in value.items()}
    n_rows = length_of(entries[measure])
    if n_rows is None:
        raise InvalidInputError(f"{_called(measure)} is a {type(entries[measure]).__name__} and no matrix")
    columns = {
        name: each
        for name, each in entries.items()
        if name == measure or (has_others and _is_column(name, each, n_rows))
    }
    table = read_frame(NamedColumns(columns, n_rows, asked.is_kept), value, asked)
    without = [repr(excerpt(name)) for name in entries if name not in columns]
    if not without:
        return table
    shown = ", ".join(without[:_N_LISTED]) + (", …" if len(without) > _N_LISTED else "")
    note = f"entries of the dictionary that do not hold one value a row are left out: {shown}"
    return replace(table, provenance=replace(table.provenance, notes=(*table.provenance.notes, note)))


def is_matrix(value: object) -> bool:
    """Tell whether an object has two axes, or is a list of lists of numbers; of lists, by its first row."""
    if is_array(value):
        if _n_axes(value) != 1:
            return _n_axes(value) == 2
        kind: Any = getattr(getattr(value, "dtype", None), "kind", None)
        if kind is not None and kind != "O":
            return False
    first = first_of(value)
    if is_array(first):
        return _n_axes(first) == 1
    return isinstance(first, (list, tuple)) and bool(first) and all(type(each) in {int, float} for each in first)


def is_array(value: object) -> bool:
    """Tell whether an object has a shape, as arrays, tensors and series have."""
    return hasattr(getattr(value, "shape", None), "__len__") and not isinstance(value, type)


def length_of(value: object) -> int | None:
    """Return how many values an object has along its first axis; None if it is none of several values."""
    found: Any = value
    if is_array(value):
        length = found.shape[0] if _n_axes(value) else None
        return length if isinstance(length, int) else None
    return len(found) if isinstance(value, (list, tuple, range, set, frozenset)) else None


def first_of(value: object) -> object:
    """Return the first value of a list or array that is not missing, as Python's own; None if there is none."""
    found: Any = value
    if not isinstance(value, (list, tuple)) and not (is_array(value) and _n_axes(value)):
        return None
    if has_class(value, "torch", "Tensor"):
        found = found[:1]  # walking through a tensor makes an object of each value first
    return next((python_value(each) for each in islice(found, 1000) if each is not None), None)


def _n_axes(value: object) -> int:
    return len(getattr(value, "shape", ()))


def _is_column(name: str, value: object, n_rows: int) -> bool:
    length = length_of(value)
    if length is None or _n_axes(value) > 2:
        return False
    if length != n_rows and not (is_array(value) and not isinstance(first_of(value), (str, bytes))):
        raise InvalidInputError(
            f"{_called(name)} has {counted(length, 'value')}, and the vectors have {counted(n_rows, 'row')}: "
            "give one value a row, or leave that entry out"
        )
    return length == n_rows


def _called(name: str) -> str:
    return f"entry {excerpt(name)!r} of the dictionary"
