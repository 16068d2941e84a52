"""What a picture says: titles, trust and labels, readable whatever the texts hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from projector_export.table import Column, EmbeddingTable, Figure, Layout
from projector_export.tokens.spelling import is_invisible, spell

__all__ = ["axis_titles", "labels_of", "readable", "shortened", "table_title", "trust"]

MAX_MARKS = 2
"""Combining marks in a row that are drawn; more of them would climb over the neighbours."""


def readable(text: str | None) -> str:
    r"""Return a text on one line with every character visible; what was spelled for the eye before stays as it is.

    Parameters
    ----------
    text
        Any text, or None.

    Examples
    --------
    >>> readable("a cat\n"), readable("\u202eevil"), readable(None), readable("")
    ('a cat\\n', '\\u202eevil', '(missing)', '(empty)')
    """
    if text is None:
        return "(missing)"
    if not text.strip():
        return spell(text) if text else "(empty)"
    if text.isascii() and text.isprintable():
        return text
    return "".join(spell(character) if is_invisible(character) else character for character in text)


def shortened(text: str, n_characters: int) -> str:
    """Return a text of at most so many characters, cut with an ellipsis, never between a letter and its first marks."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            continue
        if not marks and len(kept) >= n_characters:
            while len(kept) >= n_characters or (kept and kept[-1] == " "):
                kept.pop()
            return "".join(kept) + "…"
        kept.append(character)
    return "".join(kept)


def table_title(table: EmbeddingTable) -> str:
    """Return the head of the whole picture: name and shape."""
    return f"{shortened(readable(table.name), 60)}: {table.n_rows:,} × {table.n_dims:,}"


def trust(layout: Layout) -> str:
    """Return how far a layout may be believed in one line; empty where it was not measured."""
    quality = layout.quality
    if quality is None:
        return ""
    return (
        f"trustworthiness {_measured(quality.trustworthiness)}, recall {_measured(quality.neighbour_recall)} "
        f"(k = {quality.n_neighbors})"
    )


def _measured(figure: Figure) -> str:
    return f"{figure.value:.3f}" + (f" ± {figure.standard_error:.3f}" if figure.standard_error else "")


def axis_titles(layout: Layout) -> tuple[str, ...]:
    """Return one title an axis, with its share of the variance in percent; none for layouts whose axes mean nothing.

    Those of principal components that were turned to lie on an earlier picture mean nothing either.
    """
    shares = layout.parameters.get("explained_variance_ratio")
    is_turned = "aligned_rows" in layout.parameters
    if is_turned or not isinstance(shares, Sequence) or len(shares) < layout.n_components:
        return ()
    numbers = [share for share in shares[: layout.n_components] if isinstance(share, (int, float))]
    return tuple(f"component {number} ({100 * share:.1f} %)" for number, share in enumerate(numbers, start=1))


def labels_of(table: EmbeddingTable, n_characters: int) -> tuple[str, ...]:
    """Return the labels of all rows, shortened: the first text column, or nothing where there is none."""
    column = next((column for column in table.columns if not column.is_numeric), None)
    if column is None:
        return ()
    return tuple(shortened(readable(text), n_characters) for text in _texts(column))


def _texts(column: Column) -> list[str | None]:
    return [value if isinstance(value, str) else None for value in column.values]
