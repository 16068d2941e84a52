"""One number a row that tells how far its training got."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["Indicator"]


@dataclass(frozen=True, eq=False)
class Indicator:
    """An indicator of under-training.

    Parameters
    ----------
    name
        Also the name of its column.
    description
        What it measures, in a sentence.
    values
        Shape ``(n_rows,)``, float64: a low value is suspicious; NaN where it is not defined.
    """

    name: str
    description: str
    values: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64)
        if values.ndim != 1:
            raise InvalidInputError(
                f"indicator {self.name!r} is one number a row, not an array of shape {values.shape}"
            )
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def of_rows(self, n_rows: int) -> Indicator:
        """Return the indicator of so many rows: those that are missing have none."""
        values = np.full(n_rows, np.nan)
        n_shared = min(n_rows, len(self.values))
        values[:n_shared] = self.values[:n_shared]
        return Indicator(self.name, self.description, values)
