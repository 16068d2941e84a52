"""Dictionaries: of a label and its vector, of columns, or of a name and its matrix."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError, excerpt
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.named_columns import first_of, is_array, is_matrix, length_of, read_columns
from projector_export.sources.objects.rows import rows_of_rows, table_of
from projector_export.table import EmbeddingTable
from projector_export.tabular import UNCUT, as_columns
from projector_export.vectors import ArrayVectors

__all__ = ["read", "recognises"]


def recognises(value: object) -> bool:
    """Tell whether an object is a dictionary, or behaves like one."""
    return isinstance(value, Mapping)


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of ``{label: vector}``, of ``{name: column}``, or of one matrix of ``{name: matrix}`` as in state dicts.

    Where each entry is one row of numbers, the names are labels. Where one entry is a matrix (an array of two axes, a list of
    rows), it is the vectors, and entries of one value a row are columns, as in a data frame. So it is where texts stand beside
    numbers, each a column. In a dictionary of arrays only, several matrices of different lengths share no rows: none of its
    entries is a column then.

    Raises
    ------
    ProjectorExportError
        If it is empty, holds several matrices and none is named, or its rows are no vectors of one length.
    """
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"{value!r} is no dictionary")
    if not value:
        raise InvalidInputError("the dictionary is empty: give at least one label and its vector")
    matrices = tuple(str(key) for key, each in value.items() if is_matrix(each))
    if asked.vectors is not None:
        return read_columns(
            value, asked, _named(value, asked, matrices), has_others=not _are_unrelated(value, matrices)
        )
    if len(matrices) > 1:
        raise AmbiguousChoiceError(
            f"the dictionary holds {len(matrices)} matrices, {_listed(matrices)}: choose by vectors=NAME"
        )
    if matrices:
        return read_columns(value, asked, matrices[0])
    texts = tuple(str(key) for key, each in value.items() if _are_texts(each))
    if texts and len(texts) < len(value) and len({length_of(each) for each in value.values()}) == 1:
        return read_columns(value, asked, texts[0])
    rows = rows_of_rows(list(value.values()), "the dictionary")
    return table_of(value, ArrayVectors(rows), columns=as_columns({"label": list(value)}, max_characters=UNCUT))


def _named(value: Mapping[object, object], asked: Asked, matrices: tuple[str, ...]) -> str:
    """Return the first entry that was asked for."""
    wanted = (asked.vectors,) if isinstance(asked.vectors, str) else tuple(map(str, asked.vectors or ()))
    names = tuple(map(str, value))
    for name in wanted:
        found = name if name in names else next((each for each in names if fnmatchcase(each, name)), None)
        if found is not None:
            return found
        raise NotFoundError(
            f"the dictionary has no entry {excerpt(name)!r}; its matrices are {_listed(matrices) or 'none'}"
        )
    raise InvalidInputError("vectors=[] names no entry: name those that are the dimensions")


def _are_unrelated(value: Mapping[object, object], matrices: tuple[str, ...]) -> bool:
    """Tell whether entries are the arrays of a model rather than columns of one table."""
    return (
        len(matrices) > 1
        and all(is_array(each) and not _are_texts(each) for each in value.values())
        and len({length_of(each) for each in value.values()}) > 1
    )


def _are_texts(value: object) -> bool:
    return isinstance(first_of(value), str) and (
        not isinstance(value, (list, tuple)) or all(each is None or isinstance(each, str) for each in value)
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(repr(excerpt(name)) for name in names[:8]) + (", …" if len(names) > 8 else "")
