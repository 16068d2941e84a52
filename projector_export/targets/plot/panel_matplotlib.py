"""One panel: points, density where they are many, labels where they are few."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.targets.plot.density import Coverage
from projector_export.targets.plot.label_placement import place
from projector_export.targets.plot.palette import SCALE_NAME, Coloring, Scale, rgb_of
from projector_export.targets.plot.picture import Panel

__all__ = ["MANY_POINTS", "Axes", "Figure", "draw_panel"]

MANY_POINTS = 20_000
"""Rows from which a density lies behind the points, and points in a picture from which an svg holds them as pixels."""

POINTS_PER_INCH = 72
FRAME = "#BBBBBB"
DARK = "#222222"
LABEL_SIZE = 7.0
GAP_PIXELS = 2.5
VIEW = {"elev": 22.0, "azim": -58.0}

Figure: TypeAlias = Any
"""``matplotlib.figure.Figure`` with an Agg canvas."""

Axes: TypeAlias = Any
"""``matplotlib.axes.Axes``, or ``mpl_toolkits.mplot3d.Axes3D``, which its own types do not know."""

Rectangle = tuple[float, float, float, float]


def draw_panel(
    figure: Figure, rectangle: Rectangle, panel: Panel, coloring: Coloring, labels: tuple[str, ...], *, n_panels: int
) -> None:
    """Draw a layout.

    Parameters
    ----------
    figure
        A ``matplotlib.figure.Figure`` with a canvas and its final size.
    rectangle
        Left, bottom, width and height as shares of the figure; a square in inches.
    panel, coloring
        What to draw.
    labels
        One a row, or none.
    n_panels
        How many panels the picture has.
    """
    axes = figure.add_axes(rectangle, projection="3d" if panel.is_3d else None)
    _set_up(axes, panel)
    n_rows = len(panel.coordinates)
    side = rectangle[2] * float(figure.get_size_inches()[0]) * POINTS_PER_INCH
    area = _point_area(n_rows, side) * (1.5 if panel.is_3d else 1.0)
    share = area * np.pi / 4 / side**2
    coverage = None
    if n_rows > MANY_POINTS and not panel.is_3d:
        coverage = Coverage.of(panel.coordinates, panel.limits, point_share=share)
        _draw_shade(axes, panel, coverage)
    for rows, colors in _strokes(coloring, n_rows, by_depth=panel.is_3d):
        alpha = _alpha(n_rows) if coverage is None else coverage.alpha(rows)
        axes.scatter(
            *panel.coordinates[rows].T.astype(np.float64),
            s=area,
            c=_with_alpha(colors, alpha, len(rows)),
            linewidths=0,
            rasterized=n_rows * n_panels > MANY_POINTS,
        )
    if labels:
        _draw_labels(figure, axes, panel, labels, radius=np.sqrt(area) / 2)


def _set_up(axes: Axes, panel: Panel) -> None:
    limits = panel.limits
    for name, ends in zip("xyz", limits.tolist(), strict=False):
        getattr(axes, f"set_{name}lim")(*ends)
        getattr(axes, f"set_{name}ticks")([])
    for name, title in zip("xyz", panel.axis_titles, strict=False):
        settings: dict[str, Any] = {"labelpad": -12} if panel.is_3d else {"labelpad": 4}
        getattr(axes, f"set_{name}label")(title, fontsize=8, color=DARK, **settings)
    if panel.is_3d:
        axes.set_box_aspect((1, 1, 1), zoom=1.0 if panel.axis_titles else 1.12)
        axes.view_init(**VIEW)
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
            axis.set_pane_color((0.97, 0.97, 0.97, 1.0))
            axis.line.set_color(FRAME)
    else:
        axes.set_aspect("equal")
        for spine in axes.spines.values():
            spine.set(color=FRAME, linewidth=0.8)


def _strokes(
    coloring: Coloring, n_rows: int, *, by_depth: bool
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Return what is drawn after one another: rows, and their red, green and blue (one row for all, or one each).

    Order within a group is shuffled, so that what came last in the table does not hide what came first. In three
    dimensions all points go at once, as their depth decides.
    """
    strokes = [(group.rows, rgb_of(group.color)) for group in coloring.from_below]
    if coloring.scale is not None:
        strokes.append((coloring.scale.rows, _on_scale(coloring.scale)))
    if by_depth:
        colors = np.empty((n_rows, 3))
        for rows, color in strokes:
            colors[rows] = color
        return [(np.arange(n_rows), colors)]
    place = np.random.default_rng(0).permutation(n_rows)
    mixed = [np.argsort(place[rows]) for rows, _ in strokes]
    return [
        (rows[order], color[order] if len(color) > 1 else color)
        for (rows, color), order in zip(strokes, mixed, strict=True)
    ]


