"""Data frames and series of pandas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import has_class
from projector_export.sources.objects.frame import Content, Frame, read_frame
from projector_export.sources.objects.rows import rows_of_rows
from projector_export.table import EmbeddingTable
from projector_export.vectors import ArrayVectors, Vectors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_frame", "read", "recognises"]


@dataclass(frozen=True, eq=False)
class PandasFrame:
    """A data frame; columns are told apart by their names as texts."""

    data: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns; those of several levels are joined by dots."""
        return tuple(
            ".".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in self.data.columns.tolist()
        )

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.data)

    def content(self, name: str) -> Content:
        """Tell what a column holds; of lists, by its first value."""
        series = self._series(name)
        if series.dtype.kind in "fiu":
            return "numbers"
        if series.dtype.kind == "b" or not len(series):
            return "others"
        kept = series[series.notna().to_numpy()]
        return "vectors" if len(kept) and _is_list_of_numbers(kept.iloc[0]) else "others"

    def vectors(self, name: str) -> Vectors:
        """Return a column of lists of numbers."""
        return ArrayVectors(rows_of_rows(self._series(name).tolist(), f"column {name!r}"))

    def numbers(self, name: str) -> npt.NDArray[np.generic]:
        """Return a column of numbers."""
        series = self._series(name)
        if isinstance(series.dtype, np.dtype):
            return np.asarray(series.to_numpy())
        if not series.isna().any():
            return np.asarray(series.to_numpy(dtype=_numpy_type(series.dtype)))
        return np.asarray(series.to_numpy(dtype="float64", na_value=np.nan))

    def values(self, name: str) -> list[object]:
        """Return a column's values."""
        return _python_values(self._series(name))

    def index(self) -> tuple[str, list[object]] | None:
        """Return the index, where it is not a plain count."""
        index = self.data.index
        is_count = has_class(index, "pandas", "RangeIndex") and index.start == 0 and index.step == 1
        if is_count and index.name is None:
            return None
        if has_class(index, "pandas", "MultiIndex"):
            return "index", [" / ".join(map(str, key)) for key in index.tolist()]
        return str(index.name or "index"), _python_values(index.to_series())

    def _series(self, name: str) -> pd.Series:
        return self.data.iloc[:, self.names.index(name)]


def recognises(value: object) -> bool:
    """Tell whether an object is a data frame, series or index of pandas."""
    return has_class(value, "pandas", "DataFrame", "Series", "Index")


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a data frame, or of a series of lists of numbers."""
    return read_frame(as_frame(value), value, asked)


def as_frame(value: object) -> Frame:
    """Return a data frame's columns, or a series as the only one.

    Raises
    ------
    InvalidInputError
        If columns are sparse.
    """
    found: Any = value
    if has_class(value, "pandas", "Index"):
        found = found.to_frame(index=False)
    elif has_class(value, "pandas", "Series"):
        found = found.to_frame("embeddings" if found.name is None else found.name)
    for name, kind in zip(found.columns, found.dtypes, strict=True):
        if has_class(kind, "pandas", "SparseDtype"):
            raise InvalidInputError(f"column {str(name)!r} is sparse: give it as frame.sparse.to_dense()")
    return PandasFrame(found)


def _numpy_type(dtype: object) -> np.dtype[np.generic]:
    return np.dtype(getattr(dtype, "numpy_dtype", np.float64))


def _python_values(series: pd.Series) -> list[object]:
    if has_class(series.dtype, "pandas", "DatetimeTZDtype") or getattr(series.dtype, "kind", "") == "M":
        times = series.dropna()
        if (times.dt.normalize() == times).all():
            series = series.dt.strftime("%Y-%m-%d")
    values = [value.item() if isinstance(value, np.generic) else value for value in series.tolist()]
    for row in np.flatnonzero(series.isna().to_numpy()).tolist():
        values[row] = None
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]


def _is_list_of_numbers(value: object) -> bool:
    if isinstance(value, (str, bytes, dict, set)):
        return False
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(each, (int, float, np.number)) for each in value)
    return len(getattr(value, "shape", ())) == 1 and hasattr(value, "__array__")
