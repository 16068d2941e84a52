"""How names, texts and lists of rows stand in a finding: safe for a terminal, cut to a readable length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["bare", "counted", "first_few", "quoted", "quoted_path"]

LONGEST_QUOTE = 60
LONGEST_PATH = 400
FEW = 5


def quoted(text: str) -> str:
    """Return a text in quotes, with its controls escaped and a long one cut."""
    return repr(text) if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]!r}..."


def quoted_path(path: str) -> str:
    """Return a path in quotes, with its controls escaped; of one beyond all use the end."""
    return repr(path) if len(path) <= LONGEST_PATH else f"...{path[-LONGEST_PATH:]!r}"


def bare(text: str) -> str:
    """Return a text without quotes, with its controls escaped: for the names of files."""
    return text if text.isprintable() else repr(text)[1:-1]


def first_few(values: Iterable[object]) -> str:
    """Return the first few of some values, and how many more there are."""
    listed = list(values)
    text = ", ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in listed[:FEW])
    return f"{text} and {len(listed) - FEW:,} more" if len(listed) > FEW else text


def counted(rows: Sequence[int], what: str = "row") -> str:
    """Return "row 3" or "7 rows (0, 2, 3, 5, 8 and 2 more)"."""
    if len(rows) == 1:
        return f"{what} {rows[0]:,}"
    return f"{len(rows):,} {what}s ({first_few(rows)})"
