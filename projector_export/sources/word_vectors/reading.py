"""What the readers of all formats are asked for, and what they return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from projector_export.provenance import JSONValue
from projector_export.table import Column
from projector_export.vectors import Progress, Vectors

__all__ = ["Reading", "Words"]


@dataclass(frozen=True)
class Reading:
    """What is asked for.

    Parameters
    ----------
    path
        A file that exists.
    limit
        The first rows only, at most so many; None for all.
    progress
        Told how much is done and how much there is.
    """

    path: Path
    limit: int | None = None
    progress: Progress | None = None

    def wanted(self, n_rows: int) -> int:
        """Return how many of so many rows are to be read."""
        return n_rows if self.limit is None else min(n_rows, self.limit)

    def report(self, done: int, total: int) -> None:
        """Tell whoever waits how much is done."""
        if self.progress is not None:
            self.progress(done, total)


@dataclass(frozen=True, eq=False)
class Words:
    """What was read.

    Parameters
    ----------
    words
        One a row, as the file's bytes, or as a text where the file says that it is one.
    vectors
        Shape ``(len(words), n_dims)``.
    columns
        What else the file tells about each word.
    described
        For the provenance.
    notes
        For the user.
    """

    words: Sequence[bytes | str]
    vectors: Vectors
    columns: tuple[Column, ...] = ()
    described: Mapping[str, JSONValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
