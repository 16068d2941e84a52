"""Whether a lower group of rows is only a kind of token that is shorter than the others as a whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["TRAINED_KINDS", "kinds_below"]

TRAINED_KINDS = frozenset({"word", "subword", "number", "punctuation", "whitespace", "control", "added"})
"""Kinds of which a tokenizer's training text held every token, so that few of them are untrained."""

WHOLE = 0.9
LEAST_ROWS = 20
HALF = 0.5


def kinds_below(kinds: npt.NDArray[np.str_], is_low: npt.NDArray[np.bool_]) -> list[str]:
    """Return the kinds that lie in the lower group as a whole, if they explain it; an empty list if they do not.

    They explain it if they hold at least half of it, and each has at least 20 rows, nine tenths of them in the group.

    Parameters
    ----------
    kinds
        Shape ``(n,)``: one for each row that was compared.
    is_low
        Shape ``(n,)``: which of them the lower group holds.
    """
    below = []
    explained = 0
    for kind in sorted(TRAINED_KINDS):
        members = kinds == kind
        n_low = int(is_low[members].sum())
        if members.sum() >= LEAST_ROWS and n_low >= WHOLE * members.sum():
            below.append(kind)
            explained += n_low
    return below if explained >= HALF * is_low.sum() else []
