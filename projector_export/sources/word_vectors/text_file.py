"""Read word2vec's text, with its first line of count and dimensions, and GloVe's, which has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from projector_export.errors import CorruptFileError
from projector_export.sources.word_vectors.opening import Unpacked, opened
from projector_export.sources.word_vectors.reading import Reading, Words
from projector_export.sources.word_vectors.row_store import RowStore
from projector_export.sources.word_vectors.sizes import LARGEST_DIMENSION, Sizes, sizes_of
from projector_export.sources.word_vectors.text_lines import line_blocks, n_numbers_behind, parsed
from projector_export.vectors import ArrayVectors

__all__ = ["read_glove", "read_word2vec"]

_BATCH_VALUES = 30_000
_N_FIRST = 100


def read_word2vec(reading: Reading) -> Words:
    """Read word2vec's text (word2vec ``word2vec.c``, ``TrainModel``; fastText ``saveVectors``; gensim ``keyedvectors.py``).

    Raises
    ------
    CorruptFileError
        If the first line contradicts the others, or a line is no word with its numbers.
    """
    with opened(reading.path) as stream:
        blocks = line_blocks(stream)
        first = next(blocks, [b""])
        sizes = sizes_of(first[0], stream.name)
        sizes.check(stream, bytes_a_value=2)
        lines = chain([first[1:]], blocks)
        block = next((block for block in lines if block), [])
        _check_dimensions(sizes, block[:_N_FIRST], stream.name)
        expected = None if stream.compression else reading.wanted(sizes.n_rows)
        rows = chain([block], lines)
        words = _read_rows(rows, sizes.n_dims, 2, stream, reading, n_rows=sizes.n_rows, expected=expected)
    n_rows, n_wanted = len(words.words), reading.wanted(sizes.n_rows)
    if n_rows != n_wanted:
        more = "at least " if n_rows > n_wanted else ""
        raise CorruptFileError(
            f"the first line of {stream.name!r} promises {sizes.n_rows:,} words, and there are {more}{n_rows:,}: "
            + ("it is cut off, or its first line is wrong" if n_rows < n_wanted else "mend its first line")
        )
    return words


def read_glove(reading: Reading) -> Words:
    """Read GloVe's text (stanfordnlp/GloVe ``src/glove.c``, ``save_params``).

    Raises
    ------
    CorruptFileError
        If the lines are no words with equally many numbers.
    """
    with opened(reading.path) as stream:
        blocks = line_blocks(stream)
        first = next(blocks, [])
        n_dims = glove_dimensions(first[:_N_FIRST])
        if not 1 <= n_dims <= LARGEST_DIMENSION:
            raise CorruptFileError(f"{stream.name!r} holds no lines of a word and its numbers")
        expected = None if stream.compression else reading.wanted(_likely_rows(first, stream.size))
        return _read_rows(chain([first], blocks), n_dims, 1, stream, reading, expected=expected)


def glove_dimensions(lines: list[bytes]) -> int:
    """Return how many numbers end most of the lines, 0 for none."""
    counts = Counter(map(n_numbers_behind, lines))
    return counts.most_common(1)[0][0] if counts else 0


def _likely_rows(lines: list[bytes], size: int) -> int:
    """Return how many lines a file has if all are as long as the first ones, and some more."""
    n_bytes = sum(map(len, lines)) + len(lines)
    return size * len(lines) * 51 // (n_bytes * 50) + 1


def _check_dimensions(sizes: Sizes, lines: list[bytes], name: str) -> None:
    found = glove_dimensions(lines)
    if lines and found != sizes.n_dims and all(n_numbers_behind(line) == found for line in lines[:3]):
        raise CorruptFileError(
            f"the first line of {name!r} promises {sizes.n_dims:,} dimensions, and its words have {found:,}: mend that line"
        )


def _read_rows(
    blocks: Iterator[list[bytes]],
    n_dims: int,
    first_line: int,
    stream: Unpacked,
    reading: Reading,
    *,
    n_rows: int | None = None,
    expected: int | None = None,
) -> Words:
    """Read lines until the wanted rows are there, and one more where it was told how many there are.

    `expected` is for how many rows memory may be taken at once.
    """
    words: list[bytes] = []
    store = RowStore(n_dims, expected)
    step = max(1, _BATCH_VALUES // n_dims)
    for block in blocks:
        for start in range(0, len(block), step):
            lines = block[start : start + step]
            if reading.limit is not None:
                lines = lines[: reading.limit - len(words)]
            if not lines:
                return Words(words, ArrayVectors(store.finished()))
            found, values = parsed(lines, n_dims, first_line + len(words), stream.name)
            words += found
            store.append(values)
            if n_rows is not None and len(words) > n_rows:
                return Words(words, ArrayVectors(store.finished()))
        reading.report(stream.used, stream.size)
    return Words(words, ArrayVectors(store.finished()), notes=_open_end_note(stream))


def _open_end_note(stream: Unpacked) -> tuple[str, ...]:
    if not stream.ends_within_line:
        return ()
    return (f"the last line of {stream.name!r} has no line end: the file may be cut off, and its last number with it",)
