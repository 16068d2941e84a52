"""A named set of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["Selection"]


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows that somebody should look at.

    Parameters
    ----------
    name
        What people call them, unique in a table (``"under-trained suspects"``).
    rows
        Row numbers, increasing, each once; any order is taken.
    reason
        Why these, in a sentence.

    Raises
    ------
    InvalidInputError
        If the rows are not a list of whole numbers from 0.
    """

    name: str
    rows: npt.NDArray[np.int64]
    reason: str = ""

    def __post_init__(self) -> None:
        given = np.asarray(self.rows)
        if given.ndim != 1 or (len(given) and given.dtype.kind not in "iu"):
            raise InvalidInputError(
                f"selection {self.name!r} is a list of row numbers, not {given.dtype} of shape {given.shape}"
            )
        rows = np.unique(given.astype(np.int64))
        if len(rows) and rows[0] < 0:
            raise InvalidInputError(f"selection {self.name!r} holds the row number {rows[0]}: they begin with 0")
        rows.flags.writeable = False
        object.__setattr__(self, "rows", rows)

    def take(self, rows: npt.NDArray[np.int64]) -> Selection:
        """Return the selection among the chosen rows (increasing row numbers), by their new numbers."""
        places = np.searchsorted(rows, self.rows)
        places = places[places < len(rows)]
        kept = places[np.isin(rows[places], self.rows)]
        return replace(self, rows=kept)
