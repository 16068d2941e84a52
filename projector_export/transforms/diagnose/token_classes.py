"""Which rows are tokens that a text can give: those over which indicators are compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose.text_column import text_column

__all__ = ["TokenClasses", "token_classes"]

BoolArray = npt.NDArray[np.bool_]

_NOT_OK = frozenset({"beyond the tokenizer", "no token", "unused", "special", "partial UTF-8", "unreachable"})


@dataclass(frozen=True, eq=False)
class TokenClasses:
    """Classes of rows, each of shape ``(n_rows,)``.

    Parameters
    ----------
    ordinary
        Tokens that come back when they are decoded and encoded again: category ``OK`` of Land & Bartolo 2024.
    special
        Tokens that steer the model: ``OK_SPECIAL``.
    token
        Rows that have a token at all.
    """

    ordinary: BoolArray
    special: BoolArray
    token: BoolArray


def token_classes(table: EmbeddingTable) -> TokenClasses:
    """Return the classes that the columns ``kind`` and ``bytes`` tell; without them every row is ordinary.

    A byte is ordinary if it is a letter of ASCII that no other token spells: any other decodes to U+FFFD, or to what the
    other token stands for.
    """
    kinds = text_column(table, "kind")
    if not kinds:
        every = np.ones(table.n_rows, dtype=np.bool_)
        return TokenClasses(every, ~every, every)
    array = np.array([kind or "" for kind in kinds])
    is_token = ~np.isin(array, ["beyond the tokenizer", "no token"])
    ordinary = ~np.isin(array, list(_NOT_OK)) & ~_odd_bytes(text_column(table, "bytes"), array == "byte")
    return TokenClasses(ordinary, array == "special", is_token)


def _odd_bytes(spelled: tuple[str | None, ...], is_byte: BoolArray) -> BoolArray:
    odd = np.zeros(len(is_byte), dtype=np.bool_)
    if spelled:
        times = Counter(spelled)
        for row in np.flatnonzero(is_byte).tolist():
            odd[row] = times[spelled[row]] > 1 or not _is_ascii(spelled[row])
    return odd


def _is_ascii(spelled: str | None) -> bool:
    """Tell whether bytes as the column writes them (``<7f>``) are below 0x80."""
    return spelled is not None and spelled[1:2] < "8"
