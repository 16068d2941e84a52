"""The first part of a fastText model: how it was trained, and its words.

Written by fastText's ``fasttext.cc``, ``args.cc`` and ``dictionary.cc``, and by gensim's ``_fasttext_bin.py``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError

__all__ = ["MAGIC", "Header", "Matrix", "decode"]

MAGIC = struct.pack("<i", 793712314)
"""``FASTTEXT_FILEFORMAT_MAGIC_INT32``."""

_VERSIONS = (11, 12)
_ARGUMENTS = struct.Struct("<12id")
_DICTIONARY = struct.Struct("<3i2q")
_COUNT_AND_KIND = struct.Struct("<qb")
_MATRIX = struct.Struct("<?2q")
_SUPERVISED = 3
_LARGEST_SUBWORD = 64


class Buffer(Protocol):
    """Bytes, or a memory-mapped file."""

    def find(self, sub: bytes, start: int = ..., end: int = ..., /) -> int:
        """Return where bytes begin, or -1."""

    def __getitem__(self, index: slice, /) -> bytes: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Matrix:
    """Where the input vectors lie: float32, row after row.

    Parameters
    ----------
    begin
        First byte.
    n_rows, n_dims
        Its shape: a row a word, then a row a bucket.
    """

    begin: int
    n_rows: int
    n_dims: int


@dataclass(frozen=True, eq=False)
class Header:
    """What stands before the vectors.

    Parameters
    ----------
    words
        Most frequent first.
    counts
        How often each was seen in training.
    n_labels
        Labels of a classifier; they stand behind the words.
    bucket
        Number of rows that subwords share by their hashes.
    shortest, longest
        Characters of a subword (``minn``, ``maxn``).
    matrix
        The input vectors.
    """

    words: Sequence[bytes]
    counts: npt.NDArray[np.int64]
    n_labels: int
    bucket: int
    shortest: int
    longest: int
    matrix: Matrix


def decode(data: Buffer) -> Header:
    """Read what stands before the vectors.

    Parameters
    ----------
    data
        The whole file.

    Raises
    ------
    CorruptFileError
        If it is cut off, goes on behind its end, contradicts itself, is quantised (``.ftz``), or of another version.
    """
    _, at = _unpacked(data, struct.Struct("<4s"), 0)
    (version,), at = _unpacked(data, struct.Struct("<i"), at)
    if version not in _VERSIONS:
        raise CorruptFileError(f"it is of version {version} of fastText's format; known are 11 and 12")
    (*arguments, _), at = _unpacked(data, _ARGUMENTS, at)
    n_dims, model, bucket, shortest, longest = (int(arguments[place]) for place in (0, 7, 8, 9, 10))
    if version == 11 and model == _SUPERVISED:
        longest = 0
    if n_dims < 1 or bucket < 0 or shortest < 0 or not 0 <= longest <= _LARGEST_SUBWORD:
        raise CorruptFileError(
            f"its arguments are none: {n_dims:,} dimensions, {bucket:,} buckets, subwords of {shortest} to {longest} characters"
        )
    words, counts, n_labels, at = _dictionary(data, at)
    matrix = _matrix(data, at)
    _check_matrix(matrix, n_dims, len(words), bucket if longest else 0, len(data))
    _check_output(data, matrix.begin + 4 * matrix.n_rows * matrix.n_dims)
    return Header(words, counts, n_labels, bucket, shortest, longest, matrix)


def _dictionary(data: Buffer, at: int) -> tuple[list[bytes], npt.NDArray[np.int64], int, int]:
    (n_entries, n_words, n_labels, _, n_pruned), at = _unpacked(data, _DICTIONARY, at)
    if n_words < 1 or n_labels < 0 or n_entries != n_words + n_labels:
        raise CorruptFileError(f"its dictionary has {n_entries:,} entries, {n_words:,} words and {n_labels:,} labels")
    if n_entries > (len(data) - at) // 10:
        raise CorruptFileError(
            f"its dictionary should have {n_entries:,} entries, and only {len(data) - at:,} bytes follow"
        )
    words = []
    counts = np.empty(n_words, dtype=np.int64)
    for number in range(n_entries):
        end = data.find(b"\0", at)
        if end < 0:
            raise CorruptFileError(f"its dictionary ends after {number:,} of {n_entries:,} entries")
        (count, kind), behind = _unpacked(data, _COUNT_AND_KIND, end + 1)
        if bool(kind) != (number >= n_words):
            raise CorruptFileError(f"its dictionary's {n_words:,} words do not stand before its {n_labels:,} labels")
        if number < n_words:
            words.append(data[at:end])
            counts[number] = count
        at = behind
    return words, counts, n_labels, at + 8 * max(n_pruned, 0)


def _matrix(data: Buffer, at: int) -> Matrix:
    (is_quantised, n_rows, n_dims), at = _unpacked(data, _MATRIX, at)
    if is_quantised:
        raise CorruptFileError(
            "it is quantised (.ftz), so that its vectors are rough figures only: use the .bin model it was made from"
        )
    return Matrix(at, n_rows, n_dims)


def _check_matrix(matrix: Matrix, n_dims: int, n_words: int, bucket: int, size: int) -> None:
    if matrix.n_dims != n_dims or matrix.n_rows < n_words + bucket:
        raise CorruptFileError(
            f"its vectors are {matrix.n_rows:,} of {matrix.n_dims:,} dimensions, and {n_words:,} words and {bucket:,} buckets "
            f"of {n_dims:,} dimensions were told"
        )
    end = matrix.begin + 4 * matrix.n_rows * matrix.n_dims
    if end > size:
        raise CorruptFileError(f"its vectors should end at byte {end:,}, and the file ends at byte {size:,}")


def _check_output(data: Buffer, at: int) -> None:
    """Compare the size of the output vectors with the file's end.

    Where the input vectors are not quantised, neither are these, whatever their flag says (fastText ``fasttext.cc``,
    ``loadModel``).
    """
    (_, n_rows, n_dims), at = _unpacked(data, _MATRIX, at)
    if n_rows < 0 or n_dims < 0:
        raise CorruptFileError(f"its output vectors are {n_rows:,} of {n_dims:,} dimensions")
    end, size = at + 4 * n_rows * n_dims, len(data)
    if end != size:
        raise CorruptFileError(
            f"its output vectors should end at byte {end:,}, and the file ends at byte {size:,}: it is "
            + ("cut off" if end > size else "damaged")
        )


def _unpacked(data: Buffer, form: struct.Struct, at: int) -> tuple[tuple[int, ...], int]:
    end = at + form.size
    if end > len(data):
        raise CorruptFileError(f"it ends at byte {len(data):,}, before the one at {end:,} that its beginning promises")
    return form.unpack(data[at:end]), end
