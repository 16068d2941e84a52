"""Where the suspects of an indicator end, found from its distribution alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["LARGEST_SHARE", "LowGroup", "adaptive_cut"]

LARGEST_SHARE = 2 / 3
"""No more than this share of the rows is ever called the lower group: beyond, nobody can tell which side is the odd one."""

FALSE_ALARM = 1e-3
"""Chance of a valley by accident that one width of windows is allowed, were the density level."""

LEAST_DEPTH = float(np.log(3.0))
"""A valley has at most a third of the density of the modes at its sides, however many rows make it certain."""

LEAST_WINDOW = 2
MOST_ROWS_OF_GAP = 4
N_SPACINGS = 50
LEAST_GAP = 16.0
"""Normalised spacing: by chance with probability exp(-16) below an exponential tail, and less below a lighter one."""

Float64Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LowGroup:
    """Rows whose values lie apart from the others', below them.

    Parameters
    ----------
    threshold
        Values at or below belong to the group.
    n_rows
        How many they are.
    reason
        ``"mode"``: they are a mode of the distribution of their own, with a valley above; ``"gap"``: a few rows with an
        empty stretch above that the distribution's tail does not explain.
    """

    threshold: float
    n_rows: int
    reason: Literal["mode", "gap"]


def adaptive_cut(values: Float64Array) -> LowGroup | None:
    """Find the group of low values that lies apart from the rest, or None if there is no such group.

    Parameters
    ----------
    values
        Shape ``(n,)``; NaN is left out.

    Notes
    -----
    Whether the density has a valley between two modes is tested without a bandwidth, at every width: a window of ``k``
    neighbouring spacings is as wide as a gamma variable of shape ``k`` divided by the local density, so the widths of the
    narrowest windows on both sides of a window and its own tell whether it lies in a valley, with the chance of error that
    the two gamma distributions give (spacings as in Pyke 1965; the same idea as Hartigan & Hartigan's dip, 1985, without
    its blindness for modes that hold a thousandth of the rows). The clearest valley is taken, and the values above it are
    searched again, so that a few extreme rows do not hide the mode above them. For one to four rows, which make no
    mode, the gap above them is compared with the spacings that follow it (Rényi's representation of exponential tails).
    """
    ordered = np.sort(values[np.isfinite(values)])
    most = int(LARGEST_SHARE * len(ordered))
    n_below, reason = _modes_below(ordered, most), "mode"
    if not n_below:
        n_below, reason = _rows_below_gap(ordered), "gap"
    if not n_below:
        return None
    threshold = float((ordered[n_below - 1] + ordered[n_below]) / 2)
    return LowGroup(threshold, n_below, "mode" if reason == "mode" else "gap")


def _modes_below(ordered: Float64Array, most: int) -> int:
    n_below = 0
    while True:
        found = _rows_below_valley(ordered[n_below:], most - n_below)
        if not found:
            return n_below
        n_below += found


def _rows_below_valley(ordered: Float64Array, most: int) -> int:
    """Return how many values lie below the clearest valley that has at most so many below it; 0 without a valley."""
    clearest, n_below = 1.0, 0
    size = LEAST_WINDOW
    while 3 * size < len(ordered):
        clarity = _clarity(ordered, size)
        clarity = clarity[: max(0, most - 2 * size)]
        if len(clarity) and (top := float(clarity.max())) > clearest:
            first = size + int(clarity.argmax())
            spacings = np.diff(ordered[first : first + size + 1])
            clearest, n_below = top, first + int(spacings.argmax()) + 1
        size = max(size + 1, size * 3 // 2)
    return n_below


def _clarity(ordered: Float64Array, size: int) -> Float64Array:
    """Return, for each window with another on either side, the depth of the valley in it, 1 being the least that counts."""
    tiny = max(1e-12 * float(ordered[-1] - ordered[0]), np.finfo(np.float64).tiny)
    widths = np.log(np.maximum(ordered[size:] - ordered[:-size], tiny))
    left = np.minimum.accumulate(widths)[: -2 * size]
    right = np.minimum.accumulate(widths[::-1])[::-1][2 * size :]
    inner = widths[size:-size]
    numbers = np.arange(1, len(inner) + 1)
    least = _least_depth(size, numbers)
    return np.asarray(np.minimum((inner - left) / least, (inner - right) / least[::-1]))


def _least_depth(size: int, n_windows: npt.NDArray[np.int64]) -> Float64Array:
    """Return how much wider, as a logarithm, a window is than the narrowest of so many before that is called a valley."""
    from scipy.special import gammainccinv, gammaincinv

    grid = np.unique(np.geomspace(1, len(n_windows), 64).astype(np.int64))
    level = FALSE_ALARM / grid
    depth = np.log(gammainccinv(size, level)) - np.log(gammaincinv(size, level))
    return np.asarray(np.maximum(np.interp(np.log(n_windows), np.log(grid), depth), LEAST_DEPTH))


def _rows_below_gap(ordered: Float64Array) -> int:
    """Return how many values, at most four, lie below a gap that the spacings above it do not explain; 0 without one."""
    if len(ordered) < N_SPACINGS + MOST_ROWS_OF_GAP + 1:
        return 0
    spacings = np.diff(ordered[: N_SPACINGS + MOST_ROWS_OF_GAP + 1])
    normalised = spacings * np.arange(1, len(spacings) + 1)
    for n_below in range(MOST_ROWS_OF_GAP, 0, -1):
        scale = float(normalised[n_below : n_below + N_SPACINGS].mean())
        if normalised[n_below - 1] > LEAST_GAP * scale > 0:
            return n_below
    return 0
