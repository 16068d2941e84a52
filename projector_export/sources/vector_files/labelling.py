"""Labels from another file, and the column that the viewer shows first."""

from __future__ import annotations

import math
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from projector_export.errors import InvalidInputError, counted
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable
from projector_export.tabular import read_labels
from projector_export.tabular.location import Location

__all__ = ["labelled", "labels_beside"]


def labelled(
    table: EmbeddingTable,
    *,
    labels: str | PathLike[str] | None = None,
    label: str | None = None,
    is_limited: bool = False,
) -> EmbeddingTable:
    """Return a table with the columns of a file of labels in front, and one column as the label.

    Parameters
    ----------
    table
        Any table.
    labels
        One value, or row of values, for each vector.
    label
        Name of the column that the viewer shows first; numbers become texts.
    is_limited
        Whether the table holds the first vectors of its file only: the labels of the others are left out then.

    Raises
    ------
    ProjectorExportError
        If the counts differ, or there is no such column.
    """
    if labels is not None:
        table = _with_labels(table, labels, is_limited=is_limited)
    if label is None:
        return table
    chosen = table.column(label)
    if isinstance(chosen.values, np.ndarray):
        chosen = Column(chosen.name, [_written(value) for value in chosen.values.tolist()])
    others = (column for column in table.columns if column.name != label)
    history = table.provenance.then(Step("label", {"column": label}))
    return replace(table, columns=(chosen, *others), provenance=history)


def labels_beside(path: str | PathLike[str]) -> Path | None:
    """Return the metadata that other exporters put beside their vectors: ``metadata.tsv``, or gensim's ``…_metadata.tsv``."""
    location = Location.of(path)
    if location.is_address or location.suffix not in {".tsv", ".bytes"}:
        return None
    place = location.path
    names = {"vectors.tsv": "metadata.tsv", "tensors.tsv": "metadata.tsv", "tensor.tsv": "metadata.tsv"}
    name = names.get(place.name)
    if name is None and place.name.endswith("_tensor.tsv"):
        name = place.name.removesuffix("_tensor.tsv") + "_metadata.tsv"
    return place.with_name(name) if name is not None and place.with_name(name).is_file() else None


def _with_labels(table: EmbeddingTable, labels: str | PathLike[str], *, is_limited: bool) -> EmbeddingTable:
    columns = read_labels(labels, n_rows=table.n_rows)
    n_labels = len(columns[0].values)
    if is_limited and n_labels > table.n_rows:
        columns = tuple(replace(column, values=column.values[: table.n_rows]) for column in columns)
    elif n_labels != table.n_rows:
        raise InvalidInputError(
            f"{Location.of(labels).shown!r} has {counted(n_labels, 'label')} for "
            f"{counted(table.n_rows, 'vector')} of {table.name!r}: one is "
            "needed for each"
        )
    names = {column.name for column in table.columns}
    given = tuple(
        replace(column, name=f"{column.name} (labels)") if column.name in names else column for column in columns
    )
    step = Step("labels", {"path": Location.of(labels).shown, "columns": [column.name for column in given]})
    return replace(table, columns=(*given, *table.columns), provenance=table.provenance.then(step))


def _written(value: float) -> str | None:
    return None if math.isnan(value) else str(value)
