"""Batches of texts of nearly one length, as large as a budget of tokens."""

from __future__ import annotations

import numpy as np

from projector_export.sources.encoders.encoder import IntArray

__all__ = ["even_batches", "length_batches"]


def length_batches(lengths: IntArray, budget: int, *, slack: float) -> list[IntArray]:
    """Return text numbers of each batch, the longest texts first.

    Texts of one length need no padding and no mask. Batches depend on nothing but the arguments.

    Parameters
    ----------
    lengths
        Tokens of each text.
    budget
        Padded length times texts of a batch is at most that, unless a single text is longer.
    slack
        A text may be shorter than the longest one of its batch by this share: so much is computed for nothing at most.
    """
    order = np.argsort(-lengths, kind="stable")
    batches: list[IntArray] = []
    start = 0
    while start < len(order):
        longest = int(lengths[order[start]])
        fitting = max(1, budget // max(1, longest))
        candidates = order[start : start + fitting]
        n_texts = int(np.count_nonzero(lengths[candidates] >= longest * (1 - slack)))
        batches.append(candidates[:n_texts])
        start += n_texts
    return batches


def even_batches(n_texts: int, size: int) -> list[IntArray]:
    """Return text numbers of each batch of so many texts, in their order."""
    return [np.arange(start, min(start + size, n_texts)) for start in range(0, n_texts, size)]
