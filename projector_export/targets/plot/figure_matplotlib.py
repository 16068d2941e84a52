"""The picture as png or svg, drawn by matplotlib without a screen and without touching its settings."""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypeAlias

from projector_export.targets.plot.fonts import drawable, families
from projector_export.targets.plot.palette import SCALE_NAME, Coloring
from projector_export.targets.plot.panel_matplotlib import Axes, Figure, draw_panel
from projector_export.targets.plot.picture import Picture, grid

__all__ = ["DPI", "encode"]

DPI = 200
PANEL_INCHES = {1: 6.0, 2: 5.0}
PANEL_INCHES_OF_MANY = 4.2
MARGIN = 0.2
TITLE = 0.45
HEADER = 0.52
HEADER_WITHOUT_TRUST = 0.34
FOOTER = 0.3
GAP = 0.3
SCALE = (0.16, 2.6)
"""Inches: a panel's side, the border, heights of the title, of a panel's head (two) and of its axis title, the distance between
panels, and width and height of a colour bar."""

Legend: TypeAlias = Any
"""``matplotlib.legend.Legend``."""

DARK = "#222222"
MUTED = "#5A5A5A"


def encode(picture: Picture, labels: tuple[str, ...], suffix: str) -> bytes:
    """Return the picture as a file; the same picture gives the same bytes.

    Parameters
    ----------
    picture
        What to draw.
    labels
        One a row where they are to be drawn beside their points, or none.
    suffix
        ``".png"`` or ``".svg"``.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    fonts = families([picture.title, picture.coloring.title, *labels, *_small_texts(picture)])
    settings = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    settings |= {
        "font.family": fonts,
        "text.parse_math": False,
        "text.hinting": "none",
        "svg.hashsalt": "projector_export",
    }
    data = BytesIO()
    with mpl.rc_context(settings):
        figure = _figure(picture, tuple(drawable(label, fonts) for label in labels), fonts)
        FigureCanvasAgg(figure)
        metadata = {"Software": None} if suffix == ".png" else {"Date": None, "Creator": None}
        figure.savefig(data, format=suffix[1:], dpi=DPI, metadata=metadata, facecolor="white")
    return data.getvalue()


def _small_texts(picture: Picture) -> list[str]:
    return [panel.title for panel in picture.panels] + [group.name for group in picture.coloring.groups]


def _figure(picture: Picture, labels: tuple[str, ...], fonts: list[str]) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as NewFigure

    n_grid_rows, n_grid_columns = grid(len(picture.panels))
    side = PANEL_INCHES.get(len(picture.panels), PANEL_INCHES_OF_MANY)
    header = HEADER if any(panel.trust for panel in picture.panels) else HEADER_WITHOUT_TRUST
    footer = FOOTER if any(panel.axis_titles and not panel.is_3d for panel in picture.panels) else 0.0
    height = MARGIN + TITLE + n_grid_rows * (header + side + footer)
    left = MARGIN + footer
    step = side + GAP + footer
    right = left + n_grid_columns * step - GAP - footer
    figure = NewFigure(figsize=(right + MARGIN, height), dpi=DPI)
    FigureCanvasAgg(figure)
    legend_width = _legend_inches(figure, picture.coloring, fonts)
    width = right + MARGIN + legend_width
    figure.set_size_inches(width, height)
    figure.text(
        MARGIN / width,
        1 - (MARGIN + 0.05) / height,
        drawable(picture.title, fonts),
        size=14,
        weight=_strong(fonts),
        va="top",
        color=DARK,
    )
    for number, panel in enumerate(picture.panels):
        row, column = divmod(number, n_grid_columns)
        x, top = left + column * step, height - TITLE - MARGIN / 2 - row * (header + side + footer)
        figure.text(x / width, (top - 0.22) / height, drawable(panel.title, fonts), size=11, va="baseline", color=DARK)
        figure.text(x / width, (top - 0.42) / height, panel.trust, size=8, va="baseline", color=MUTED)
        rectangle = (x / width, (top - header - side) / height, side / width, side / height)
        draw_panel(figure, rectangle, panel, picture.coloring, labels, n_panels=len(picture.panels))
    _draw_legend(figure, picture.coloring, fonts, x=right + GAP / 2, y=height - TITLE - MARGIN / 2 - header)
    return figure


def _strong(fonts: list[str]) -> str:
    """Return the weight of titles; fonts asked for rare scripts often come in one weight only."""
    return "bold" if len(fonts) == 1 else "normal"


def _legend_inches(figure: Figure, coloring: Coloring, fonts: list[str]) -> float:
    if not coloring.title:
        return 0.0
    legend = _legend(figure, coloring, fonts, (0.0, 1.0))
    width = float(legend.get_window_extent(figure.canvas.get_renderer()).width) / DPI
    legend.remove()
    return max(width, 1.1 if coloring.scale else 0.0) + GAP / 2


def _draw_legend(figure: Figure, coloring: Coloring, fonts: list[str], *, x: float, y: float) -> None:
    if not coloring.title:
        return
    width, height = (float(inches) for inches in figure.get_size_inches())
    legend = _legend(figure, coloring, fonts, (x / width, y / height))
    if coloring.scale is None:
        return
    used = float(legend.get_window_extent(figure.canvas.get_renderer()).height) / DPI
    axes = figure.add_axes(
        ((x + 0.1) / width, (y - used - 0.1 - SCALE[1]) / height, SCALE[0] / width, SCALE[1] / height)
    )
    _draw_scale(figure, axes, coloring)


def _draw_scale(figure: Figure, axes: Axes, coloring: Coloring) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    if coloring.scale is None:
        return
    below, above = coloring.scale.beyond
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get((below, above), "neither")
    shades = ScalarMappable(Normalize(coloring.scale.low, coloring.scale.high), SCALE_NAME)
    bar = figure.colorbar(shades, cax=axes, extend=extend)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=2, color=MUTED, labelcolor=DARK)


def _legend(figure: Figure, coloring: Coloring, fonts: list[str], corner: tuple[float, float]) -> Legend:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=7, markeredgewidth=0, color=group.color, label="")
        for group in coloring.groups
    ]
    return figure.legend(
        handles,
        [drawable(group.legend, fonts) for group in coloring.groups],
        title=drawable(coloring.title, fonts),
        loc="upper left",
        bbox_to_anchor=corner,
        alignment="left",
        frameon=False,
        fontsize=9,
        title_fontproperties={"weight": _strong(fonts), "size": 10},
        labelcolor=DARK,
        borderaxespad=0.0,
        handletextpad=0.3,
    )
