"""What one export holds, in the form in which the page asks for it."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from functools import cached_property

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.formats import findings
from projector_export.plugin.exports import Export
from projector_export.provenance import JSONValue
from projector_export.sources import own_export
from projector_export.table import Column
from projector_export.targets import health_words
from projector_export.vectors import norms_of

__all__ = ["MAX_CATEGORIES", "NORM", "Contents", "Shelf"]

MAX_CATEGORIES = 256
"""Distinct texts up to which a column is sent as one byte a row."""

NORM = "norm"
"""Column of the rows' lengths; computed where the export has none."""

LARGEST_EXACT = 2**24
"""Whole numbers up to here are exact in float32."""


class Contents:
    """One export, read once.

    Parameters
    ----------
    export
        Where it is.

    Raises
    ------
    CorruptFileError
        If a file is not what the manifest says.
    """

    def __init__(self, export: Export) -> None:
        self.export = export
        self.table = own_export.read(export.run_folder, export.name)

    @cached_property
    def label(self) -> str | None:
        """Name of the first column of texts."""
        return next((column.name for column in self.table.columns if not column.is_numeric), None)

    def column(self, name: str) -> Column:
        """Return a column; the norm even where the export has none."""
        for column in self.table.columns:
            if column.name == name:
                return column
        if name == NORM:
            return self._norm
        raise NotFoundError(f"{self.table.name!a} has no column {name!a}: choose another one")

    @cached_property
    def _norm(self) -> Column:
        return Column(NORM, norms_of(self.table.vectors))

    @cached_property
    def _categories(self) -> dict[str, list[str | None]]:
        found = {}
        for column in self.table.columns:
            if not column.is_numeric and column.name != self.label:
                values = dict.fromkeys(column.values)
                if len(values) <= MAX_CATEGORIES:
                    found[column.name] = list(values)
        return found

    def numbers(self, name: str) -> npt.NDArray[np.generic]:
        """Return a column of numbers, float32 where that is exact enough to show, else float64.

        Raises
        ------
        InvalidInputError
            If it holds texts.
        """
        values = self.column(name).values
        if not isinstance(values, np.ndarray):
            raise InvalidInputError(f"the column {name!a} holds texts, not numbers")
        return values.astype("<f8" if _needs_float64(values) else "<f4")

    def codes(self, name: str) -> bytes:
        """Return one byte a row: its place among the column's distinct texts."""
        if name not in self._categories:
            raise InvalidInputError(f"the column {name!a} does not hold a few distinct texts")
        places = {value: place for place, value in enumerate(self._categories[name])}
        return bytes(places[value] for value in self.column(name).values)

    def texts(self, name: str, start: int, stop: int) -> list[JSONValue]:
        """Return the texts of some rows.

        Raises
        ------
        InvalidInputError
            If the column holds numbers.
        """
        values = self.column(name).values
        if isinstance(values, np.ndarray):
            raise InvalidInputError(f"the column {name!a} holds numbers, not texts")
        return list(values[start:stop])

    def labels(self) -> list[str]:
        """Return the first text of each row, its number where the export has no texts."""
        if self.label is None:
            return [str(row) for row in range(self.table.n_rows)]
        return [str(value) for value in self.column(self.label).values]

    def description(self) -> dict[str, JSONValue]:
        """Return what the page has to know before it asks for columns."""
        layouts: list[JSONValue] = [
            {"name": each.name, "method": each.method, "components": each.n_components} for each in self.table.layouts
        ]
        return {
            "run": self.export.run,
            "name": self.table.name,
            "stamp": self.export.stamp,
            "rows": self.table.n_rows,
            "dimensions": self.table.n_dims,
            "created": self.export.manifest.created,
            "label": self.label,
            "columns": self._described_columns(),
            "layouts": layouts,
            "has_projector": self.export.is_whole_in_viewer,
            **self._findings(),
        }

    def _described_columns(self) -> list[JSONValue]:
        columns = list(self.table.columns)
        described: list[JSONValue] = []
        if all(column.name != NORM for column in columns):
            described.append({"name": NORM, "type": "number", "bytes": 4})
        for column in columns:
            if isinstance(column.values, np.ndarray):
                size = 8 if _needs_float64(column.values) else 4
                described.append({"name": column.name, "type": "number", "bytes": size})
            elif column.name in self._categories:
                values: list[JSONValue] = list(self._categories[column.name])
                described.append({"name": column.name, "type": "category", "values": values})
            else:
                described.append({"name": column.name, "type": "text"})
        return described

    def _findings(self) -> dict[str, JSONValue]:
        path = self.export.folder / findings.FILE_NAME
        if not path.is_file():
            return {"findings": None, "figures": [], "problem": ""}
        try:
            decoded = findings.decode(path.read_bytes(), where=str(path))
            _require_rows(decoded, self.table.n_rows, where=str(path))
            figures = _figures(decoded, where=str(path))
        except CorruptFileError as error:
            return {"findings": None, "figures": [], "problem": str(error)}
        return {"findings": json.loads(findings.encode(decoded)), "figures": figures, "problem": ""}


def _require_rows(decoded: findings.Findings, n_rows: int, *, where: str) -> None:
    if decoded.n_rows != n_rows:
        raise CorruptFileError(
            f"{where} is about {decoded.n_rows:,} rows and the tensor has {n_rows:,}: inspect the vocabulary again"
        )


def _figures(decoded: findings.Findings, *, where: str) -> list[JSONValue]:
    try:
        return [
            {"title": each.title, "value": each.value, "meaning": each.meaning}
            for each in health_words.figures(decoded)
        ]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CorruptFileError(
            f"{where} holds figures that are none ({error}): inspect the vocabulary again"
        ) from error


def _needs_float64(values: npt.NDArray[np.generic]) -> bool:
    wide = values.astype(np.float64)
    whole = wide[np.isfinite(wide)]
    return bool(len(whole) and np.abs(whole).max() > LARGEST_EXACT and (whole == np.rint(whole)).all())


class Shelf:
    """Keeps the last few exports that were asked for; one is read at a time."""

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[str, str, str], Contents] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, export: Export) -> Contents:
        """Return an export's contents."""
        key = (export.run, export.name, export.stamp)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = Contents(export)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return self._kept[key]
