"""Values of records as rows of float32, and sentences about those that are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, counted, excerpt
from projector_export.tabular.json_lines import parse
from projector_export.vectors import Float32Array

__all__ = ["list_rows", "number_rows", "spelled_list"]


def list_rows(
    values: Sequence[object] | npt.NDArray[np.generic], *, width: int | None, first_row: int, column: str
) -> Float32Array:
    """Return lists of numbers as rows.

    Parameters
    ----------
    values
        One list a row, a text that spells one, or an array of two axes.
    width
        How many numbers a list has; None to take the first one's.
    first_row
        Number of the first row, for sentences.
    column
        Where the values come from.

    Raises
    ------
    InvalidInputError
        If a row is missing, of another length, or holds something else than numbers; it names the row.
    """
    if isinstance(values, np.ndarray):
        if width is not None and values.shape[1] != width:
            raise InvalidInputError(_other_length(first_row, column, values.shape[1], width))
        return _narrowed(values)
    lists = [_as_list(value, first_row + index, column) for index, value in enumerate(values)]
    width = len(lists[0]) if width is None else width
    for index, each in enumerate(lists):
        if len(each) != width:
            raise InvalidInputError(_other_length(first_row + index, column, len(each), width))
        if None in each:
            raise InvalidInputError(
                f"row {first_row + index:,} of column {excerpt(column)!r} has no number at place {each.index(None) + 1:,}"
            )
    try:
        return _narrowed(np.array(lists, dtype=np.float64))
    except (ValueError, TypeError, OverflowError):
        raise InvalidInputError(_no_numbers(lists, first_row, column)) from None


def number_rows(columns: Sequence[tuple[str, Sequence[object]]], *, first_row: int) -> Float32Array:
    """Return columns of numbers, or of texts that spell numbers, side by side as rows.

    Raises
    ------
    InvalidInputError
        If a value is missing or no number; it names row and column.
    """
    rows = np.empty((len(columns[0][1]), len(columns)), dtype=np.float32)
    for dimension, (name, values) in enumerate(columns):
        try:
            with np.errstate(over="ignore"):
                rows[:, dimension] = _as_numbers(values)
        except (ValueError, TypeError, OverflowError):
            row, value = next((row, value) for row, value in enumerate(values) if not _is_number(value))
            what = "is missing" if value is None or value == "" else f"is {_excerpt(value)} and no number"
            raise InvalidInputError(
                f"row {first_row + row:,} of column {excerpt(name)!r} {what}: vectors need a number there"
            ) from None
    return rows


def _as_numbers(values: Sequence[object] | npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    if isinstance(values, np.ndarray):
        return values
    return np.fromiter(map(float, cast("Sequence[float]", values)), dtype=np.float64, count=len(values))


def spelled_list(text: str) -> list[object] | None:
    """Return the list of numbers that a text spells, as ``[0.1, 0.2]`` or as NumPy prints it; None if it spells none."""
    inner = text.strip()
    if not (inner.startswith("[") and inner.endswith("]")):
        return None
    try:
        value = parse(inner)
    except ValueError:
        value = _spaced(inner[1:-1].split())
    if not isinstance(value, list) or not value or not all(type(each) in {int, float} for each in value):
        return None
    return value


def _spaced(words: list[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None


def _as_list(value: object, row: int, column: str) -> list[object]:
    if isinstance(value, str):
        found = spelled_list(value)
        if found is None and "..." in value:
            raise InvalidInputError(
                f"row {row:,} of column {excerpt(column)!r} was printed with '...' in the middle, so its numbers are lost: "
                "write the array by .tolist()"
            )
        value = found if found is not None else value
    if value is None or value == "":
        raise InvalidInputError(f"row {row:,} of column {excerpt(column)!r} has no vector: leave such rows out")
    if not isinstance(value, list):
        raise InvalidInputError(
            f"row {row:,} of column {excerpt(column)!r} is {_excerpt(value)} and no list of numbers"
        )
    return value


def _other_length(row: int, column: str, length: int, width: int) -> str:
    return (
        f"row {row:,} of column {excerpt(column)!r} has {counted(length, 'number')} instead of {width:,}: all vectors need "
        "the same dimensions"
    )


def _no_numbers(lists: Sequence[Sequence[object]], first_row: int, column: str) -> str:
    for index, each in enumerate(lists):
        for value in each:
            if not _is_number(value):
                return f"row {first_row + index:,} of column {excerpt(column)!r} holds {_excerpt(value)}, which is no number"
    return f"column {excerpt(column)!r} holds numbers that no float can hold"


def _is_number(value: object) -> bool:
    try:
        float(cast("float", value))
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _excerpt(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _narrowed(rows: npt.NDArray[np.generic]) -> Float32Array:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(rows, dtype=np.float32)
