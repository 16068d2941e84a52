"""What the viewer's language makes of a text: its whitespace and its numbers.

The viewer (``vz_projector/data-provider.ts``) trims lines with ``String.prototype.trim`` and turns every cell for which
``isNaN(cell)`` is false into a number, so both have to be known exactly (ECMA-262, StringToNumber and TrimString).
"""

from __future__ import annotations

import re

__all__ = ["LARGEST_CATEGORIES", "PROTOTYPE_NAMES", "WHITESPACE", "is_blank", "number"]

WHITESPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Characters that ``trim`` removes and ``Number`` ignores at both ends."""

LARGEST_CATEGORIES = 50
"""Distinct values up to which the viewer offers a column as categorical colours (``data-provider.ts``)."""

PROTOTYPE_NAMES = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""Names that every JavaScript object has: the viewer counts values in a plain object, so these are miscounted."""

_NUMBER = re.compile(
    r"(?:[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)?"
)


def is_blank(text: str) -> bool:
    """Tell whether nothing is left of a text after ``trim``."""
    return not text.strip(WHITESPACE)


def number(text: str) -> float | None:
    """Return what ``Number(text)`` is, or None where that is NaN.

    Examples
    --------
    >>> number("007"), number("0x10"), number(" "), number("1_000")
    (7.0, 16.0, 0.0, None)
    """
    core = text.strip(WHITESPACE)
    if not _NUMBER.fullmatch(core):
        return None
    if not core:
        return 0.0
    if core[:2].lower() in {"0x", "0o", "0b"}:
        try:
            return float(int(core, 0))
        except OverflowError:
            return float("inf")
    return float(core.replace("Infinity", "inf"))
