"""Which format a file of word vectors is, by its content."""

from __future__ import annotations

import re
from pathlib import Path

from projector_export.errors import ProjectorExportError
from projector_export.formats.fasttext_header import MAGIC
from projector_export.sources.word_vectors.opening import opened
from projector_export.sources.word_vectors.text_lines import BLANK, is_number, n_numbers_behind

__all__ = ["format_of", "recognise"]

_SAMPLE_BYTES = 2**20
_N_LINES = 20
_TWO_NUMBERS = re.compile(rb"\s*(\d{1,18})[ \t]+(\d{1,18})\s*")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_PICKLE = re.compile(rb"\x80[\x02-\x05]")


def recognise(path: Path) -> str | None:
    """Return the name of the format, or None for anything else and for what cannot be read."""
    try:
        return format_of(path) if path.is_file() else None
    except (ProjectorExportError, OSError):
        return None


def format_of(path: Path) -> str | None:
    """Return the name of a file's format, or None for anything else.

    Raises
    ------
    CorruptFileError, AmbiguousChoiceError
        If it cannot be read or unpacked.
    """
    with opened(path) as stream:
        return _format_of(stream.read(_SAMPLE_BYTES), size=None if stream.compression else stream.size)


def _format_of(sample: bytes, *, size: int | None) -> str | None:
    if sample.startswith(MAGIC):
        return "fasttext"
    if _PICKLE.match(sample):
        return "gensim" if b"gensim" in sample[:4096] else None
    line, newline, _ = sample[:200].partition(b"\n")
    found = _TWO_NUMBERS.fullmatch(line)
    if found is None:
        return "glove" if _are_words_with_numbers(sample) else None
    if not newline:
        return None
    return _word2vec(sample[len(line) + 1 :], int(found[1]), int(found[2]), size)


def _word2vec(rest: bytes, n_rows: int, n_dims: int, size: int | None) -> str | None:
    """Tell text from binary by the first line behind the sizes."""
    if not rest:
        return "word2vec"
    line = rest.partition(b"\n")[0].rstrip(BLANK)
    count = n_numbers_behind(line)
    if count and (count == n_dims or count > 1):
        return "word2vec"
    could_be = rest[:2000].find(b" ") > 0 and (
        _NO_TEXT.search(rest) or n_rows * n_dims == 0 or (size or 0) >= 4 * n_rows * n_dims
    )
    return "word2vec-binary" if could_be else None


def _are_words_with_numbers(sample: bytes) -> bool:
    """Whether lines are words with equally many numbers behind single spaces, not a table of numbers alone."""
    lines = [line.rstrip(BLANK) for line in sample.split(b"\n")[:_N_LINES]]
    if len(sample) == _SAMPLE_BYTES and len(lines) < _N_LINES:
        lines.pop()
    lines = [line for line in lines if line]
    if not lines or any(b"\t" in line or _NO_TEXT.search(line) for line in lines):
        return False
    counts = [n_numbers_behind(line) for line in lines]
    common = max(set(counts), key=counts.count)
    has_words = any(not is_number(line.partition(b" ")[0]) for line in lines)
    return common > 1 and 2 * counts.count(common) > len(counts) and has_words
