"""Fonts that have the characters of a picture, among those that are installed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from projector_export.tokens.spelling import is_invisible

__all__ = ["drawable", "families"]

FIRST = "DejaVu Sans"
"""Comes with matplotlib."""

PREFERRED = (
    "Noto Sans",
    "Source Han Sans",
    "Arial",
    "Liberation Sans",
    "Microsoft YaHei",
    "PingFang",
    "Hiragino",
    "WenQuanYi",
)
UNWANTED = ("Last Resort", "STIX", "cm", "DejaVu Sans Display", "DejaVu Serif Display")
"""Fonts of placeholders and of parts of formulas."""


REGULAR = frozenset({400, "normal", "regular"})
"""Weights of fonts that matplotlib finds without a word of warning."""


def families(texts: Iterable[str]) -> list[str]:
    """Return the font families, in the order in which they are asked, that draw as much of some texts as can be drawn.

    Parameters
    ----------
    texts
        Everything that the picture says.
    """
    missing = {ord(character) for text in texts for character in text} - _characters(FIRST)
    chosen = [FIRST]
    for family in _installed() if missing else ():
        if missing.isdisjoint(_characters(family)):
            continue
        chosen.append(family)
        missing -= _characters(family)
        if not missing:
            break
    return chosen


def drawable(text: str, fonts: list[str]) -> str:
    r"""Return a text with its characters' numbers in the place of those that no font has, as ``\u4e2d``."""
    return "".join(char if any(ord(char) in _characters(font) for font in fonts) else _number(char) for char in text)


def _number(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@cache
def _installed() -> tuple[str, ...]:
    """Return the families of upright fonts, the preferred ones first, then by name."""
    from matplotlib import font_manager

    fonts = font_manager.fontManager.ttflist
    names = {font.name for font in fonts if font.style == "normal" and font.weight in REGULAR}
    usable = [name for name in names if not name.startswith(UNWANTED)]
    return tuple(sorted(usable, key=lambda name: (not name.startswith(PREFERRED), name)))


@cache
def _characters(family: str) -> frozenset[int]:
    """Return the characters that a family has as outlines; bitmaps and colour pictures cannot be drawn."""
    from matplotlib import font_manager, ft2font

    path = font_manager.findfont(font_manager.FontProperties(family=[family]), fallback_to_default=family == FIRST)
    try:
        font = ft2font.FT2Font(path)
    except (OSError, RuntimeError):
        return frozenset()
    if not font.scalable or "color" in family.lower():
        return frozenset()
    return frozenset(code for code in font.get_charmap() if not is_invisible(chr(code)))
