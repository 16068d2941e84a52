"""Tables of columns, whatever library they are of: one part are the vectors, the others tell about the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError, counted
from projector_export.provenance import JSONValue
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.rows import table_of
from projector_export.table import Column, EmbeddingTable
from projector_export.tabular import UNCUT, as_columns, cut_notes
from projector_export.vectors import ArrayVectors, Vectors

__all__ = ["Content", "Frame", "columns_of_frame", "read_frame", "require_no_missing"]

Content: TypeAlias = Literal["vectors", "numbers", "others"]


_NUMBERED = re.compile(r"(.*?)([0-9]+)", re.DOTALL)


class Frame(Protocol):
    """A table of columns."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns, in order."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    def content(self, name: str) -> Content:
        """Tell whether each value of a column is a list of numbers, a number, or anything else."""

    def vectors(self, name: str) -> Vectors:
        """Return a column of lists of numbers.

        Raises
        ------
        InvalidInputError
            If a row is missing, or has another length than the first.
        """

    def numbers(self, name: str) -> npt.NDArray[np.generic]:
        """Return a column of numbers; a missing one is NaN."""

    def values(self, name: str) -> list[object]:
        """Return a column's values as Python's own; a missing one is None."""

    def index(self) -> tuple[str, list[object]] | None:
        """Return name and values of what the rows are called, where they are not merely counted."""


def read_frame(frame: Frame, value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a table of columns.

    Parameters
    ----------
    frame
        How its columns are reached.
    value
        The object itself.
    asked
        Which column of lists, or which columns of numbers, are the vectors.

    Raises
    ------
    ProjectorExportError
        If that cannot be told, or they are no vectors.
    """
    _refuse_repeated(frame.names)
    if not frame.n_rows:
        raise InvalidInputError("the table has no rows")
    chosen = _chosen(frame, asked)
    vectors = _vectors(frame, chosen)
    left_out = [name for name in frame.names if name not in chosen and frame.content(name) == "vectors"]
    notes = []
    if asked.vectors is None and len(chosen) > 1:
        notes.append(f"the vectors are the {len(chosen):,} columns of numbers {chosen[0]!r} to {chosen[-1]!r}")
    notes += [f"column {name!r} holds vectors too and is left out" for name in left_out]
    values = _told(frame, {*chosen, *left_out})
    parameters: dict[str, JSONValue] = {"columns": list(chosen), "metadata": list(values)}
    return table_of(
        value,
        vectors,
        name=chosen[0] if len(chosen) == 1 and chosen[0] else "embeddings",
        columns=as_columns(values),
        parameters=parameters,
        notes=(*notes, *cut_notes(values)),
    )


def columns_of_frame(frame: Frame) -> tuple[Column, ...]:
    """Return all columns of a table that tells about rows, nothing of it cut."""
    _refuse_repeated(frame.names)
    return as_columns(_told(frame, set()), max_characters=UNCUT)


def require_no_missing(numbers: npt.NDArray[np.generic], what: str) -> None:
    """Refuse missing numbers.

    Raises
    ------
    InvalidInputError
        If there is one; the sentence names its row.
    """
    if numbers.dtype.kind != "f":
        return
    missing = np.flatnonzero(np.isnan(numbers))
    if len(missing):
        raise InvalidInputError(
            f"{what} has no number in row {missing[0]:,} ({counted(len(missing), 'such row')}): fill in numbers, or "
            "leave such rows out"
        )


def _told(frame: Frame, without: set[str]) -> dict[str, Sequence[object]]:
    index = frame.index()
    values: dict[str, Sequence[object]] = {}
    if index is not None:
        name = index[0]
        while name in frame.names:
            name = f"{name}_"
        values[name] = index[1]
    return values | {name: frame.values(name) for name in frame.names if name not in without}


def _chosen(frame: Frame, asked: Asked) -> tuple[str, ...]:
    if asked.vectors is not None:
        chosen = _named(frame, asked.vectors)
        _require_columns(frame, chosen)
        return chosen
    lists = tuple(name for name in frame.names if frame.content(name) == "vectors")
    if len(lists) == 1:
        return lists
    if lists:
        raise AmbiguousChoiceError(f"{len(lists)} columns hold vectors, {_listed(lists)}: choose by vectors=NAME")
    numbers = tuple(name for name in frame.names if frame.content(name) == "numbers")
    series = _longest_series(numbers)
    if series or (numbers and len(numbers) == len(frame.names)):
        return series or numbers
    raise AmbiguousChoiceError(
        f"no column holds lists of numbers; columns of numbers are {_listed(numbers) or 'none'}: name those that are the "
        "dimensions, as in vectors=['x', 'y', 'z']"
    )


def _named(frame: Frame, vectors: str | Sequence[str]) -> tuple[str, ...]:
    """Return the columns that were asked for; one text may be a pattern, as ``"dim_*"``."""
    if not isinstance(vectors, str):
        return tuple(map(str, vectors))
    if vectors in frame.names or "*" not in vectors:
        return (vectors,)
    return tuple(name for name in frame.names if fnmatchcase(name, vectors)) or (vectors,)


def _longest_series(names: Sequence[str]) -> tuple[str, ...]:
    """Return the longest run of names with one beginning and numbers that count up; empty if none has two."""
    best: list[str] = []
    run: list[str] = []
    expected: tuple[str, int] | None = None
    for name in names:
        found = _NUMBERED.fullmatch(name)
        run = [*run, name] if found and expected == (found[1], int(found[2])) else [name] if found else []
        expected = (found[1], int(found[2]) + 1) if found else None
        best = max(best, run, key=len)
    return tuple(best) if len(best) > 1 else ()


def _require_columns(frame: Frame, chosen: tuple[str, ...]) -> None:
    if not chosen:
        raise InvalidInputError("vectors=[] names no column: name those that are the dimensions")
    _refuse_repeated(chosen)
    for name in chosen:
        if name not in frame.names:
            raise NotFoundError(f"there is no column {name!r}; there are {_listed(frame.names)}")
        content = frame.content(name)
        if content == "others" or (content == "vectors" and len(chosen) > 1):
            raise InvalidInputError(
                f"column {name!r} holds {_example(frame, name)}: vectors are one column of lists of numbers, or several "
                "columns of numbers"
            )


def _example(frame: Frame, name: str) -> str:
    found = next((value for value in frame.values(name) if value is not None), None)
    text = repr(found)
    return f"values such as {text if len(text) <= 60 else text[:59] + '…'}"


def _vectors(frame: Frame, chosen: tuple[str, ...]) -> Vectors:
    if len(chosen) == 1 and frame.content(chosen[0]) == "vectors":
        return frame.vectors(chosen[0])
    columns = []
    for name in chosen:
        numbers = frame.numbers(name)
        require_no_missing(numbers, f"column {name!r}")
        columns.append(numbers)
    rows = np.column_stack(columns)
    rows.flags.writeable = False
    return ArrayVectors(rows)


def _refuse_repeated(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(f"two columns are named {name!r}: rename one")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")
