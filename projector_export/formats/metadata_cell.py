r"""One cell of a metadata file: any text, visible, on one line, told apart from every other text, never a number.

The viewer has no quoting (``vz_projector/data-provider.ts``, ``parseMetadata``): a tab or a line break in a value shifts
everything after it, a blank line is skipped, an empty cell becomes null, and whatever looks like a number becomes one.

The rules, in this order:

1. Line breaks, controls, U+FEFF, U+2028, U+2029 and lone surrogates become ``\n``, ``\x07``, ``\u2028``; a text that is
   nothing but whitespace is escaped throughout. If that happened, or the text already holds something that reads like
   such an escape, its own backslashes are doubled, so that the two never look alike.
2. No text is ``(missing)``, the empty text ``(empty)``; a real text of that form has its bracket escaped.
3. A text that the viewer would read as a number is put in double quotes; so is one that already is such a number in
   quotes.
"""

from __future__ import annotations

import re

from projector_export.formats.javascript import PROTOTYPE_NAMES, is_blank, number

__all__ = ["EMPTY", "MISSING", "decode", "encode"]

EMPTY = "(empty)"
MISSING = "(missing)"

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:[tnr\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}
_LONG = {short: char for char, short in _SHORT.items()}
_HARMLESS = re.compile(r"[A-HJ-Za-z<](?:[\w ,.;:!?#'/<>-]*[\w,.;:!?#'/<>-])?", re.ASCII)
"""Begins with a letter (not the I of Infinity) or ``<``, no backslash, no bracket, no quote: written as it is."""


def encode(text: str | None, *, spelled: bool = False, counted: bool = False) -> str:
    r"""Return the cell that shows a text.

    Parameters
    ----------
    text
        Any text, lone surrogates included, or None.
    spelled
        The text was already spelled for the eye (:mod:`projector_export.tokens`): its backslashes stay single.
    counted
        The viewer will count the column's values (50 distinct ones or fewer): protect the names of
        :data:`~projector_export.formats.javascript.PROTOTYPE_NAMES` too.

    Examples
    --------
    >>> encode("a\tb"), encode("007"), encode(""), encode("été"), encode("   ")
    ('a\\tb', '"007"', '(empty)', 'été', '\\x20\\x20\\x20')
    """
    if text is None:
        return MISSING
    if _HARMLESS.fullmatch(text) and not counted:
        return text
    if not text:
        return EMPTY
    cell = _escape(text, spelled=spelled)
    if cell in {EMPTY, MISSING} and not spelled:
        cell = "\\x28" + cell[1:]
    core = cell.strip('"')
    if _is_quoted(core, counted=counted):
        return f'"{cell}"'
    return cell


def decode(cell: str, *, spelled: bool = False, counted: bool = False) -> str | None:
    """Return the text that :func:`encode` was given with the same ``spelled`` and ``counted``.

    What was spelled for the eye comes back as it is spelled.
    """
    if cell == MISSING:
        return None
    if cell == EMPTY:
        return ""
    core = cell.strip('"')
    if core != cell and _is_quoted(core, counted=counted):
        cell = cell[1:-1]
    return cell if spelled else _ESCAPE.sub(_unescape, cell)


def _is_quoted(core: str, *, counted: bool) -> bool:
    return (core != "" and number(core) is not None) or (counted and core in PROTOTYPE_NAMES)


def _escape(text: str, *, spelled: bool) -> str:
    if is_blank(text):
        return "".join(map(_escape_character, text))
    if _CONTROL.search(text) or (not spelled and _ESCAPE.search(text)):
        if not spelled:
            text = text.replace("\\", "\\\\")
        return _CONTROL.sub(lambda match: _escape_character(match[0]), text)
    return text


def _escape_character(character: str) -> str:
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def _unescape(match: re.Match[str]) -> str:
    return _LONG.get(match[0]) or chr(int(match[0].lstrip("\\xuU"), 16))
