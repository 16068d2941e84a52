"""A vocabulary as its tokenizer's files hold it, and what each entry stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from projector_export.errors import InvalidInputError

__all__ = ["BYTE_TOKEN", "SCHEMES", "Scheme", "Vocabulary", "texts", "token_bytes"]

Scheme = Literal["byte_level", "sentencepiece", "wordpiece", "bytes", "plain"]
"""Notation of the entries; :class:`Vocabulary` explains each."""

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

BYTE_TOKEN = re.compile("<0x([0-9A-Fa-f]{2})>")
"""SentencePiece's spelling of a byte (``byte_fallback``, sentencepiece ``model_interface.cc``, ``ByteToPiece``)."""


@dataclass(frozen=True)
class Vocabulary:
    """All entries of a tokenizer, by id.

    Parameters
    ----------
    scheme
        ``"byte_level"``: bytes in GPT-2's alphabet of printable characters (gpt-2 ``encoder.py``,
        ``bytes_to_unicode``). ``"sentencepiece"``: `space` stands for a space, ``<0x0A>`` for a byte.
        ``"wordpiece"``: `continuation` marks an entry that goes on with a word. ``"bytes"``: raw bytes, decoded as
        Latin-1, as in tiktoken's files. ``"plain"``: texts as they are.
    raw
        The entries as they stand in the tokenizer's file; None where no token has the id.
    special
        Ids that steer the model and stand for no text: ``[CLS]``, ``<s>``, SentencePiece's control and unknown pieces.
    added
        Ids of entries that were added as literal texts: the scheme's notation does not apply to them.
    unused
        Ids that the tokenizer's own file declares unused (SentencePiece's piece type ``UNUSED``).
    unreachable
        Ids that the tokenizer produces for no text: decoded and encoded again, they give other ids. None where that
        is not known.
    continuation, space, end_of_word
        The marks of the notation, where they are not the usual ones. `end_of_word` (``</w>`` in CLIP and GPT-1) stands
        for the space behind a word; a vocabulary that has one marks the ends of words, not their beginnings.

    Raises
    ------
    InvalidInputError
        If the scheme is unknown, an id lies outside ``0 .. len(raw) - 1``, or an entry of the ``bytes`` scheme is no bytes.
    """

    scheme: Scheme
    raw: tuple[str | None, ...]
    special: frozenset[int] = frozenset()
    added: frozenset[int] = frozenset()
    unused: frozenset[int] = frozenset()
    unreachable: frozenset[int] | None = None
    continuation: str = "##"
    space: str = "▁"
    end_of_word: str = ""

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise InvalidInputError(f"a vocabulary's scheme is one of {', '.join(SCHEMES)}, not {self.scheme!r}")
        for name in ("special", "added", "unused", "unreachable"):
            ids: frozenset[int] = getattr(self, name) or frozenset()
            if ids and not 0 <= min(ids) <= max(ids) < len(self.raw):
                raise InvalidInputError(
                    f"a vocabulary's {name} ids have to lie in 0 .. {len(self.raw) - 1}: {min(ids)} or {max(ids)} does not"
                )

        if self.scheme == "bytes":
            literal = self.added | self.special
            for token, raw in enumerate(self.raw):
                if raw and max(raw) > "\xff" and token not in literal:
                    raise InvalidInputError(
                        f"token {token} of a vocabulary of bytes is {raw!a}, which is no bytes in Latin-1"
                    )

    def __len__(self) -> int:
        return len(self.raw)

    @cached_property
    def meanings(self) -> tuple[str | bytes | None, ...]:
        """What each entry stands for in the middle of a text; None for a hole.

        Bytes where they are no valid UTF-8, and for a SentencePiece byte; otherwise a text.
        """
        return tuple(_meanings(self))

    def continues(self, raw: str) -> bool:
        """Whether an entry of the ``wordpiece`` scheme goes on with a word."""
        return raw.startswith(self.continuation) and len(raw) > len(self.continuation) > 0


def _meanings(vocabulary: Vocabulary) -> Iterator[str | bytes | None]:
    literal = vocabulary.added | vocabulary.special
    convert = _converters[vocabulary.scheme]
    for token, raw in enumerate(vocabulary.raw):
        if raw is None:
            yield None
        elif token in literal:
            yield raw
        elif vocabulary.end_of_word and raw.endswith(vocabulary.end_of_word):
            yield _with_space(convert(raw.removesuffix(vocabulary.end_of_word), vocabulary))
        else:
            yield convert(raw, vocabulary)


def token_bytes(vocabulary: Vocabulary) -> list[bytes | None]:
    """Return the bytes that each entry stands for (UTF-8), None for a hole.

    A leading space counts, a WordPiece's continuation mark does not; special and added entries are their literal text.
    """
    return [
        value if value is None or isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        for value in vocabulary.meanings
    ]


def texts(vocabulary: Vocabulary) -> list[str]:
    """Return what each id decodes to in the middle of a text.

    Bytes that are no valid UTF-8 become U+FFFD, as in the tokenizers' own decoders; a hole is the empty text.
    """
    return [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value or "" for value in vocabulary.meanings
    ]


def _byte_alphabet() -> dict[int, int]:
    """Return GPT-2's alphabet, character -> byte (gpt-2 ``encoder.py``, ``bytes_to_unicode``)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    return {**{byte: byte for byte in printable}, **{0x100 + place: byte for place, byte in enumerate(others)}}


_ALPHABET = _byte_alphabet()
_OUTSIDE_ALPHABET = re.compile(f"[^{re.escape(''.join(map(chr, _ALPHABET)))}]")


def _from_byte_level(raw: str, _: Vocabulary) -> str | bytes:
    if raw.isascii():
        return raw
    if _OUTSIDE_ALPHABET.search(raw):
        return raw
    return _text_or_bytes(raw.translate(_ALPHABET).encode("latin-1"))


def _from_sentencepiece(raw: str, vocabulary: Vocabulary) -> str | bytes:
    if raw.startswith("<0x") and (byte := BYTE_TOKEN.fullmatch(raw)):
        return bytes([int(byte[1], 16)])
    return raw.replace(vocabulary.space, " ") if vocabulary.space else raw


def _from_wordpiece(raw: str, vocabulary: Vocabulary) -> str:
    return raw[len(vocabulary.continuation) :] if vocabulary.continues(raw) else raw


def _from_bytes(raw: str, _: Vocabulary) -> str | bytes:
    return raw if raw.isascii() else _text_or_bytes(raw.encode("latin-1"))


def _from_plain(raw: str, _: Vocabulary) -> str:
    return raw


_converters = {
    "byte_level": _from_byte_level,
    "sentencepiece": _from_sentencepiece,
    "wordpiece": _from_wordpiece,
    "bytes": _from_bytes,
    "plain": _from_plain,
}


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _with_space(value: str | bytes) -> str | bytes:
    return value + b" " if isinstance(value, bytes) else value + " "
