"""The first line of a word2vec file: how many words of how many dimensions; it may lie."""

from __future__ import annotations

import re
from dataclasses import dataclass

from projector_export.errors import CorruptFileError
from projector_export.sources.word_vectors.opening import Unpacked

__all__ = ["LARGEST_DIMENSION", "Sizes", "sizes_of"]

LARGEST_DIMENSION = 1_000_000
"""More numbers than any word has."""

_SIZES = re.compile(rb"\s*(\d{1,18})\s+(\d{1,18})\s*")


@dataclass(frozen=True)
class Sizes:
    """What the first line promises.

    Parameters
    ----------
    n_rows
        Words.
    n_dims
        Numbers of each.
    """

    n_rows: int
    n_dims: int

    def check(self, stream: Unpacked, *, bytes_a_value: int) -> None:
        """Compare the promise with the file's size, where the file is not compressed.

        Raises
        ------
        CorruptFileError
            If there are no words or dimensions, or more than the file can hold.
        """
        if not self.n_rows or not 1 <= self.n_dims <= LARGEST_DIMENSION:
            raise CorruptFileError(
                f"the first line of {stream.name!r} promises {self.n_rows:,} words of {self.n_dims:,} dimensions: "
                "there is nothing to show, or it is of another format"
            )
        least = self.n_rows * self.n_dims * bytes_a_value
        if stream.compression is None and least > stream.size:
            raise CorruptFileError(
                f"the first line of {stream.name!r} promises {self.n_rows:,} words of {self.n_dims:,} dimensions, which take "
                f"at least {least:,} bytes, and the file has {stream.size:,}: it is cut off, or its first line is wrong"
            )


def sizes_of(line: bytes, name: str) -> Sizes:
    """Return what a first line promises.

    Raises
    ------
    CorruptFileError
        If it is no pair of whole numbers.
    """
    found = _SIZES.fullmatch(line)
    if found is None:
        raise CorruptFileError(
            f"the first line of {name!r} is {line[:40].decode('utf-8', 'replace')!r}"
            ", not the number of words and of dimensions: if it begins with a word, read it as --format glove (format='glove')"
        )
    return Sizes(int(found[1]), int(found[2]))
