"""Plain text: one text a line, in a column ``text``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.tabular.location import Location
from projector_export.tabular.records import Batch, Wanted
from projector_export.tabular.text_lines import lines_of

__all__ = ["PlainText"]

CHUNK_ROWS = 1024


@dataclass(frozen=True)
class PlainText:
    r"""One text a line; empty lines are empty texts, the line break ``\n`` or ``\r\n`` is no part of them.

    Parameters
    ----------
    location
        Where the file lies.
    """

    location: Location
    columns: ClassVar[tuple[str, ...]] = ("text",)
    n_rows: ClassVar[None] = None
    is_typed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if next(lines_of(self.location), None) is None:
            raise InvalidInputError(f"{self.location.shown!r} is empty")

    @property
    def describe(self) -> dict[str, JSONValue]:
        """Source and format."""
        return {"source": self.location.shown, "format": "text"}

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the lines."""
        lines = islice(lines_of(self.location), wanted.start, None)
        while rows := [line.removesuffix("\n").removesuffix("\r") for line in islice(lines, CHUNK_ROWS)]:
            yield dict.fromkeys(wanted.columns, rows)
