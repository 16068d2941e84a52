"""The columns of a model's tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.table import Column
from projector_export.tokens import Vocabulary, kinds, labels, no_token, texts, token_bytes

__all__ = ["unlabelled_columns", "vocabulary_columns"]

_BEYOND = "beyond the tokenizer"


def vocabulary_columns(
    vocabulary: Vocabulary, n_rows: int, norms: npt.NDArray[np.float64]
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns of a table of tokens, and a sentence each about rows and tokens without a counterpart.

    Parameters
    ----------
    vocabulary
        The tokens; token ``i`` belongs to row ``i``.
    n_rows
        Rows of the stored table.
    norms
        Lengths of the rows that were read: all, or the first ones.
    """
    n_read = len(norms)
    beyond = range(len(vocabulary), n_read)
    padding = [None] * len(beyond)
    values = [*token_bytes(vocabulary)[:n_read], *padding]
    written = [*texts(vocabulary)[:n_read], *padding]
    columns = (
        Column("token", [*labels(vocabulary)[:n_read], *map(no_token, beyond)], spelled=True),
        Column("id", np.arange(n_read)),
        Column("kind", [*kinds(vocabulary)[:n_read], *[_BEYOND] * len(beyond)]),
        Column("text", written),
        Column("bytes", [None if value is None else f"<{value.hex(' ')}>" for value in values]),
        Column("length", _lengths(values)),
        Column("norm", norms),
    )
    return columns, _notes(len(vocabulary), n_rows)


def unlabelled_columns(norms: npt.NDArray[np.float64]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns of a table without tokens, and a sentence that says so."""
    n_rows = len(norms)
    columns = (
        Column("token", [f"row {row}" for row in range(n_rows)]),
        Column("id", np.arange(n_rows)),
        Column("norm", norms),
    )
    return columns, ("the file has no tokens: rows are labelled by number",)


def _lengths(values: list[bytes | None]) -> npt.NDArray[np.generic]:
    if None in values:
        return np.array([np.nan if value is None else len(value) for value in values], dtype=np.float64)
    return np.array([len(value or b"") for value in values], dtype=np.int64)


def _notes(n_tokens: int, n_rows: int) -> tuple[str, ...]:
    if n_rows > n_tokens:
        lie = "1 row lies" if n_rows - n_tokens == 1 else f"{n_rows - n_tokens:,} rows lie"
        return (f"{lie} beyond the tokenizer's {n_tokens:,} tokens: kind '{_BEYOND}'",)
    if n_tokens > n_rows:
        have = "1 token has" if n_tokens - n_rows == 1 else f"{n_tokens - n_rows:,} tokens have"
        return (f"{have} no row in the table: ids from {n_rows}",)
    return ()
