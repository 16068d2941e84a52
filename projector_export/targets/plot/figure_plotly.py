"""The picture as a page to point, turn and zoom in, drawn by plotly.js."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt

from projector_export.provenance import JSONValue
from projector_export.targets.plot import page
from projector_export.targets.plot.page import escaped
from projector_export.targets.plot.palette import SCALE_NAME, Coloring, Group
from projector_export.targets.plot.picture import Panel, Picture, grid

__all__ = ["encode"]

DARK = "#222222"
MUTED = "#5A5A5A"
FRAME = "#BBBBBB"
WALL = "#F7F7F7"

GAP = 0.03
HEADER = 0.12
"""Shares of the page: distance between panels, and height of a panel's head."""

PANEL_PIXELS = 260
LEGEND_PIXELS = 220
"""At least."""

CAMERA: JSONValue = {"eye": {"x": 1.55, "y": -2.05, "z": 1.0}}


def encode(picture: Picture, labels: tuple[str, ...]) -> bytes:
    """Return the picture as a page.

    Parameters
    ----------
    picture
        What to draw.
    labels
        One a row, shown under the mouse, or none.
    """
    from plotly.offline import get_plotlyjs

    coloring = picture.coloring
    groups = [*coloring.groups, *([] if coloring.scale is None else [Group("", "", coloring.scale.rows)])]
    content: dict[str, JSONValue] = {
        "rows": [_base64(group.rows, "<u4") for group in groups],
        "panels": [[_base64(axis, "<f4") for axis in panel.coordinates.T] for panel in picture.panels],
        "values": "" if coloring.scale is None else _base64(coloring.scale.values, "<f8"),
        "labels": [escaped(label) for label in labels],
        "data": _traces(picture, groups, has_labels=bool(labels)),
        "layout": _layout(picture),
        "config": {"responsive": True, "scrollZoom": True, "displaylogo": False},
    }
    n_grid_rows, n_grid_columns = grid(len(picture.panels))
    min_size = (n_grid_columns * PANEL_PIXELS + LEGEND_PIXELS, n_grid_rows * (PANEL_PIXELS + 90) + 100)
    return page.encode(picture.title, content, get_plotlyjs(), min_size=min_size)


def _base64(numbers: npt.NDArray[np.generic], dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers.astype(dtype)).tobytes()).decode()


def _traces(picture: Picture, groups: list[Group], *, has_labels: bool) -> list[JSONValue]:
    """Return one trace for each group in each panel, without the rows; the groups are drawn grey first, rare ones last."""
    order = [groups.index(group) for group in picture.coloring.from_below]
    order += list(range(len(picture.coloring.groups), len(groups)))
    traces = [
        _trace(picture, panel, groups[number], number, has_labels=has_labels)
        for panel in range(len(picture.panels))
        for number in order
    ]
    return traces + [
        _entry(picture, number) for number in range(len(picture.coloring.groups)) if picture.coloring.title
    ]


def _trace(picture: Picture, panel: int, group: Group, number: int, *, has_labels: bool) -> JSONValue:
    coloring = picture.coloring
    on_scale = number == len(coloring.groups)
    is_3d = picture.panels[panel].is_3d
    size = _diameter(picture.n_rows) * (0.6 if is_3d else 1.0)
    marker: dict[str, JSONValue] = {"size": size, "line": {"width": 0}}
    marker |= {"coloraxis": "coloraxis"} if on_scale else {"color": group.color}
    value = "%{marker.color}" if on_scale else "%{meta[1]}"
    lines = ["<b>%{text}</b>"] * has_labels + [f"%{{meta[0]}}: {value}"] * bool(coloring.title) + ["row %{customdata}"]
    return {
        **_place(picture, panel),
        "holds": {"panel": panel, "group": number, "onScale": on_scale},
        "legendgroup": f"group {number}",
        "showlegend": False,
        "marker": marker,
        "opacity": 1.0 if is_3d else _opacity(picture.n_rows),
        "meta": [escaped(coloring.title), escaped(group.name)],
        "hovertemplate": "<br>".join(lines) + "<extra></extra>",
    }


def _entry(picture: Picture, number: int) -> JSONValue:
    """Return a trace without points that stands for a group in the legend, in full colour."""
    group = picture.coloring.groups[number]
    nowhere: dict[str, JSONValue] = {axis: [None] for axis in "xyz"[: picture.panels[0].coordinates.shape[1]]}
    return {
        **_place(picture, 0),
        **nowhere,
        "name": escaped(group.legend),
        "legendgroup": f"group {number}",
        "marker": {"color": group.color, "size": 10},
    }


def _place(picture: Picture, panel: int) -> dict[str, JSONValue]:
    if picture.panels[panel].is_3d:
        return {"type": "scatter3d", "mode": "markers", "scene": _axis("scene", panel)}
    return {"type": "scattergl", "mode": "markers", "xaxis": _axis("x", panel), "yaxis": _axis("y", panel)}