def _on_scale(scale: Scale) -> npt.NDArray[np.float64]:
    from matplotlib import colormaps

    shares = np.clip((scale.values - scale.low) / (scale.high - scale.low), 0.0, 1.0)
    return np.asarray(colormaps[SCALE_NAME](shares)[:, :3], dtype=np.float64)


def _with_alpha(
    colors: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64] | float, n_rows: int
) -> npt.NDArray[np.float64]:
    if len(colors) == 1 and isinstance(alpha, float):
        return np.append(colors, [[alpha]], axis=1)
    colors = np.broadcast_to(colors, (n_rows, 3))
    return np.column_stack([colors, np.broadcast_to(alpha, n_rows)])


def _point_area(n_rows: int, side: float) -> float:
    """Return the area of a point in square points: a fixed share of the panel for all together, within bounds."""
    return float(np.clip(0.12 * side**2 / n_rows, 0.7, 36.0))


def _alpha(n_rows: int) -> float:
    return float(np.clip(0.9 * (n_rows / 1_000) ** -0.22, 0.35, 0.9))


def _draw_shade(axes: Axes, panel: Panel, coverage: Coverage) -> None:
    """Draw in grey where points overlap."""
    (left, right), (bottom, top) = panel.limits.tolist()
    image = np.zeros((*coverage.shade.shape, 4))
    image[..., 3] = coverage.shade
    axes.imshow(
        image, extent=(left, right, bottom, top), origin="lower", interpolation="bilinear", zorder=0, aspect="equal"
    )


def _draw_labels(figure: Figure, axes: Axes, panel: Panel, labels: tuple[str, ...], *, radius: float) -> None:
    """Write labels where there is room; their places are measured in pixels and kept as shares of the panel."""
    pixel = figure.dpi / POINTS_PER_INCH
    renderer = figure.canvas.get_renderer()
    points = axes.transData.transform(_flat(axes, panel))
    texts = [axes.figure.text(0, 0, label, size=LABEL_SIZE, color=DARK) for label in labels]
    extents = [text.get_window_extent(renderer) for text in texts]
    sizes = np.array([(extent.width, extent.height) for extent in extents]) + 2 * GAP_PIXELS
    box = axes.get_window_extent(renderer)
    corners = place(points, sizes, bounds=(box.x0, box.y0, box.x1, box.y1), radius=radius * pixel + GAP_PIXELS / 2)
    back = figure.transFigure.inverted()
    for text, corner, extent in zip(texts, corners, extents, strict=True):
        if np.isnan(corner).any():
            text.remove()
        else:
            text.set_position(back.transform(corner + GAP_PIXELS - (extent.x0, extent.y0)))


def _flat(axes: Axes, panel: Panel) -> npt.NDArray[np.float64]:
    """Return the coordinates as they lie in the panel's plane."""
    points = panel.coordinates.astype(np.float64)
    if not panel.is_3d:
        return points
    projected = np.column_stack([points, np.ones(len(points))]) @ np.asarray(axes.get_proj()).T
    flat: npt.NDArray[np.float64] = projected[:, :2] / projected[:, 3:]
    return flat
