"""Words as labels: the file's bytes as text, what is no UTF-8 visible."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from projector_export.errors import counted, excerpt

__all__ = ["word_labels"]

_BYTE = re.compile("[\udc80-\udcff]")
_N_NAMED = 3


def word_labels(words: Sequence[bytes | str]) -> tuple[list[str], tuple[str, ...]]:
    """Return one label a word, and a sentence each about words that are no UTF-8 and words that stand twice.

    Bytes that are no valid UTF-8 become ``<0xE4>``, as in :mod:`projector_export.tokens.spelling`; whatever else a word holds
    stays as it is.
    """
    labels, n_odd = [], 0
    for word in words:
        label = word if isinstance(word, str) else _decoded(word)
        if label is None:
            n_odd += 1
            label = _BYTE.sub(_spelled, word.decode("utf-8", "surrogateescape")) if isinstance(word, bytes) else ""
        labels.append(label)
    return labels, (*_odd_note(n_odd, len(labels)), *_duplicates_note(words))


def _decoded(word: bytes) -> str | None:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _spelled(byte: re.Match[str]) -> str:
    return f"<0x{ord(byte[0]) - 0xDC00:02X}>"


def _odd_note(n_odd: int, n_words: int) -> tuple[str, ...]:
    if not n_odd:
        return ()
    are = "is" if n_odd == 1 else "are"
    return (f"{n_odd:,} of {counted(n_words, 'word')} {are} no valid UTF-8: the odd bytes are shown as <0xE4>",)


def _duplicates_note(words: Sequence[bytes | str]) -> tuple[str, ...]:
    if len(set(words)) == len(words):
        return ()
    counts = Counter(words)
    again = [word for word, count in counts.items() if count > 1]
    n_rows = len(words) - len(counts)
    named = ", ".join(repr(excerpt(word)) for word in word_labels(again[:_N_NAMED])[0])
    more = ", …" if len(again) > _N_NAMED else ""
    rows = "1 row repeats a word" if n_rows == 1 else f"{n_rows:,} rows repeat words"
    return (f"{rows} that stood before ({named}{more}): all rows are kept",)
