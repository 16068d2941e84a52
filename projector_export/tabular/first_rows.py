"""The beginning of a file of records, as if it ended there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from projector_export.provenance import JSONValue
from projector_export.tabular.records import Batch, ChangedFile, Wanted

__all__ = ["FirstRows"]


@dataclass(frozen=True)
class FirstRows(ChangedFile):
    """The first rows of a file; for no others is asked.

    Parameters
    ----------
    file
        All rows.
    limit
        How many at most, 1 or more.
    """

    limit: int

    @property
    def n_rows(self) -> int | None:
        """Number of rows, where the file tells it without being read."""
        n_rows = self.file.n_rows
        return None if n_rows is None else min(n_rows, self.limit)

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the file, and how much of it is wanted."""
        return {**self.file.describe, "limit": self.limit}

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows in pieces of any size."""
        n_left = self.limit - wanted.start
        if n_left <= 0:
            return
        for chunk in self.file.chunks(wanted):
            n_rows = len(chunk[wanted.columns[0]])
            yield chunk if n_rows <= n_left else {name: values[:n_left] for name, values in chunk.items()}
            n_left -= n_rows
            if n_left <= 0:
                return
