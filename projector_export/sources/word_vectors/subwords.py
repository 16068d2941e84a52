"""Which subwords a word of a fastText model has, as numbers of their shared rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Float32Array

__all__ = ["Subwords", "subwords_of", "with_subwords"]

_OFFSET_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)


@dataclass(frozen=True, eq=False)
class Subwords:
    """The subwords of some words, one word's behind the other's.

    Parameters
    ----------
    buckets
        Number of each subword's row among the shared ones.
    counts
        How many each word has.
    """

    buckets: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def subwords_of(words: Sequence[bytes], *, shortest: int, longest: int, bucket: int) -> Subwords:
    """Return the subwords of words in the order of fastText's ``dictionary.cc``, ``computeSubwords``.

    A subword is `shortest` to `longest` characters of ``<word>``; ``<`` and ``>`` alone are none. Its row is the remainder of
    its FNV-1a hash, in which bytes count as signed (``Dictionary::hash``).

    Parameters
    ----------
    words
        In UTF-8.
    shortest, longest
        Characters of a subword.
    bucket
        Number of shared rows, at least 1.
    """
    joined = np.frombuffer(b"".join([b"<%b>" % word for word in words]), dtype=np.uint8)
    ends = np.cumsum([len(word) + 2 for word in words])
    starts = np.flatnonzero((joined & 0xC0) != 0x80)
    lengths = np.diff(np.append(starts, len(joined)))
    owners = np.searchsorted(ends, starts, side="right")
    n_left = np.searchsorted(starts, ends)[owners] - np.arange(len(starts))
    is_first = np.append(True, owners[1:] != owners[:-1])
    signed = joined.view(np.int8).astype(np.int32).view(np.uint32)
    hashes = np.full(len(starts), _OFFSET_BASIS)
    table = np.zeros((len(starts), longest), dtype=np.uint32)
    is_subword = np.zeros(table.shape, dtype=np.bool_)
    for n in range(1, longest + 1):
        active = np.flatnonzero(n_left >= n)
        _hash_character(hashes, active, signed, starts[active + n - 1], lengths[active + n - 1])
        if n >= shortest:
            table[active, n - 1] = hashes[active]
            is_subword[active, n - 1] = True if n > 1 else ~(is_first | (n_left == 1))[active]
    counts = np.bincount(owners, weights=is_subword.sum(axis=1), minlength=len(words)).astype(np.int64)
    return Subwords((table[is_subword] % np.uint32(bucket)).astype(np.int64), counts)


def _hash_character(
    hashes: npt.NDArray[np.uint32],
    active: npt.NDArray[np.int64],
    signed: npt.NDArray[np.uint32],
    begins: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> None:
    """Take the bytes of one more character each into some hashes."""
    for place in range(int(lengths.max(initial=0))):
        has_byte = lengths > place
        chosen = active[has_byte]
        hashes[chosen] = (hashes[chosen] ^ signed[begins[has_byte] + place]) * _PRIME


def with_subwords(own: Float32Array, shared: Float32Array, subwords: Subwords) -> Float32Array:
    """Return the vectors of words: the mean of a word's own row and its subwords' (fastText ``getWordVector``).

    Rows are summed in float32 in the subwords' order and divided once, as gensim's ``adjust_vectors`` does.

    Parameters
    ----------
    own
        Shape ``(n_words, n_dims)``, the words' own rows.
    shared
        The subwords' rows.
    subwords
        Of these words.
    """
    vectors = np.array(own, dtype=np.float32)
    firsts = np.cumsum(subwords.counts) - subwords.counts
    for place in range(int(subwords.counts.max(initial=0))):
        rows = np.flatnonzero(subwords.counts > place)
        vectors[rows] += shared[subwords.buckets[firsts[rows] + place]]
    vectors /= (subwords.counts + 1).astype(np.float32)[:, None]
    return vectors
