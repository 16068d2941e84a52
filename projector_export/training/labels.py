"""What the rows of a layer are called, where the user says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from typing import TypeAlias

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.table import Column
from projector_export.tabular.labels import read_labels

__all__ = ["Labels", "given_labels", "label_columns", "numbered_columns"]

Labels: TypeAlias = "str | PathLike[str] | Sequence[str | None] | Sequence[Column] | Mapping[str, int]"
"""A file of labels, one text a row, whole columns, or token -> row number."""


def given_labels(labels: Labels | Mapping[str, Labels] | None, layer: str, layers: Collection[str]) -> Labels | None:
    """Return the labels that were given for a layer: the same for all of them, or those of its name.

    Parameters
    ----------
    labels
        What was given.
    layer
        One of the layers.
    layers
        All that are recorded.

    Raises
    ------
    InvalidInputError
        If labels were given for a layer that is not recorded.
    """
    if not isinstance(labels, Mapping):
        return labels
    numbers = {token: int(row) for token, row in labels.items() if isinstance(row, (int, np.integer))}
    if labels and len(numbers) == len(labels):
        return numbers
    unknown = [name for name in labels if name not in layers]
    if unknown:
        known = ", ".join(map(repr, layers))
        raise InvalidInputError(f"there are labels for {unknown[0]!r}, which is not recorded; what is: {known}")
    found = labels.get(layer)
    return None if isinstance(found, int) else found


def label_columns(labels: Labels, n_rows: int, layer: str) -> tuple[Column, ...]:
    """Return the columns of a layer's rows, the label first and ``id`` behind it.

    Parameters
    ----------
    labels
        A path, a text for each row (None for one without), columns, or token -> row number (rows may be left out).
    n_rows
        Rows of the layer.
    layer
        For the sentence.

    Raises
    ------
    InvalidInputError
        If there is another number of labels than rows, or they are none of these.
    """
    columns = _read(labels, n_rows, layer)
    counts = sorted({len(column.values) for column in columns})
    if counts != [n_rows]:
        found = " or ".join(f"{count:,}" for count in counts or [0])
        raise InvalidInputError(
            f"there are {found} labels for the {n_rows:,} rows of {layer!r}: give one a row, row 0 first"
        )
    return _with_label_first(columns, n_rows)


def numbered_columns(n_rows: int) -> tuple[Column, ...]:
    """Return the columns of rows about which nothing is known: ``token`` (``row 17``) and ``id``."""
    return Column("token", [f"row {row}" for row in range(n_rows)]), Column("id", np.arange(n_rows))


def _read(labels: Labels, n_rows: int, layer: str) -> tuple[Column, ...]:
    if isinstance(labels, (str, PathLike)):
        return read_labels(labels, n_rows=n_rows)
    if isinstance(labels, Mapping):
        return (Column("token", _by_row(labels, n_rows, layer)),)
    if not isinstance(labels, (Sequence, np.ndarray)):
        raise InvalidInputError(f"labels are a file's path or a list of texts, not {type(labels).__name__}")
    columns = tuple(each for each in labels if isinstance(each, Column))
    if len(labels) and len(columns) == len(labels):
        return columns
    return (Column("token", [each if each is None or isinstance(each, str) else str(each) for each in labels]),)


def _by_row(numbers: Mapping[str, int], n_rows: int, layer: str) -> list[str | None]:
    found: list[str | None] = [None] * n_rows
    for token, row in numbers.items():
        if not 0 <= row < n_rows:
            raise InvalidInputError(
                f"token {token!r} has the row number {row:,}, and {layer!r} has {n_rows:,} rows: leave such tokens out"
            )
        if found[row] is not None:
            raise InvalidInputError(
                f"tokens {found[row]!r} and {token!r} share row {row:,} of {layer!r}: leave one out"
            )
        found[row] = str(token)
    return found


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
