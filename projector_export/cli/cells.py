"""Columns of a terminal: how many cells a text takes, and texts cut and padded to so many.

Unicode Standard Annex #11: East Asian wide and fullwidth characters take two cells; marks that combine take none.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence

import click

from projector_export.cli.terminal import safe

__all__ = ["cell_width", "clipped", "padded", "shared", "terminal_width"]

PIPED_WIDTH = 100
"""Where there is no terminal."""

MAX_MARKS = 2
"""Combining marks on one letter; more would climb over other lines."""


def terminal_width() -> int:
    """Return how many cells a line has."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def cell_width(text: str) -> int:
    """Return how many cells a printable text takes.

    Examples
    --------
    >>> cell_width("cat"), cell_width("日本"), cell_width("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"} or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def clipped(text: str, n_cells: int) -> str:
    """Return a text of at most so many cells that cannot steer the terminal, cut with an ellipsis.

    Parameters
    ----------
    text
        Any text.
    n_cells
        At least 1.
    """
    text = safe(text[: 8 * n_cells + 8])
    kept: list[str] = []
    taken = marks = 0
    for character in text:
        width = _width(character)
        marks = 0 if width else marks + 1
        if marks <= MAX_MARKS:
            kept.append(character)
            taken += width
        if taken > n_cells:
            break
    if taken <= n_cells:
        return "".join(kept)
    while taken > n_cells - 1:
        taken -= _width(kept.pop())
    return "".join(kept) + "…"


def padded(text: str, n_cells: int, *, right: bool = False) -> str:
    """Return a text with spaces up to so many cells; style does not count."""
    space = " " * max(0, n_cells - cell_width(click.unstyle(text)))
    return space + text if right else text + space


def shared(needs: Sequence[int], n_cells: int) -> list[int]:
    """Return how many cells each column gets: what it needs, or an equal share of what the others leave.

    Examples
    --------
    >>> shared([4, 30, 50], 60)
    [4, 28, 28]
    """
    given = [0] * len(needs)
    left = list(range(len(needs)))
    while left:
        share = n_cells // len(left)
        small = [place for place in left if needs[place] <= share]
        for place in small or left:
            given[place] = min(needs[place], share)
            n_cells -= given[place]
        left = [place for place in left if place not in (small or left)]
    return given