def _diameter(n_rows: int) -> float:
    return round(float(np.clip(30 * n_rows**-0.25, 1.5, 9.0)), 1)


def _opacity(n_rows: int) -> float:
    return round(float(np.clip(0.9 * (n_rows / 1_000) ** -0.2, 0.35, 0.9)), 2)


def _axis(kind: str, panel: int) -> str:
    return kind if panel == 0 else f"{kind}{panel + 1}"


def _layout(picture: Picture) -> dict[str, JSONValue]:
    layout: dict[str, JSONValue] = {
        "title": {"text": f"<b>{escaped(picture.title)}</b>", "x": 0.012, "xanchor": "left", "font": {"size": 20}},
        "font": {"family": "DejaVu Sans, Verdana, sans-serif", "color": DARK, "size": 12},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "margin": {"l": 40, "r": 20, "t": 60, "b": 40},
        "dragmode": "pan",
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "legend": _legend(picture.coloring),
    }
    annotations: list[JSONValue] = []
    for number, panel in enumerate(picture.panels):
        across, upward = _domain(number, len(picture.panels))
        annotations.append(
            _head(panel, across[0], 1 - number // grid(len(picture.panels))[1] / grid(len(picture.panels))[0])
        )
        if panel.is_3d:
            layout[_axis("scene", number)] = _scene(panel, across, upward)
        else:
            layout |= _axes(panel, number, across, upward)
    layout["annotations"] = annotations
    if picture.coloring.scale is not None:
        layout["coloraxis"] = _color_axis(picture.coloring)
    return layout


def _domain(number: int, n_panels: int) -> tuple[list[float], list[float]]:
    """Return where a panel lies, as shares of the page from the left and from below."""
    n_rows, n_columns = grid(n_panels)
    row, column = divmod(number, n_columns)
    width, height = (1 + GAP) / n_columns, 1 / n_rows
    left, top = column * width, 1 - row * height
    return [left, left + width - GAP], [top - height + GAP * (n_rows > 1), top - HEADER * height]


def _head(panel: Panel, x: float, y: float) -> JSONValue:
    text = f"<b>{escaped(panel.title)}</b>"
    if panel.trust:
        lines = escaped(panel.trust).replace(", ", "<br>")
        text += f'<br><span style="color:{MUTED};font-size:11px">{lines}</span>'
    place: dict[str, JSONValue] = {
        "x": x,
        "y": y,
        "xanchor": "left",
        "yanchor": "top",
        "xref": "paper",
        "yref": "paper",
    }
    return {"text": text, "showarrow": False, "align": "left", "font": {"size": 14}, **place}


def _legend(coloring: Coloring) -> JSONValue:
    return {
        "title": {"text": f"<b>{escaped(coloring.title)}</b>"},
        "itemsizing": "constant",
        "groupclick": "togglegroup",
        "tracegroupgap": 2,
    }


def _color_axis(coloring: Coloring) -> JSONValue:
    if coloring.scale is None:
        return None
    bar: dict[str, JSONValue] = {
        "title": {"text": f"<b>{escaped(coloring.title)}</b>"},
        "outlinewidth": 0,
        "thickness": 14,
    }
    bar |= {"len": 0.7, "y": 0.0, "yanchor": "bottom"}
    return {"colorscale": SCALE_NAME.title(), "cmin": coloring.scale.low, "cmax": coloring.scale.high, "colorbar": bar}


def _axes(panel: Panel, number: int, across: list[float], upward: list[float]) -> dict[str, JSONValue]:
    bare: dict[str, JSONValue] = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    bare |= {"showline": True, "mirror": True, "linecolor": FRAME, "constrain": "domain"}
    titles = panel.axis_titles or ("", "")
    x_name, y_name = _axis("x", number), _axis("y", number)
    x_axis = {"domain": across, "anchor": y_name, "range": panel.limits[0].tolist(), "constraintoward": "left"}
    y_axis = {"domain": upward, "anchor": x_name, "range": panel.limits[1].tolist(), "constraintoward": "top"}
    return {
        _axis("xaxis", number): {**bare, **x_axis, "title": {"text": titles[0], "standoff": 6}},
        _axis("yaxis", number): {**bare, **y_axis, "title": {"text": titles[1], "standoff": 6}, "scaleanchor": x_name},
    }


def _scene(panel: Panel, across: list[float], upward: list[float]) -> JSONValue:
    bare: dict[str, JSONValue] = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    bare |= {"showbackground": True, "backgroundcolor": WALL, "showspikes": False}
    titles = panel.axis_titles or ("", "", "")
    axes = {
        f"{name}axis": {**bare, "range": ends, "title": {"text": title, "font": {"size": 10}}}
        for name, ends, title in zip("xyz", panel.limits.tolist(), titles, strict=True)
    }
    return {
        "domain": {"x": [*across], "y": [*upward]},
        "aspectmode": "cube",
        "camera": CAMERA,
        "dragmode": "turntable",
        **axes,
    }
