"""Which columns of a file of records are the vectors, and which say something about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from typing import cast

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, excerpt
from projector_export.sources.vector_files.number_rows import spelled_list
from projector_export.tabular import Records
from projector_export.tabular.heads import are_numbers, is_number
from projector_export.tabular.records import Wanted

__all__ = ["Roles", "roles_of"]

_NUMBERED = re.compile(r"(.*?)([0-9]+)$", re.DOTALL)
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_N_LISTED = 12
_N_SHOWN = 40


@dataclass(frozen=True)
class Roles:
    """What each column is for.

    Parameters
    ----------
    lists
        The column of lists that are the vectors, or None where each dimension is a column.
    dimensions
        Those columns.
    others
        Columns that become metadata.
    notes
        What the user should know about the choice.
    """

    lists: str | None
    dimensions: tuple[str, ...]
    others: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def wanted(self) -> Wanted:
        """What is read of the file: the columns of the vectors first."""
        if self.lists is None:
            return Wanted(0, (*self.dimensions, *self.others), numbers=frozenset(self.dimensions))
        return Wanted(0, (self.lists, *self.others), frozenset((self.lists,)))


def roles_of(
    records: Records, sample: Mapping[str, Sequence[object]], *, column: str | None, label: str | None
) -> Roles:
    """Decide what each column is for.

    Parameters
    ----------
    records
        The file.
    sample
        Its first rows.
    column
        Name of a column of lists, or a pattern of names of columns of numbers; None for the only column of lists, else for the
        longest series of numbered columns (``x1``, ``x2``, …), else for all columns of numbers.
    label
        A column that is no dimension in any case.

    Raises
    ------
    ProjectorExportError
        If nothing fits, several columns fit, or the named one does not exist or is of another kind.
    """
    lists = {name: _length(values) for name, values in sample.items() if _are_lists(values)}
    numbers = [name for name in records.columns if name != label and name not in lists and _are_numbers(sample[name])]
    doubtful = set(records.columns).difference(numbers, [label])
    strays = {
        name: stray for name in records.columns if name in doubtful and (stray := _stray(sample[name])) is not None
    }
    numbers = [name for name in numbers if not _is_index(records, name, sample[name])]
    if column is not None:
        _refuse_strays(records, strays, [name for name in strays if column not in lists and fnmatchcase(name, column)])
        return _named(records, column, lists, numbers)
    if lists:
        return _lists(records, _only(records, lists), lists)
    if not numbers:
        raise InvalidInputError(
            f"{records.describe['source']!r} has no vectors: none of its columns ({_listed(records.columns)}) holds numbers or "
            f"lists of numbers{_about_commas(sample)}"
        )
    commas = [name for name in records.columns if name in doubtful and _are_decimal_commas(sample[name])]
    series = _longest_series([name for name in records.columns if name in {*numbers, *strays, *commas}])
    chosen = series if any(name in numbers for name in series) else numbers
    _refuse_commas(records, sample, [name for name in commas if chosen is numbers or name in chosen])
    _refuse_strays(records, strays, [name for name in strays if chosen is numbers or name in chosen])
    return _dimensions(records, chosen, lists)


def _named(records: Records, column: str, lists: Mapping[str, int | None], numbers: Sequence[str]) -> Roles:
    if column in lists:
        return _lists(records, column, lists)
    chosen = [name for name in numbers if name == column or fnmatchcase(name, column)]
    if len(chosen) > 1:
        return _dimensions(records, chosen, lists)
    if not chosen and not any(letter in column for letter in "*?["):
        records.require(column)
    what = "holds one number a row" if chosen else "names no columns of numbers"
    raise InvalidInputError(
        f"column {column!r} of {records.describe['source']!r} {what}: name a column of lists ({_listed(list(lists))}) or a "
        f"pattern of several columns of numbers ({_listed(numbers)})"
    )


def _only(records: Records, lists: Mapping[str, int | None]) -> str:
    even = [name for name, length in lists.items() if length is not None and length > 1] or list(lists)
    if len(even) > 1:
        shown = ", ".join(
            f"{excerpt(name)!r} ({lists[name] or 'different'} numbers a row)" for name in even[:_N_LISTED]
        )
        shown += ", …" if len(even) > _N_LISTED else ""
        raise AmbiguousChoiceError(
            f"{records.describe['source']!r} has several columns of vectors, {shown}: name one (--column, column=…)"
        )
    return even[0]


def _lists(records: Records, chosen: str, lists: Mapping[str, int | None]) -> Roles:
    return Roles(chosen, (), tuple(name for name in records.columns if name not in lists), _skipped(chosen, lists))


def _dimensions(records: Records, chosen: Sequence[str], lists: Mapping[str, int | None]) -> Roles:
    taken = frozenset(chosen)
    others = tuple(name for name in records.columns if name not in taken and name not in lists)
    several = f"{len(chosen):,} columns of numbers {_runs(records.columns, chosen)}"
    note = f"the vectors are the {several if len(chosen) > 1 else f'column of numbers {excerpt(chosen[0])!r}'}"
    return Roles(None, tuple(chosen), others, (note, *_skipped(None, lists)))


def _runs(columns: Sequence[str], chosen: Sequence[str]) -> str:
    """Return names as ``'a' to 'c', 'e'``: those that stand side by side in the file together."""
    place = {name: number for number, name in enumerate(columns)}
    runs: list[list[str]] = []
    for name in chosen:
        if runs and place[name] == place[runs[-1][-1]] + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    shown = [" to ".join(repr(excerpt(name)) for name in dict.fromkeys((run[0], run[-1]))) for run in runs]
    return ", ".join(shown[:_N_LISTED]) + (", …" if len(shown) > _N_LISTED else "")


def _stray(values: Sequence[object]) -> tuple[int, str] | None:
    """Return row and text of the only cell that is no number, in a column with two numbers or more."""
    told = [(row, value) for row, value in enumerate(values) if value is not None and value != ""]
    others = (cell for cell in told if isinstance(cell[1], str) and not is_number(cell[1]))
    found = list(islice(others, 2))
    if len(found) != 1 or len(told) < 3:
        return None
    row, value = found[0]
    return row, str(value)


def _refuse_strays(records: Records, strays: Mapping[str, tuple[int, str]], names: Sequence[str]) -> None:
    if not names:
        return
    name = names[0]
    row, value = strays[name]
    told = excerpt(name)
    raise InvalidInputError(
        f"row {row:,} of column {told!r} of {records.describe['source']!r} is {value[:_N_SHOWN]!r}, and all others there are "
        f"numbers: write a number there, name the columns of the vectors (--column PATTERN), or keep {told!r} as text "
        f"(--label-column {told!r})"
    )


def _are_decimal_commas(values: Sequence[object]) -> bool:
    told = [value for value in values if value is not None and value != ""]
    return bool(told) and all(
        isinstance(value, str) and (_COMMA.fullmatch(value) or is_number(value)) for value in told
    )


def _refuse_commas(records: Records, sample: Mapping[str, Sequence[object]], names: Sequence[str]) -> None:
    if not names:
        return
    name = names[0]
    value = next(str(value) for value in sample[name] if isinstance(value, str) and _COMMA.fullmatch(value))
    told = excerpt(name)
    raise InvalidInputError(
        f"column {told!r} of {records.describe['source']!r} holds {excerpt(value)!r}, which is no number here: write "
        f"{excerpt(value.replace(',', '.'))!r}, name the columns of the vectors (--column PATTERN), or keep {told!r} as text "
        f"(--label-column {told!r})"
    )


def _skipped(chosen: str | None, lists: Mapping[str, int | None]) -> tuple[str, ...]:
    left = [name for name in lists if name != chosen]
    return (f"columns of lists are left out: {_listed(left)}",) if left else ()


def _longest_series(names: Sequence[str]) -> list[str]:
    """Return the longest run of names with one beginning and numbers that count up; empty if none has two."""
    best: list[str] = []
    run: list[str] = []
    expected: tuple[str, int] | None = None
    for name in names:
        found = _NUMBERED.match(name)
        run = [*run, name] if found and expected == (found[1], int(found[2])) else [name] if found else []
        expected = (found[1], int(found[2]) + 1) if found else None
        best = max(best, run, key=len)
    return best if len(best) > 1 else []


def _are_lists(values: Sequence[object]) -> bool:
    first = next((value for value in values if value is not None and value != ""), None)
    if isinstance(first, str):
        return spelled_list(first) is not None or (
            first.strip().startswith("[") and "..." in first and _is_array(first)
        )
    return isinstance(first, list) and bool(first) and all(type(each) in {int, float, type(None)} for each in first)


def _is_array(text: str) -> bool:
    return all(is_number(word) for word in text.strip("[] \n").split() if word != "...")


def _length(values: Sequence[object]) -> int | None:
    """Return how many numbers each of the lists has; None where that differs."""
    lengths = set()
    for value in values[:50]:
        found = spelled_list(value) if isinstance(value, str) else value
        if isinstance(found, list):
            lengths.add(len(found))
    return lengths.pop() if len(lengths) == 1 else None


def _about_commas(sample: Mapping[str, Sequence[object]]) -> str:
    found = (
        value for values in sample.values() for value in values if isinstance(value, str) and _COMMA.fullmatch(value)
    )
    first = next(found, None)
    return "" if first is None else f"; {first!r} is none here: write {first.replace(',', '.')!r}"


def _are_numbers(values: Sequence[object]) -> bool:
    told = [value for value in values if value is not None and value != ""]
    if set(map(type, told)) == {str}:
        return are_numbers(cast("list[str]", told))
    return bool(told) and all(
        is_number(value) if isinstance(value, str) else type(value) in {int, float} for value in told
    )


def _is_index(records: Records, name: str, values: Sequence[object]) -> bool:
    """Tell whether a column without a name counts the rows, as data frames write it."""
    if name != "column_1" or not records.describe.get("header") or name != records.columns[0]:
        return False
    return [str(value) for value in values] in ([str(row + first) for row in range(len(values))] for first in (0, 1))


def _listed(names: Sequence[str]) -> str:
    return (", ".join(repr(excerpt(name)) for name in names[:_N_LISTED]) or "there are none") + (
        ", …" if len(names) > _N_LISTED else ""
    )
