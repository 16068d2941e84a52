"""One value a row: texts or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["Column"]


@dataclass(frozen=True, eq=False)
class Column:
    """One value a row.

    Parameters
    ----------
    name
        Head of the column.
    values
        Texts, or a one-dimensional array of numbers. A missing text is ``None``, a missing number NaN.
    spelled
        The texts were already spelled for the eye by :mod:`projector_export.tokens`: writers leave their backslashes alone.

    Raises
    ------
    InvalidInputError
        If the values are neither texts nor numbers.
    """

    name: str
    values: Sequence[str | None] | npt.NDArray[np.generic]
    spelled: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidInputError(f"a column's name is a text, not {self.name!r}")
        object.__setattr__(self, "values", self._numbers() if _are_numbers(self.values) else self._texts())

    def _numbers(self) -> npt.NDArray[np.generic]:
        numbers = np.array(self.values)
        if numbers.ndim != 1 or numbers.dtype.kind not in "fiub":
            raise InvalidInputError(
                f"column {self.name!r} has to hold one number or one text a row, "
                f"not an array of {numbers.dtype} and shape {numbers.shape}"
            )
        numbers.flags.writeable = False
        return numbers

    def _texts(self) -> tuple[str | None, ...]:
        if isinstance(self.values, str):
            raise InvalidInputError(f"column {self.name!r} is the single text {self.values!r}: give a list of texts")
        texts = tuple(self.values.tolist() if isinstance(self.values, np.ndarray) else self.values)
        for row, value in enumerate(texts):
            if value is not None and not isinstance(value, str):
                raise InvalidInputError(
                    f"column {self.name!r}, row {row}: {value!r} is neither a text nor None; give numbers as numpy array"
                )
        return texts

    @property
    def is_numeric(self) -> bool:
        """Whether the column holds numbers."""
        return isinstance(self.values, np.ndarray)

    def take(self, rows: npt.NDArray[np.int64]) -> Column:
        """Return the column of the chosen rows."""
        if isinstance(self.values, np.ndarray):
            return replace(self, values=self.values[rows])
        return replace(self, values=tuple(self.values[row] for row in rows.tolist()))


def _are_numbers(values: object) -> bool:
    return isinstance(values, np.ndarray) and (values.dtype.kind not in "UO" or values.ndim != 1)
