"""Rows that are known to be untrained, found by what the tokenizer can never produce."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats.findings import References
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose.text_column import text_column
from projector_export.vectors import SelectedVectors, blocks_of

__all__ = ["LEAST_CLUSTER", "find", "given", "parse"]

UNUSED_BYTES = frozenset(f"<{value:02x}>" for value in (0xC0, 0xC1, *range(0xF5, 0x100)))
"""The 13 bytes that no UTF-8 text holds (RFC 3629, section 1), as the column ``bytes`` writes them."""

LEAST_CLUSTER = 10
"""A group of near-duplicates stands for untrained rows if it has so many."""


def find(
    table: EmbeddingTable,
    *,
    avoid: npt.NDArray[np.int64],
    near_duplicates: Sequence[Sequence[int]] = (),
    uses_names: bool = True,
) -> References:
    """Find reference rows: of the classes below, the first that has any.

    Unused byte values; rows beyond the tokenizer; entries whose name says that they are unused; unreachable tokens; bytes
    that another token spells too; the largest group of near-duplicates.

    Parameters
    ----------
    table
        Columns ``kind`` and ``bytes`` are looked at, if it has them.
    avoid
        Rows that may not be among them: zero and tiny ones, which have no direction.
    near_duplicates
        Groups of rows that are nearly equal, the largest first.
    uses_names
        Whether a name such as ``[unused12]`` counts.

    Returns
    -------
    references : References
        Without rows where there is no such class.
    """
    avoided = set(avoid.tolist())
    for evidence, rows in _classes(table, near_duplicates, uses_names=uses_names):
        kept = sorted(set(rows) - avoided)
        if kept:
            return References(tuple(kept), evidence, _agreement(table, kept))
    return References((), "none found")


def given(table: EmbeddingTable, rows: Sequence[int]) -> References:
    """Return the reference rows that the user names.

    Raises
    ------
    InvalidInputError
        If there is none, one lies outside the table, or all are zero.
    """
    chosen = sorted(set(rows))
    if not chosen:
        raise InvalidInputError("no reference row is given: name rows that are known to be untrained, such as 177-187")
    if chosen[0] < 0 or chosen[-1] >= table.n_rows:
        wrong = chosen[0] if chosen[0] < 0 else chosen[-1]
        raise InvalidInputError(
            f"reference row {wrong:,} lies outside the table, whose rows are 0 to {table.n_rows - 1:,}"
        )
    agreement = _agreement(table, chosen)
    if agreement is None:
        raise InvalidInputError("all reference rows that are given are zero and have no direction: name others")
    return References(tuple(chosen), "given", agreement)


def parse(text: str) -> tuple[int, ...]:
    """Return the row numbers that a text such as ``"177-187,5"`` names, increasing.

    Raises
    ------
    InvalidInputError
        If it is something else.
    """
    rows: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = [end.strip() for end in ((first, last) if dash else (first, first))]
        if not all(end.isascii() and end.isdecimal() and len(end) < 10 for end in ends) or int(ends[0]) > int(ends[1]):
            raise InvalidInputError(f"{text!r} names no rows: give numbers and ranges such as 177-187,5")
        rows.update(range(int(ends[0]), int(ends[1]) + 1))
    return tuple(sorted(rows))


def _classes(
    table: EmbeddingTable, near_duplicates: Sequence[Sequence[int]], *, uses_names: bool
) -> Iterator[tuple[str, list[int]]]:
    kinds, spelled = text_column(table, "kind"), text_column(table, "bytes")
    alone = [row for row, kind in enumerate(kinds) if kind == "byte"]
    yield "unused byte values", [row for row in alone if spelled and spelled[row] in UNUSED_BYTES]
    yield "rows beyond the tokenizer", _of_kind(kinds, "beyond the tokenizer")
    if uses_names:
        yield "names that say unused", _of_kind(kinds, "unused")
    yield "unreachable tokens", _of_kind(kinds, "unreachable")
    times = Counter(spelled)
    yield "bytes that another token spells too", [row for row in alone if spelled and times[spelled[row]] > 1]
    clusters = [list(group) for group in near_duplicates if len(group) >= LEAST_CLUSTER]
    yield "the largest group of near-duplicates", clusters[0] if clusters else []


def _of_kind(kinds: Sequence[str | None], wanted: str) -> list[int]:
    return [row for row, kind in enumerate(kinds) if kind == wanted]


def _agreement(table: EmbeddingTable, rows: Sequence[int]) -> float | None:
    """Return the mean cosine of two of the rows, 1 for a single one; None where all are zero."""
    total, count = np.zeros(table.n_dims), 0
    for _, block in blocks_of(SelectedVectors(table.vectors, np.array(rows, dtype=np.int64))):
        wide = block.astype(np.float64)
        lengths = np.linalg.norm(wide, axis=1)
        total += (wide[lengths > 0] / lengths[lengths > 0, None]).sum(axis=0)
        count += int((lengths > 0).sum())
    if count < 2:
        return 1.0 if count else None
    return float((total @ total - count) / (count * (count - 1)))
