r"""Spell a token for the eye: every character visible, on one line, and no two tokens alike.

====================================================  ==================================================
in the token                                          in the label
====================================================  ==================================================
space                                                 ``␣``
line feed, carriage return, tab                       ``\n``, ``\r``, ``\t``
any other control, format, private-use, unassigned    ``\x07``, ``\u200b``, ``\U000e0001``
or invisible character, separator, lone surrogate
backslash; ``␣``; dotted circle                       ``\\``; ``\u2423``; ``\u25cc``
byte that is no valid UTF-8                           ``<0xE4>``
text that reads like such a byte                      ``\x3c0xE4>``
combining mark with no letter before it               the mark on a dotted circle, ``◌́``
no text at all; no token with this id                 ``(empty token)``; ``(no token 50300)``
====================================================  ==================================================

Each line can be read backwards, so different texts have different spellings. Tokens that stand for the same text (an
added entry beside an ordinary one) are told apart by `` (id 50276)``; its space is a true one, which no spelling holds.
"""

from __future__ import annotations

import re
import unicodedata

from projector_export.tokens.vocabulary import Vocabulary

__all__ = ["is_invisible", "labels", "no_token", "spell"]

EMPTY = "(empty token)"

_INVISIBLE = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x1D159),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    ]
)
"""Characters that Python calls printable and that show nothing: Unicode's Default_Ignorable_Code_Point (DerivedCore-
Properties.txt) outside the categories C and Z, the blank Braille pattern and the null notehead."""

_SHORT = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x5C: "\\\\"}
_BYTE_LIKE = re.compile("<(?=0x[0-9A-Fa-f]{2}>)")
_MARK_ALONE = re.compile("(^|\x01)\0")
"""In a half-done spelling, ``\\x01`` ends whatever was replaced and ``\\0`` precedes a combining mark."""


class _Spellings(dict[int, str]):
    """Character -> its half-done spelling, filled as characters come up."""

    def __missing__(self, code: int) -> str:
        spelling = self[code] = self._spell(code)
        return spelling

    @staticmethod
    def _spell(code: int) -> str:
        character = chr(code)
        if code == 0x20:
            return "␣\x01"
        if code in _SHORT:
            return _SHORT[code] + "\x01"
        if code in {0x2423, 0x25CC} or is_invisible(character):
            return _escape(code) + "\x01"
        return "\0" + character if unicodedata.category(character)[0] == "M" else character


def is_invisible(character: str) -> bool:
    """Whether a character, other than a space, shows nothing or moves its neighbours."""
    return not character.isprintable() or ord(character) in _INVISIBLE


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_spellings = _Spellings()


def spell(text: str | bytes) -> str:
    r"""Return the spelling of a text, or of bytes that need not be valid UTF-8.

    Examples
    --------
    >>> spell(" the"), spell("\t\u200b"), spell(b" \xe4\xbd"), spell("C:\\<0xE4>")
    ('␣the', '\\t\\u200b', '␣<0xE4><0xBD>', 'C:\\\\\\x3c0xE4>')
    """
    if isinstance(text, bytes):
        return _spell_bytes(text)
    if not text:
        return EMPTY
    if text.isascii() and text.isprintable() and "\\" not in text:
        spelling = text.replace(" ", "␣")
    else:
        spelling = _MARK_ALONE.sub("◌", text.translate(_spellings)).replace("\x01", "").replace("\0", "")
    return _BYTE_LIKE.sub(r"\\x3c", spelling) if "<0x" in spelling else spelling


def _spell_bytes(value: bytes) -> str:
    """Spell what is valid UTF-8 as text and the other bytes as ``<0xE4>``."""
    pieces: list[str] = []
    text = ""
    for character in value.decode("utf-8", "surrogateescape"):
        if "\udc80" <= character <= "\udcff":
            pieces += [spell(text)] * bool(text) + [f"<0x{ord(character) - 0xDC00:02X}>"]
            text = ""
        else:
            text += character
    return "".join(pieces + [spell(text)] * bool(text)) or EMPTY


def no_token(row: int) -> str:
    """Return the label of a row for which there is no token."""
    return f"(no token {row})"


def labels(vocabulary: Vocabulary) -> list[str]:
    """Return one label an id: visible, on one line, and different from every other.

    Parameters
    ----------
    vocabulary
        Any vocabulary; ids without a token get ``(no token 50300)``.
    """
    spellings = [
        _label(vocabulary, token, raw, value)
        for token, (raw, value) in enumerate(zip(vocabulary.raw, vocabulary.meanings, strict=True))
    ]
    return _told_apart(spellings)


def _label(vocabulary: Vocabulary, token: int, raw: str | None, value: str | bytes | None) -> str:
    if raw is None or value is None:
        return no_token(token)
    if vocabulary.scheme == "sentencepiece" and isinstance(value, bytes):
        return "".join(f"<0x{byte:02X}>" for byte in value)
    if vocabulary.scheme == "wordpiece" and value != raw and vocabulary.continues(raw):
        return spell(vocabulary.continuation) + spell(value)
    return spell(value)


def _told_apart(spellings: list[str]) -> list[str]:
    if len(set(spellings)) == len(spellings):
        return spellings
    seen: set[str] = set()
    for token, spelling in enumerate(spellings):
        if spelling in seen:
            spellings[token] = f"{spelling} (id {token})"
        seen.add(spelling)
    return spellings
