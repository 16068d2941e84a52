"""What is asked of a live object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from projector_export.errors import InvalidInputError

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """What is asked of a live object.

    Parameters
    ----------
    vectors
        Which part of it holds the vectors, where it has several: a column of lists, a layer, an entry of a dictionary; or
        several columns of numbers.
    is_kept
        Whether the table outlives the moment, so that what may change is copied.
    """

    vectors: str | Sequence[str] | None = None
    is_kept: bool = True

    @property
    def part(self) -> str | None:
        """The one part that was asked for.

        Raises
        ------
        InvalidInputError
            If several were, which only a table of columns can give.
        """
        if self.vectors is None or isinstance(self.vectors, str):
            return self.vectors
        raise InvalidInputError(f"only a table has several columns of vectors: name one part, not {self.vectors!r}")

    def refuse_part(self, what: str) -> None:
        """Refuse a named part of an object that has none.

        Raises
        ------
        InvalidInputError
            If one was asked for.
        """
        if self.vectors is not None:
            raise InvalidInputError(f"{what} has no parts to choose from: leave vectors={self.vectors!r} away")
