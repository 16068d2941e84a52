"""Read word2vec's binary files: each word, a space, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError
from projector_export.sources.word_vectors.opening import Unpacked, opened
from projector_export.sources.word_vectors.reading import Reading, Words
from projector_export.sources.word_vectors.row_store import RowStore
from projector_export.sources.word_vectors.sizes import sizes_of
from projector_export.tensor_files.scattered_vectors import ScatteredVectors, gathered
from projector_export.vectors import ArrayVectors, Float32Array

__all__ = ["read_word2vec_binary"]

_BLOCK_BYTES = 4 * 2**20
_LONGEST_WORD = 64 * 1024


def read_word2vec_binary(reading: Reading) -> Words:
    """Read word2vec's binary files (word2vec ``word2vec.c``, ``TrainModel``; gensim ``keyedvectors.py``, ``_add_bytes_to_kv``).

    Rows stay in the file; of a compressed one they are unpacked into memory.

    Raises
    ------
    CorruptFileError
        If the file is cut off.
    """
    with opened(reading.path) as stream:
        head = stream.read(_BLOCK_BYTES)
        line = head[:200].partition(b"\n")[0][:100]
        sizes = sizes_of(line, stream.name)
        sizes.check(stream, bytes_a_value=4)
        n_rows = reading.wanted(sizes.n_rows)
        store = RowStore(sizes.n_dims) if stream.compression else None
        words: list[bytes] = []
        offsets: list[npt.NDArray[np.int64]] = []
        for found in _scanned(stream, head, len(line) + 1, n_rows, sizes.n_dims):
            words += found.words
            offsets.append(found.offsets)
            if store is not None:
                store.append(found.values(sizes.n_dims))
            reading.report(stream.used, stream.size)
    if len(words) < n_rows:
        raise CorruptFileError(
            f"the first line of {stream.name!r} promises {sizes.n_rows:,} words of {sizes.n_dims:,} dimensions, and the file "
            f"ends after {len(words):,}: it is cut off, or its first line is wrong"
        )
    if store is not None:
        return Words(words, ArrayVectors(store.finished()))
    return Words(words, ScatteredVectors(str(reading.path), np.concatenate(offsets), sizes.n_dims))


@dataclass(frozen=True, eq=False)
class _Found:
    """Words of one block of the file, and where in the file and in the block their rows begin."""

    words: list[bytes]
    offsets: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    block: bytes

    def values(self, n_dims: int) -> Float32Array:
        """Return the rows of these words."""
        return gathered(self.block, self.places, n_dims)


def _scanned(stream: Unpacked, block: bytes, at: int, n_rows: int, n_dims: int) -> Iterator[_Found]:
    """Walk through the words; stop after so many, or where the file ends before the next is whole."""
    begin, n_found = 0, 0
    while n_found < n_rows:
        words, places, at = _words_of(block, at, n_rows - n_found, n_dims)
        if places:
            starts = np.array(places, dtype=np.int64)
            n_found += len(words)
            yield _Found(words, starts + begin, starts, block)
        elif len(block) - at > _LONGEST_WORD + 4 * n_dims:
            raise CorruptFileError(
                f"{stream.name!r} has no word at byte {begin + at:,}: its first line is wrong, or it is damaged"
            )
        more = stream.read(_BLOCK_BYTES)
        if not more:
            return
        block, begin, at = block[at:] + more, begin + at, 0


def _words_of(block: bytes, at: int, n_wanted: int, n_dims: int) -> tuple[list[bytes], list[int], int]:
    """Return the whole words of a block, where their rows begin, and where the first word that is not whole begins."""
    words: list[bytes] = []
    places: list[int] = []
    n_bytes = 4 * n_dims
    last = len(block) - n_bytes
    while len(words) < n_wanted:
        space = block.find(b" ", at, last)
        if space < 0:
            break
        words.append(block[at:space].lstrip(b"\n"))
        places.append(space + 1)
        at = space + 1 + n_bytes
    return words, places, at
