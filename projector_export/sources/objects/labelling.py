"""What is told about rows beside their vectors: labels and columns, in whatever form they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, counted
from projector_export.sources.objects import arrow_table, pandas_frame, polars_frame
from projector_export.sources.objects.classes import described, has_class
from projector_export.sources.objects.frame import Frame, columns_of_frame
from projector_export.table import Column, EmbeddingTable
from projector_export.tabular import UNCUT, as_columns, read_labels

__all__ = ["columns_of", "labels_of", "python_value", "values_of", "with_columns"]

"""Characters of a text that was given on purpose: nothing of it is cut."""

_TEXTS = (str, bytes, PathLike)


def with_columns(table: EmbeddingTable, labels: object = None, columns: object = None) -> EmbeddingTable:
    """Return a table with labels in front and columns behind its own.

    Parameters
    ----------
    table
        The table; a given column replaces its own of the same name.
    labels
        As :func:`labels_of` takes them; or the name of one of the table's columns, which comes first then.
    columns
        As :func:`columns_of` takes them.

    Raises
    ------
    InvalidInputError
        If there are not as many values as rows, or they are neither texts nor numbers.
    """
    if labels is None and columns is None:
        return table
    if isinstance(labels, str) and any(column.name == labels for column in table.columns):
        table, labels = _with_label_first(table, labels), None
    front = () if labels is None else labels_of(labels, table.n_rows)
    back = () if columns is None else columns_of(columns, table.n_rows)
    for column in (*front, *back):
        if len(column.values) != table.n_rows:
            raise InvalidInputError(
                f"column {column.name!r} has {counted(len(column.values), 'value')}, and the vectors have "
                f"{counted(table.n_rows, 'row')}: give one value a row, in the same order"
            )
    given = {column.name: column for column in back}
    own = [
        given.pop(column.name, column) for column in table.columns if column.name not in {each.name for each in front}
    ]
    return replace(table, columns=(*front, *own, *given.values()))


def _with_label_first(table: EmbeddingTable, name: str) -> EmbeddingTable:
    if Path(name).expanduser().is_file():
        raise AmbiguousChoiceError(
            f"labels={name!r} is a column of table {table.name!r} and a file: type {'./' + name!r} for the file"
        )
    first = table.column(name)
    return replace(table, columns=(first, *(column for column in table.columns if column is not first)))


def labels_of(labels: object, n_rows: int) -> tuple[Column, ...]:
    """Return labels as columns.

    Parameters
    ----------
    labels
        One text or number a row, as list, array, tensor or series; a dictionary of text and row number, such as a tokenizer's
        vocabulary; anything with such a ``get_vocab()``; the path of a file of labels; or a table or :class:`Column`.
    n_rows
        Rows of vectors.

    Raises
    ------
    InvalidInputError
        If they are none of these.
    """
    if isinstance(labels, Column):
        return (labels,)
    if isinstance(labels, (str, PathLike)):
        return read_labels(labels, n_rows=n_rows)
    get_vocabulary = getattr(labels, "get_vocab", None)
    if callable(get_vocabulary):
        labels = get_vocabulary()
    if isinstance(labels, Mapping):
        return (_by_row(labels, n_rows),)
    frame = _frame(labels)
    if frame is not None and len(frame.names) > 1:
        return columns_of_frame(frame)
    return as_columns({_name_of(labels): values_of(labels, "labels")}, max_characters=UNCUT)


def columns_of(columns: object, n_rows: int) -> tuple[Column, ...]:
    """Return columns.

    Parameters
    ----------
    columns
        A dictionary of names and values, a data frame of pandas, polars or pyarrow, a :class:`Column` or a list of them, or the
        path of a file of records.
    n_rows
        Rows of vectors.

    Raises
    ------
    InvalidInputError
        If they are none of these, or two share a name.
    """
    if isinstance(columns, Column):
        return (columns,)
    if isinstance(columns, (str, PathLike)):
        return read_labels(columns, n_rows=n_rows)
    if isinstance(columns, Mapping):
        found = [(str(name), values) for name, values in columns.items()]
        return _distinct(_column(name, values) for name, values in found)
    frame = _frame(columns)
    if frame is not None:
        return columns_of_frame(frame)
    if isinstance(columns, Iterable) and not isinstance(columns, _TEXTS):
        given = list(columns)
        if all(isinstance(column, Column) for column in given):
            return _distinct(given)
    raise InvalidInputError(
        f"columns are a dictionary of names and values, a data frame, or a list of Column, not {described(columns)}"
    )


def _distinct(columns: Iterable[Column]) -> tuple[Column, ...]:
    found = tuple(columns)
    names = [column.name for column in found]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(f"two columns are named {name!r}: rename one")
    return found


def _column(name: str, values: object) -> Column:
    if isinstance(values, Column):
        return replace(values, name=name)
    (column,) = as_columns({name: values_of(values, f"column {name!r}")}, max_characters=UNCUT)
    return column


def _by_row(labels: Mapping[Any, object], n_rows: int) -> Column:
    """Return labels by the row numbers that a dictionary gives, text to row or row to text."""
    if all(_is_whole(row) for row in labels.values()):
        pairs = [(label, row) for label, row in labels.items()]
    elif all(_is_whole(row) for row in labels):
        pairs = [(label, row) for row, label in labels.items()]
    else:
        raise InvalidInputError(
            "labels in a dictionary are texts with the number of their row, as in {'the': 0, 'of': 1}"
        )
    found: dict[int, str] = {}
    for label, row in pairs:
        number = int(str(row))
        if not 0 <= number < n_rows:
            raise InvalidInputError(
                f"label {label!r} is that of row {number:,}, and the vectors have {counted(n_rows, 'row')}"
            )
        if number in found:
            raise InvalidInputError(f"labels {found[number]!r} and {label!r} share the row {number:,}")
        found[number] = str(label)
    return Column("label", [found.get(row) for row in range(n_rows)])


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


class Frames(Protocol):
    """A library of data frames."""

    def recognises(self, value: object, /) -> bool:
        """Tell whether an object is of this library."""

    def as_frame(self, value: object, /) -> Frame:
        """Return its columns."""


_LIBRARIES: tuple[Frames, ...] = (pandas_frame, polars_frame, arrow_table)


def _frame(value: object) -> Frame | None:
    return next((library.as_frame(value) for library in _LIBRARIES if library.recognises(value)), None)


def _name_of(labels: object) -> str:
    name = getattr(labels, "name", None)
    return name if isinstance(name, str) and name and _frame(labels) is not None else "label"


def values_of(values: object, what: str) -> Sequence[object]:
    """Return values as Python's own; a missing one is None."""
    frame = _frame(values)
    if frame is not None:
        if len(frame.names) != 1:
            raise InvalidInputError(
                f"{what}: a table of {len(frame.names)} columns has several values a row: give one column"
            )
        return frame.values(frame.names[0])
    if isinstance(values, (set, frozenset)):
        raise InvalidInputError(f"{what} is a set, whose values have no order: give a list of one value a row")
    if isinstance(values, _TEXTS) or not isinstance(values, Iterable):
        raise InvalidInputError(f"{what} is the single value {values!r}: give a list of one value a row")
    if not hasattr(values, "__array__"):
        return [python_value(value) for value in values]
    if has_class(values, "torch", "Tensor"):
        tensor: Any = values
        array = np.asarray(tensor.detach().cpu().tolist())
    else:
        array = np.asarray(values)
    if array.ndim != 1:
        raise InvalidInputError(f"{what} has the shape {array.shape}: give one value a row")
    if array.dtype.kind == "M":
        return [None if text == "NaT" else text for text in np.datetime_as_string(array).tolist()]
    return [python_value(value) for value in array.tolist()]


def python_value(value: object) -> object:
    """Return a scalar of numpy, torch or TensorFlow as Python's own."""
    if type(value) in {str, int, float, bool, type(None)}:
        return value
    shape: Any = getattr(value, "shape", None)
    item = getattr(value, "item", None)
    if shape is not None and len(shape) == 0:
        if callable(item):
            value = item()
        elif callable(convert := getattr(value, "numpy", None)):
            value = convert()
            value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if isinstance(value, str) else value
