"""Colours for a column: one for each of the frequent categories, or a scale for numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.table import Column
from projector_export.targets.plot.wording import readable, shortened

__all__ = [
    "CATEGORY_COLORS",
    "MISSING_COLOR",
    "OTHER_COLOR",
    "SCALE_NAME",
    "Coloring",
    "Group",
    "Scale",
    "coloring_of",
    "rgb_of",
]

CATEGORY_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Okabe and Ito, Color Universal Design (2008): told apart with every common colour blindness; yellow last, as it is pale."""

OTHER_COLOR = "#8A8A8A"
MISSING_COLOR = "#C4C4C4"

SCALE_NAME = "viridis"
"""Even in lightness, and told apart with every common colour blindness; both libraries call it so."""

MAX_NAME = 28
TAIL_PERCENT = 1
TAIL_RATIO = 3


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one colour.

    Parameters
    ----------
    name
        For the legend, without the count; empty where there is nothing to tell.
    color
        ``"#RRGGBB"``.
    rows
        Row numbers, increasing.
    """

    name: str
    color: str
    rows: npt.NDArray[np.int64]

    @property
    def legend(self) -> str:
        """Name and number of rows."""
        return f"{self.name}  {len(self.rows):,}"


@dataclass(frozen=True, eq=False)
class Scale:
    """Rows coloured by a number.

    Parameters
    ----------
    rows
        Row numbers, increasing.
    values
        Finite, float64, one a row of ``rows``.
    low, high
        Ends of the scale. Values beyond them have the colour of the end.
    """

    rows: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    low: float
    high: float

    @property
    def beyond(self) -> tuple[bool, bool]:
        """Whether there are values below and above the scale."""
        return bool(self.values.min() < self.low), bool(self.values.max() > self.high)


@dataclass(frozen=True, eq=False)
class Coloring:
    """The colour of every row.

    Parameters
    ----------
    title
        Name of the column; empty without one.
    groups
        In the order of the legend: by count, then the rare categories together, then the rows without a value.
    scale
        Where the column is one of many different numbers; ``groups`` then has only the rows without a value.
    """

    title: str
    groups: tuple[Group, ...]
    scale: Scale | None = None

    @property
    def from_below(self) -> tuple[Group, ...]:
        """The groups in the order of drawing: grey lies lowest, rare categories on top."""
        is_grey = [group.color in {OTHER_COLOR, MISSING_COLOR} for group in self.groups]
        grey = [group for group, grey in zip(self.groups, is_grey, strict=True) if grey]
        return (*reversed(grey), *(group for group, grey in zip(self.groups, is_grey, strict=True) if not grey))


def rgb_of(color: str) -> npt.NDArray[np.float64]:
    """Return ``"#RRGGBB"`` as shares of red, green and blue, shape ``(1, 3)``."""
    return np.frombuffer(bytes.fromhex(color[1:]), dtype=np.uint8)[None] / 255


def coloring_of(column: Column | None, n_rows: int) -> Coloring:
    """Return the colours of a column's values.

    Parameters
    ----------
    column
        Texts or numbers; None for one colour. Numbers are categories where there are as few as colours, and a scale
        otherwise. Texts are always categories: all of them where there are as few as colours, else the most frequent
        ones and one grey for the others.
    n_rows
        Number of rows.
    """
    if column is None:
        return Coloring("", (Group("", CATEGORY_COLORS[0], np.arange(n_rows)),))
    title = shortened(readable(column.name), MAX_NAME)
    if not isinstance(column.values, np.ndarray):
        return Coloring(title, _groups(column.values))
    if column.values.dtype.kind == "b":
        return Coloring(title, _groups(["yes" if value else "no" for value in column.values.tolist()]))
    return _numeric(title, column.values.astype(np.float64))


def _numeric(title: str, values: npt.NDArray[np.float64]) -> Coloring:
    is_known = np.isfinite(values)
    known = values[is_known]
    if len(np.unique(known)) <= len(CATEGORY_COLORS):
        texts = [f"{value:.6g}" if math.isfinite(value) else None for value in values.tolist()]
        return Coloring(title, _groups(texts))
    missing = np.flatnonzero(~is_known)
    groups = (Group("(missing)", MISSING_COLOR, missing),) if len(missing) else ()
    return Coloring(title, groups, Scale(np.flatnonzero(is_known), known, *_ends(known)))


def _ends(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of a scale: extremes, but no further out than a few outliers would stretch it."""
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(end) for end in np.percentile(values, (TAIL_PERCENT, 100 - TAIL_PERCENT)))
    width = inner_high - inner_low
    if width > 0 and high - low > TAIL_RATIO * width:
        return inner_low, inner_high
    return low, high


def _groups(values: Sequence[str | None]) -> tuple[Group, ...]:
    counts = Counter(value for value in values if value is not None)
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    n_shown = len(kinds) if len(kinds) <= len(CATEGORY_COLORS) else len(CATEGORY_COLORS) - 1
    place: dict[str | None, int] = {kind: min(number, n_shown) for number, kind in enumerate(kinds)}
    place[None] = n_shown + 1
    places = np.array([place[value] for value in values])
    names = [shortened(readable(kind), MAX_NAME) for kind in kinds[:n_shown]]
    names += [f"other ({len(kinds) - n_shown:,} kinds)", "(missing)"]
    colors = (*CATEGORY_COLORS[:n_shown], OTHER_COLOR, MISSING_COLOR)
    groups = (
        Group(name, color, np.flatnonzero(places == number))
        for number, (name, color) in enumerate(zip(names, colors, strict=True))
    )
    return tuple(group for group in groups if len(group.rows))
