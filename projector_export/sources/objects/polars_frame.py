"""Data frames and series of polars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import has_class
from projector_export.sources.objects.frame import Content, Frame, read_frame
from projector_export.sources.objects.rows import other_length, require_matrix, rows_of_rows
from projector_export.table import EmbeddingTable
from projector_export.vectors import ArrayVectors, Vectors

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_frame", "read", "recognises"]


@dataclass(frozen=True, eq=False)
class PolarsFrame:
    """A data frame; its values never change, so nothing is copied."""

    data: pl.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(self.data.columns)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.data.height)

    def content(self, name: str) -> Content:
        """Tell what a column holds."""
        dtype = self.data.schema[name]
        if dtype.is_numeric():
            return "numbers"
        if dtype.is_nested() and hasattr(dtype, "inner") and dtype.inner.is_numeric():
            return "vectors" if len(getattr(dtype, "shape", (0,))) == 1 else "others"
        if dtype.is_object():
            first = next((value for value in self.data[name] if value is not None), None)
            return "vectors" if hasattr(first, "__array__") else "others"
        return "others"

    def vectors(self, name: str) -> Vectors:
        """Return a column of lists of numbers."""
        what = f"column {name!r}"
        series = self.data[name]
        if series.dtype.is_object():
            return ArrayVectors(rows_of_rows(series.to_list(), what))
        width = self._width(series, what)
        flat = series.explode() if width else series.clear()
        if flat.null_count():
            row = int(flat.is_null().arg_max()) // width
            raise InvalidInputError(f"{what}: row {row:,} holds None, and vectors are real numbers")
        require_matrix(what, (len(series), width))
        rows = flat.to_numpy().reshape(len(series), width)
        rows.flags.writeable = False
        return ArrayVectors(rows)

    def numbers(self, name: str) -> npt.NDArray[np.generic]:
        """Return a column of numbers."""
        series = self.data[name]
        if series.dtype.is_decimal():
            series = series.cast(float)
        return np.asarray(series.to_numpy())

    def values(self, name: str) -> list[object]:
        """Return a column's values."""
        values: list[object] = self.data[name].to_list()
        return values

    def index(self) -> tuple[str, list[object]] | None:
        """Return nothing: rows of polars have no names."""
        return None

    @staticmethod
    def _width(series: pl.Series, what: str) -> int:
        """Return how many numbers each row has."""
        lists = series.arr.to_list() if hasattr(series.dtype, "shape") else series
        lengths = lists.list.len()
        if lengths.null_count():
            row = int(lengths.is_null().arg_max())
            raise InvalidInputError(f"{what}: row {row:,} is None and no list of numbers")
        if not len(lengths):
            return 0
        first = int(lengths[0])
        other = int((lengths != first).arg_max())
        if int(lengths[other]) != first:
            raise InvalidInputError(other_length(what, other, int(lengths[other]), first))
        return first


def recognises(value: object) -> bool:
    """Tell whether an object is a data frame or series of polars."""
    return has_class(value, "polars", "DataFrame", "Series", "LazyFrame")


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a data frame, or of a series of lists of numbers."""
    return read_frame(as_frame(value), value, asked)


def as_frame(value: object) -> Frame:
    """Return a data frame's columns, or a series as the only one.

    Raises
    ------
    InvalidInputError
        If it is not computed yet.
    """
    found: Any = value
    if has_class(value, "polars", "LazyFrame"):
        raise InvalidInputError("a LazyFrame is not computed yet: give its collect()")
    if has_class(value, "polars", "Series"):
        found = found.to_frame(found.name or "embeddings")
    return PolarsFrame(found)
