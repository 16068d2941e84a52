"""Values of records as columns of a table: numbers where all values are numbers, else texts of sensible length."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from projector_export.errors import counted
from projector_export.table import Column
from projector_export.tabular.plain_values import as_json_text, plain

__all__ = ["MAX_CHARACTERS", "UNCUT", "as_columns", "cut_notes"]

MAX_CHARACTERS = 500
"""Of a text that is shown beside a point."""

UNCUT = 2**31
"""As ``max_characters``: more than any text has."""

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_CODE = re.compile(r"[+-]?0[0-9]+", re.ASCII)
"""Such as a post code: a number would lose its zeros."""
_NO_NUMBER = frozenset({"", "nan", "NaN", "NAN"})
_INT64 = np.iinfo(np.int64)
_LARGEST_EXACT = 2**53
"""Whole numbers beyond it are not all float64."""


def as_columns(
    values: Mapping[str, Sequence[object]], *, is_typed: bool = True, max_characters: int = MAX_CHARACTERS
) -> tuple[Column, ...]:
    """Return columns of a table.

    Parameters
    ----------
    values
        Name of a column -> its values, of any plain type.
    is_typed
        Whether a text is a text on purpose. If not, as in CSV, texts that all read as numbers become numbers, unless one has
        leading zeros (a code); empty cells are missing then.
    max_characters
        Longer texts are cut and end in an ellipsis; :func:`cut_notes` tells of them.

    Returns
    -------
    tuple of Column
        int64 where all values are whole numbers, float64 where all are finite numbers or missing, else texts: mixed values as
        Python writes them, lists and objects as compact JSON, dates as ISO 8601, true and false in words.
    """
    return tuple(_column(name, each, is_typed, max_characters) for name, each in values.items())


def cut_notes(values: Mapping[str, Sequence[object]], *, max_characters: int = MAX_CHARACTERS) -> tuple[str, ...]:
    """Return a sentence for each column of which :func:`as_columns` cuts texts."""
    notes = []
    for name, each in values.items():
        count = sum(1 for value in each if isinstance(value, str) and len(value) > max_characters)
        if count:
            notes.append(
                f"{counted(count, 'text')} of column {name!r} {'is' if count == 1 else 'are'} longer than "
                f"{max_characters} characters and shown cut off"
            )
    return tuple(notes)


def _column(name: str, values: Sequence[object], is_typed: bool, max_characters: int) -> Column:
    numbers = _numbers(values)
    if numbers is None and not is_typed:
        numbers = _written_numbers(values)
    if numbers is not None:
        return Column(name, numbers)
    return Column(name, [_text(value, max_characters) for value in values])


def _numbers(values: Sequence[object]) -> npt.NDArray[np.generic] | None:
    kinds = set(map(type, values))
    whole = [value for value in values if type(value) is int]
    if kinds == {int}:
        return np.array(values, dtype=np.int64) if _INT64.min <= min(whole) <= max(whole) <= _INT64.max else None
    if kinds and kinds <= {int, float, type(None)} and kinds != {type(None)}:
        if any(abs(value) > _LARGEST_EXACT for value in whole):
            return None
        numbers = np.array(values, dtype=np.float64)
        return None if np.isinf(numbers).any() else numbers
    return None


def _written_numbers(values: Sequence[object]) -> npt.NDArray[np.generic] | None:
    """Return the numbers that texts spell, None where one spells none."""
    texts = [value for value in values if isinstance(value, str)]
    told = [text for text in texts if text not in _NO_NUMBER]
    if len(texts) < len(values) or not told or not all(_DECIMAL.fullmatch(text) for text in told):
        return None
    if any(_CODE.match(text) and _CODE.fullmatch(text.partition(".")[0]) for text in told):
        return None
    if len(told) == len(texts) and all(_WHOLE.fullmatch(text) and len(text) <= 18 for text in told):
        return np.array([int(text) for text in texts], dtype=np.int64)
    if any(_WHOLE.fullmatch(text) and len(text) > 18 for text in told):
        return None
    return np.array([np.nan if text in _NO_NUMBER else float(text) for text in texts])


def _text(value: object, max_characters: int) -> str | None:
    value = plain(value)
    if value is None:
        return None
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, list):
        text = as_json_text(value)
    else:
        text = str(value)
    return text if len(text) <= max_characters else f"{text[: max_characters - 1]}…"
