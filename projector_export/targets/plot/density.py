"""How many points lie where, so that many of them in one place show as more than a blot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Coverage"]

N_CELLS = 200
"""Along each side."""

SMOOTHING = (0.25, 0.5, 0.25)
N_PASSES = 2

INK = 1.0
MAX_ALPHA = 0.85
MIN_ALPHA = 0.06
DARKEST = 0.8
LIGHT = 1.5
"""Logarithm of the coverage below which even the darkest place stays light."""

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Coverage:
    """How often each place of a square panel is covered by points.

    Parameters
    ----------
    cells
        The cell of each point, numbered row by row from below, int64.
    point_share
        Area of a point as a share of the panel's.
    """

    cells: npt.NDArray[np.int64]
    point_share: float

    @classmethod
    def of(cls, points: npt.NDArray[np.generic], limits: npt.NDArray[np.float64], *, point_share: float) -> Coverage:
        """Find the cells of points of shape ``(n_points, 2)`` between the ends of the axes, shape ``(2, 2)``."""
        low, high = limits.T
        shares = (points.astype(np.float64) - low) / (high - low)
        column, row = np.clip((shares * N_CELLS).astype(np.int64), 0, N_CELLS - 1).T
        return cls(row * N_CELLS + column, point_share)

    def times(self, rows: npt.NDArray[np.int64] | slice = ALL) -> npt.NDArray[np.float64]:
        """Return how many of the chosen points lie over each place on average, shape ``(N_CELLS, N_CELLS)``."""
        counts = np.bincount(self.cells[rows], minlength=N_CELLS**2).reshape(N_CELLS, N_CELLS)
        return _smooth(counts.astype(np.float64)) * self.point_share * N_CELLS**2

    def alpha(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the opacity of the chosen points, drawn over others.

        Crowded points are so thin that all together leave something to be seen of what is below; how thin is the
        geometric mean of what these points ask among themselves and what all points do.
        """
        times = np.sqrt(self.times(rows) * self.times()).reshape(-1)[self.cells[rows]]
        return np.clip(INK / np.maximum(times, 1e-9), MIN_ALPHA, MAX_ALPHA)

    @property
    def shade(self) -> npt.NDArray[np.float64]:
        """Opacity of the shade behind the points, 0 where they hardly overlap, then growing with the logarithm."""
        logarithm = np.log1p(np.maximum(self.times() - INK, 0.0))
        return np.asarray(DARKEST * logarithm / max(float(logarithm.max()), LIGHT), dtype=np.float64)


def _smooth(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    before, here, after = SMOOTHING
    for _ in range(2 * N_PASSES):
        padded = np.pad(counts, ((1, 1), (0, 0)))
        counts = (before * padded[:-2] + here * padded[1:-1] + after * padded[2:]).T
    return counts
