"""The columns of a vocabulary's table, the same for every source of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.table import Column
from projector_export.tokens import Vocabulary, kinds, labels, no_token, texts, token_bytes

__all__ = ["BEYOND", "refuse_other_model", "unlabelled_columns", "vocabulary_columns"]

BEYOND = "beyond the tokenizer"
"""The kind of rows behind the tokenizer's last id."""

_STRANGERS_ALLOWED = 1_000


def vocabulary_columns(
    vocabulary: Vocabulary, n_rows: int, norms: npt.NDArray[np.float64]
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns of a vocabulary's table, in display order.

    Parameters
    ----------
    vocabulary
        The tokenizer's entries; entry ``i`` belongs to row ``i``.
    n_rows
        Number of rows of the stored table.
    norms
        Euclidean length of each row that was read: all of them, or the first ones.

    Returns
    -------
    columns
        ``token`` (the label), ``id``, ``kind``, ``text`` (what the id decodes to; None without a token), ``bytes`` (in
        hexadecimal), ``length`` (number of bytes; NaN without a token) and ``norm``.
    notes
        A sentence each about rows without a token and tokens without a row.
    """
    n_read = len(norms)
    beyond = range(len(vocabulary), n_read)
    padding = [None] * len(beyond)
    values = [*token_bytes(vocabulary)[:n_read], *padding]
    written = [*texts(vocabulary)[:n_read], *padding]
    columns = (
        Column("token", [*labels(vocabulary)[:n_read], *map(no_token, beyond)], spelled=True),
        Column("id", np.arange(n_read)),
        Column("kind", [*kinds(vocabulary)[:n_read], *[BEYOND] * len(beyond)]),
        Column("text", [None if value is None else text for value, text in zip(values, written, strict=True)]),
        Column("bytes", [None if value is None else f"<{value.hex(' ')}>" for value in values]),
        Column("length", _lengths(values)),
        Column("norm", norms),
    )
    return columns, tuple(_notes(vocabulary, n_rows))


def unlabelled_columns(norms: npt.NDArray[np.float64]) -> tuple[Column, ...]:
    """Return the columns of a table without tokens: ``token`` (``row 17``), ``id`` and ``norm``."""
    n_rows = len(norms)
    return (
        Column("token", [f"row {row}" for row in range(n_rows)]),
        Column("id", np.arange(n_rows)),
        Column("norm", norms),
    )


def _lengths(values: Sequence[bytes | None]) -> npt.NDArray[np.generic]:
    if None in values:
        return np.array([np.nan if value is None else len(value) for value in values], dtype=np.float64)
    return np.array([len(value or b"") for value in values], dtype=np.int64)


def refuse_other_model(vocabulary: Vocabulary, n_rows: int) -> None:
    """Refuse a tokenizer that leaves a quarter of the rows without a token, or a tenth of its tokens without a row.

    Raises
    ------
    InvalidInputError
        If so many rows or tokens have no counterpart that the tokenizer has to be another model's.
    """
    n_tokens = len(vocabulary)
    if n_rows - n_tokens > max(_STRANGERS_ALLOWED, n_rows / 4) or n_tokens - n_rows > max(
        _STRANGERS_ALLOWED, n_tokens / 10
    ):
        raise InvalidInputError(
            f"the tokenizer has {n_tokens:,} tokens and the table {n_rows:,} rows: they belong to different models; "
            "name the right one with --tokenizer FILE_OR_FOLDER"
        )


def _notes(vocabulary: Vocabulary, n_rows: int) -> list[str]:
    n_tokens = len(vocabulary)
    holes = sum(raw is None for raw in vocabulary.raw[:n_rows])
    notes = []
    if n_rows > n_tokens:
        notes.append(
            f"{_counted(n_rows - n_tokens, 'row')} beyond the tokenizer's {n_tokens:,} tokens: kind '{BEYOND}'"
        )
    if holes:
        notes.append(f"{_counted(holes, 'row')} among the tokenizer's ids without a token: kind 'no token'")
    if n_tokens > n_rows:
        lost = n_tokens - n_rows
        ids = f"id {n_rows}" if lost == 1 else f"ids {n_rows}-{n_tokens - 1}"
        notes.append(f"{lost:,} token{'s have' if lost > 1 else ' has'} no row in the table: {ids}")
    return notes


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s lie' if number > 1 else ' lies'}"
