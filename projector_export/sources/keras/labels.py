"""The columns of an embedding layer's table."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.sources.keras.lookups import MASK, Lookup
from projector_export.table import Column
from projector_export.tabular.labels import read_labels
from projector_export.tokens import Vocabulary, labels, no_token

__all__ = ["beyond", "columns_of_file", "columns_of_lookup", "numbered_columns"]

WORD = "word"
PADDING = "padding"
UNKNOWN = "out of vocabulary"
BEYOND = "beyond the vocabulary"


def numbered_columns(n_rows: int, norms: npt.NDArray[np.float64], *, has_padding: bool) -> tuple[Column, ...]:
    """Return the columns of a table without a vocabulary: ``token`` (``row 17``), ``id`` and ``norm``."""
    names = [f"row {row}" for row in range(n_rows)]
    if has_padding:
        names[0] = MASK
    return Column("token", names), Column("id", np.arange(n_rows)), Column("norm", norms)


def columns_of_lookup(lookup: Lookup, n_rows: int, norms: npt.NDArray[np.float64]) -> tuple[Column, ...]:
    """Return the columns of a table whose rows a layer of the same model names.

    Parameters
    ----------
    lookup
        The vocabulary, of at most ``n_rows`` entries.
    n_rows
        Rows of the table.
    norms
        Shape ``(n_rows,)``: Euclidean length of each row.

    Returns
    -------
    tuple of Column
        ``token`` (the label, spelled for the eye), ``id``, ``kind`` and ``norm``.
    """
    entries: list[str | None] = list(lookup.entries)
    if lookup.n_mask and not entries[0]:
        entries[0] = MASK
    special = range(lookup.n_mask + lookup.n_unknown)
    kinds = [PADDING] * lookup.n_mask + [UNKNOWN] * lookup.n_unknown
    kinds = [*kinds, *[WORD] * (len(entries) - len(kinds)), *[BEYOND] * (n_rows - len(entries))]
    return _columns(entries, kinds[:n_rows], n_rows, norms, special=special)


def beyond(lookup: Lookup, n_rows: int) -> str:
    """Return the sentence that a table has more rows than its vocabulary has entries."""
    return (
        f"{n_rows - len(lookup):,} of {n_rows:,} rows lie beyond the {len(lookup):,} entries of {lookup.name!r}: "
        f"kind {BEYOND!r}"
    )


def columns_of_file(
    path: str | PathLike[str], n_rows: int, norms: npt.NDArray[np.float64], *, has_padding: bool, shown: str
) -> tuple[Column, ...]:
    """Return the columns of a table whose rows a file names.

    Parameters
    ----------
    path
        One label a line, a TSV or CSV file, or JSON.
    n_rows
        Rows of the table.
    norms
        Shape ``(n_rows,)``: Euclidean length of each row.
    has_padding
        Whether row 0 stands for padding: a file of one label less has none for it.
    shown
        What errors call the layer.

    Raises
    ------
    InvalidInputError
        If there is another number of labels than rows.
    """
    given = read_labels(path, n_rows=n_rows)
    n_labels = len(given[0].values)
    if has_padding and n_labels == n_rows - 1:
        given = tuple(_with_padding(column) for column in given)
    elif n_labels != n_rows:
        hint = f": if row 0 stands for padding, put a line {MASK} in front" if n_labels == n_rows - 1 else ""
        raise InvalidInputError(f"{fspath(path)!r} has {n_labels:,} labels and {shown} {n_rows:,} rows{hint}")
    texts = next((column for column in given if not column.is_numeric), given[0])
    entries = [None if value is None else str(value) for value in texts.values]
    kinds = [PADDING if has_padding and not row else WORD for row in range(n_rows)]
    own = _columns(entries, kinds, n_rows, norms, special=range(int(has_padding)))
    names = {column.name for column in own}
    others = [column for column in given if column is not texts]
    return (*own, *(_renamed(column, names) for column in others))


def _columns(
    entries: Sequence[str | None],
    kinds: Sequence[str],
    n_rows: int,
    norms: npt.NDArray[np.float64],
    *,
    special: range,
) -> tuple[Column, ...]:
    vocabulary = Vocabulary("plain", tuple(entries[:n_rows]), special=frozenset(special))
    spelled = [*labels(vocabulary), *map(no_token, range(len(vocabulary), n_rows))]
    return (
        Column("token", spelled, spelled=True),
        Column("id", np.arange(n_rows)),
        Column("kind", list(kinds)),
        Column("norm", norms),
    )


def _with_padding(column: Column) -> Column:
    """Return a column with a value for the padding in front."""
    if isinstance(column.values, np.ndarray):
        return Column(column.name, np.concatenate([[np.nan], column.values.astype(np.float64)]))
    return Column(column.name, [MASK, *column.values])


def _renamed(column: Column, taken: set[str]) -> Column:
    return Column(f"{column.name} (given)", column.values) if column.name in taken else column
