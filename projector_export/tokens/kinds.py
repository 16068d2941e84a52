"""What sort of entry a token is: exactly one kind each."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

from projector_export.tokens.spelling import is_invisible
from projector_export.tokens.vocabulary import Vocabulary

__all__ = ["KINDS", "Kind", "kinds"]

Kind = Literal[
    "beyond the tokenizer",
    "no token",
    "unused",
    "special",
    "byte",
    "partial UTF-8",
    "unreachable",
    "control",
    "whitespace",
    "added",
    "number",
    "punctuation",
    "word",
    "subword",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""All kinds, in the order in which they are tried; :func:`kinds` explains each."""

_FILLER = re.compile(
    r"""[<\[>|]{1,3}[|｜]?  [^<>\[\]]*?
    ( un_?used | not_?used | reserved | place[^a-z0-9]?holder | made_?up_?word
    | (?<![a-z]) (dummy | filler | pad | special | control | extra [_-]? (token)?) [_-]? \d+ )
    [^<>\[\]]*  [>\]<|]{1,3}
    | <(s|/s|unk|pad)>NOTUSED | madeupword\d+""",
    re.IGNORECASE | re.VERBOSE,
)
"""Names of entries that hold a place: ``[unused12]``, ``<|reserved_special_token_0|>``, ``<|extra_7|>``, ``[PAD151]``.

T5's ``<extra_id_3>`` is none of them: it is a sentinel that the model was trained on (Raffel et al. 2020, section 3.1.4).
"""

_FILLER_ENDS = frozenset(">]|<Dd0123456789")


def kinds(vocabulary: Vocabulary) -> list[Kind]:
    """Return the kind of each id.

    The first that fits, in this order. What an entry is *for* comes before what it looks like, and what it is made of
    before what it means: so a reserved special entry is ``unused``, a lone byte of a letter ``byte``.

    - ``beyond the tokenizer``: a row behind the last id; never given here, since only the table knows its rows.
    - ``no token``: a hole among the ids.
    - ``unused``: its name or its file says so.
    - ``special``: steers the model.
    - ``byte``: stands for one byte, letters of ASCII included, in vocabularies built of bytes; SentencePiece's ``<0x41>``.
    - ``partial UTF-8``: several bytes that are no valid UTF-8. With ``byte`` and ``special`` before it, the count is that
      of Land & Bartolo 2024 (arXiv 2405.05417): 216 for GPT-2. A token for U+FFFD itself is whole and not counted.
    - ``unreachable``: the tokenizer never produces it (same paper).
    - ``control``: only control, format or invisible characters (white space may be among them), or no character.
    - ``whitespace``: only white space.
    - ``added``: any other text added to the vocabulary by hand.
    - ``number``: digits or other numerals, and no letter.
    - ``punctuation``: punctuation and symbols, neither letter nor digit.
    - ``word``: has a letter and carries the word's border: a leading space, no ``##``, or the end-of-word mark.
    - ``subword``: has a letter and goes on with a word. In scripts written without spaces most words are here.
    """
    marked = vocabulary.special | vocabulary.added | vocabulary.unused | (vocabulary.unreachable or frozenset())
    return [
        _letters_kind(vocabulary, raw, value)
        if isinstance(value, str) and raw and value[1:].isalpha() and token not in marked
        else _kind(vocabulary, token, raw, value)
        for token, (raw, value) in enumerate(zip(vocabulary.raw, vocabulary.meanings, strict=True))
    ]


def _letters_kind(vocabulary: Vocabulary, raw: str, value: str) -> Kind:
    """Return the kind of most entries by a short way: at least one letter, nothing that marks them as odd."""
    return "word" if _has_border(vocabulary, raw, value) else "subword"


def _kind(vocabulary: Vocabulary, token: int, raw: str | None, value: str | bytes | None) -> Kind:
    if raw is None or value is None:
        return "no token"
    if token in vocabulary.unused or _is_filler(raw):
        return "unused"
    if token in vocabulary.special:
        return "special"
    added = token in vocabulary.added
    return (None if added else _byte_kind(vocabulary, value)) or _text_kind(vocabulary, token, raw, str(value))


def _is_filler(raw: str) -> bool:
    return raw[-1:] in _FILLER_ENDS and len(raw) <= 100 and _FILLER.fullmatch(raw) is not None


def _byte_kind(vocabulary: Vocabulary, value: str | bytes) -> Kind | None:
    if isinstance(value, bytes):
        return "byte" if len(value) == 1 else "partial UTF-8"
    if vocabulary.scheme in {"byte_level", "bytes"} and len(value) == 1 and value.isascii():
        return "byte"
    return None


def _text_kind(vocabulary: Vocabulary, token: int, raw: str, value: str) -> Kind:
    if vocabulary.unreachable is not None and token in vocabulary.unreachable:
        return "unreachable"
    if kind := _invisible_kind(value):
        return kind
    return "added" if token in vocabulary.added else _visible_kind(vocabulary, raw, value)


def _invisible_kind(value: str) -> Kind | None:
    if value.strip(" ").isalnum():
        return None
    hidden = [character for character in value if not _is_space(character)]
    if value and not hidden:
        return "whitespace"
    return "control" if all(map(is_invisible, hidden)) else None


def _is_space(character: str) -> bool:
    """Whether Unicode calls it White_Space; ``str.isspace`` adds the four information separators."""
    return character.isspace() and not "\x1c" <= character <= "\x1f"


def _visible_kind(vocabulary: Vocabulary, raw: str, value: str) -> Kind:
    if any(character.isalpha() or unicodedata.category(character)[0] == "M" for character in value):
        return _letters_kind(vocabulary, raw, value)
    return "number" if any(map(str.isnumeric, value)) else "punctuation"


def _has_border(vocabulary: Vocabulary, raw: str, value: str) -> bool:
    if vocabulary.end_of_word:
        return raw.endswith(vocabulary.end_of_word)
    if vocabulary.scheme == "wordpiece":
        return not vocabulary.continues(raw)
    return vocabulary.scheme == "plain" or value.startswith(" ")
