"""What the rows of a layer are called, where the user says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TypeAlias

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.table import Column
from projector_export.tabular.labels import read_labels

__all__ = ["Labels", "given_labels", "label_columns", "numbered_columns"]

Labels: TypeAlias = "str | PathLike[str] | Sequence[str | None] | Sequence[Column]"
"""A file of labels, one text a row, or whole columns."""


def given_labels(labels: Labels | Mapping[str, Labels] | None, layer: str) -> Labels | None:
    """Return the labels that were given for a layer: the same for all of them, or those of its name."""
    return labels.get(layer) if isinstance(labels, Mapping) else labels


def label_columns(labels: Labels, n_rows: int, layer: str) -> tuple[Column, ...]:
    """Return the columns of a layer's rows, the label first and ``id`` behind it.

    Parameters
    ----------
    labels
        A path, a text for each row (None for one without), or columns.
    n_rows
        Rows of the layer. Labels for the first of them will do: what lies behind them is ``row 17``.
    layer
        For the sentence.

    Raises
    ------
    InvalidInputError
        If there are more labels than rows, or they are neither texts nor columns.
    """
    columns = _read(labels, n_rows)
    n_labels = {len(column.values) for column in columns}
    if not columns or n_labels == {0}:
        raise InvalidInputError(f"there are no labels for the {n_rows:,} rows of {layer!r}: give one a row")
    if len(n_labels) > 1 or max(n_labels) > n_rows:
        counts = " or ".join(f"{count:,}" for count in sorted(n_labels))
        raise InvalidInputError(f"{counts} labels for the {n_rows:,} rows of {layer!r}: give one a row, row 0 first")
    filled = tuple(_filled(column, n_rows) for column in columns)
    return _with_label_first(filled, n_rows)


def numbered_columns(n_rows: int) -> tuple[Column, ...]:
    """Return the columns of rows about which nothing is known: ``token`` (``row 17``) and ``id``."""
    return Column("token", [f"row {row}" for row in range(n_rows)]), Column("id", np.arange(n_rows))


def _read(labels: Labels, n_rows: int) -> tuple[Column, ...]:
    if isinstance(labels, (str, PathLike)):
        return read_labels(labels, n_rows=n_rows)
    if not isinstance(labels, (Sequence, np.ndarray)):
        raise InvalidInputError(f"labels are a file's path or a list of texts, not {type(labels).__name__}")
    if len(labels) and all(isinstance(each, Column) for each in labels):
        return tuple(each for each in labels if isinstance(each, Column))
    return (Column("token", [each if each is None or isinstance(each, str) else str(each) for each in labels]),)


def _filled(column: Column, n_rows: int) -> Column:
    missing = n_rows - len(column.values)
    if not missing:
        return column
    if isinstance(column.values, np.ndarray):
        values = np.concatenate([column.values.astype(np.float64), np.full(missing, np.nan)])
        return Column(column.name, values)
    return Column(column.name, [*column.values, *[None] * missing], spelled=column.spelled)


def _with_label_first(columns: tuple[Column, ...], n_rows: int) -> tuple[Column, ...]:
    """Return the columns with names for rows that have none, and the row numbers where they are not there yet."""
    texts = [column for column in columns if not column.is_numeric]
    if not texts:
        columns = (numbered_columns(n_rows)[0], *columns)
        texts = [columns[0]]
    label = texts[0]
    named = [f"row {row}" if value is None else str(value) for row, value in enumerate(label.values)]
    rest = [column for column in columns if column is not label]
    numbers = [] if any(column.name == "id" for column in columns) else [Column("id", np.arange(n_rows))]
    return Column(label.name, named, spelled=label.spelled), *numbers, *rest
