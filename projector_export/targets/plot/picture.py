"""A picture of a table before anything is drawn: panels, colours and texts, the same for every library that draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.table import EmbeddingTable, Layout
from projector_export.targets.coloring import color_of_picture
from projector_export.targets.plot.palette import Coloring, coloring_of
from projector_export.targets.plot.wording import axis_titles, readable, shortened, table_title, trust
from projector_export.vectors import Float32Array

__all__ = ["Panel", "Picture", "grid"]

MARGIN = 0.06
"""Free border of a panel as a share of its points' extent."""

MAX_IN_A_ROW = 4


@dataclass(frozen=True, eq=False)
class Panel:
    """One layout.

    Parameters
    ----------
    title, trust
        What it is, and how far it may be believed (may be empty).
    coordinates
        Float32, shape ``(n_rows, 2)`` or ``(n_rows, 3)``.
    axis_titles
        One an axis, or none.
    """

    title: str
    trust: str
    coordinates: Float32Array
    axis_titles: tuple[str, ...]

    @property
    def is_3d(self) -> bool:
        """Whether there are three axes."""
        return int(self.coordinates.shape[1]) == 3

    @property
    def limits(self) -> npt.NDArray[np.float64]:
        """Ends of the axes, shape ``(2 or 3, 2)``: equally long, with every point inside."""
        points = self.coordinates.astype(np.float64)
        low, high = points.min(axis=0), points.max(axis=0)
        half = float((high - low).max()) / 2 * (1 + 2 * MARGIN)
        centre = (low + high) / 2
        half = half if half > 1e-6 * float(np.abs(centre).max()) else max(1.0, float(np.abs(centre).max()))
        return np.stack([centre - half, centre + half], axis=1)


@dataclass(frozen=True, eq=False)
class Picture:
    """All layouts of a table.

    Parameters
    ----------
    title
        Head of the whole.
    panels
        From left to right.
    coloring
        Colour of every row, the same in all panels.
    """

    title: str
    panels: tuple[Panel, ...]
    coloring: Coloring

    @classmethod
    def of(cls, table: EmbeddingTable, color: str | None) -> Picture:
        """Return the picture of a table that has layouts.

        Parameters
        ----------
        table
            Every layout becomes a panel.
        color
            Name of the column to colour by; None leaves the choice to the layouts, then to the table. What nobody has asked
            for and differs from row to row, as labels do, is not taken.
        """
        wanted = color or next((layout.color for layout in table.layouts if layout.color), None)
        column = color_of_picture(table, wanted)
        if wanted is None and column is not None and len(set(column.values)) > table.n_rows / 2:
            column = None
        return cls(table_title(table), tuple(map(_panel, table.layouts)), coloring_of(column, table.n_rows))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.panels[0].coordinates)


def _panel(layout: Layout) -> Panel:
    title = shortened(readable(layout.name), 40)
    return Panel(title, trust(layout), layout.coordinates, axis_titles(layout))


def grid(n_panels: int) -> tuple[int, int]:
    """Return how many rows and columns of panels there are: side by side up to four, then rows of equal length."""
    n_grid_rows = math.ceil(n_panels / MAX_IN_A_ROW)
    return n_grid_rows, math.ceil(n_panels / n_grid_rows)
