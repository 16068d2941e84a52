"""The k nearest neighbours of every row, computed once and used by every consumer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.vectors import Float32Array

__all__ = ["METRICS", "Neighbours"]

METRICS = ("cosine", "euclidean")
"""How far two rows are apart: 1 minus the cosine of their angle, or the length of their difference."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest neighbours of every row, the row itself left out.

    Parameters
    ----------
    indices
        Row numbers, nearest first, int32, shape ``(n_rows, k)``.
    distances
        Distances to them, float32, same shape, 0 or more, not falling along a row.
    metric
        One of :data:`METRICS`.
    method
        How they were found (``"exact"``, ``"nn_descent"``).
    recall
        Share of the true neighbours that were found: 1.0 where the search is exact, else measured on sampled rows.

    Raises
    ------
    InvalidInputError
        If the shapes differ, a row number is out of range, or the metric is unknown.
    """

    indices: npt.NDArray[np.int32]
    distances: Float32Array
    metric: str
    method: str = "exact"
    recall: float = 1.0

    def __post_init__(self) -> None:
        for name, dtype in (("indices", np.int32), ("distances", np.float32)):
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            array = array.view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.metric not in METRICS:
            raise InvalidInputError(f"{self.metric!r} is no metric of neighbours: choose {' or '.join(METRICS)}")
        shape = self.indices.shape
        if len(shape) != 2 or shape != self.distances.shape or not 1 <= shape[1] < max(2, shape[0]):
            raise InvalidInputError(
                f"neighbours are two arrays of one shape (n_rows, k) with k below n_rows, not {shape} and "
                f"{self.distances.shape}"
            )
        if int(self.indices.min()) < 0 or int(self.indices.max()) >= shape[0]:
            raise InvalidInputError(f"a neighbour's row number lies outside 0 to {shape[0] - 1:,}")

    @property
    def k(self) -> int:
        """Number of neighbours of each row."""
        return int(self.indices.shape[1])

    def first(self, k: int) -> Neighbours:
        """Return the k nearest of them.

        Raises
        ------
        InvalidInputError
            If there are fewer.
        """
        if not 1 <= k <= self.k:
            raise InvalidInputError(f"there are {self.k} neighbours a row, not {k}")
        return replace(self, indices=self.indices[:, :k], distances=self.distances[:, :k])
