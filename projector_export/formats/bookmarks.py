"""``bookmarks.json``: saved views, each with a place for every row.

Readers: ``vz_projector/vz-projector.ts`` (``loadState``), ``vz-projector-projections-panel.ts`` (``restoreUIFromBookmark``),
``projectorScatterPlotAdapter.ts`` (``generatePointPositionArray``) and ``data.ts`` (``State``). What they ask for:

- Coordinates are kept as UMAP's: the viewer shows these as they are, in 2-D and 3-D, while t-SNE is started again from them.
- ``loadState`` empties what each point had before, and PCA is not computed a second time, so a view that does not bring
  ``pca-0``, ``pca-1``... leaves the PCA tab without points. Its menus offer as many components as there are dimensions, at
  most 10, and every view has to repeat them.
- The viewer stretches every axis to [-1, 1] by its extent, so the file holds whole numbers: shorter than decimals, and a
  quarter of the memory in a browser.
- The custom texts have to be texts, ``shuffledDataIndices`` and ``filteredPoints`` are better left out.
- Points whose coordinates a view does not bring keep those that they have, so a view of the viewer's own PCA, which it
  computes when it opens a tensor, needs no coordinates at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from projector_export.errors import CorruptFileError

__all__ = [
    "COMPONENT_STEPS",
    "FILE_NAME",
    "MAX_COMPONENTS",
    "NO_COLOR",
    "STEPS",
    "Camera",
    "OwnView",
    "View",
    "decode",
    "encode",
]

FILE_NAME = "bookmarks.json"

MAX_COMPONENTS = 10
"""Principal components in the menus of the PCA tab (``data.ts``, ``NUM_PCA_COMPONENTS``)."""

NO_COLOR = "No color map"
"""What the colour menu calls no column."""

STEPS = 99_999
"""A view's coordinates are whole numbers from -STEPS to STEPS: half a pixel at 180 times the usual zoom."""

COMPONENT_STEPS = 9_999
"""Principal components are whole numbers from -COMPONENT_STEPS to COMPONENT_STEPS, each axis by itself."""

BLOCK_ROWS = 10_000

_INTERFACE: dict[str, object] = {
    "selectedProjection": "umap",
    "isSelected": False,
    "selectedPoints": [],
    "forceCategoricalColoring": False,
    "tSNEIteration": 0,
    "tSNEPerplexity": 25,
    "tSNELearningRate": 1,
    "tSNEis3d": True,
    "umapNeighbors": 15,
    "umapMinDist": 0.1,
    "pcaComponentDimensions": [0, 1, 2],
    "customXLeftText": "",
    "customXRightText": "",
    "customYUpText": "",
    "customYDownText": "",
}


@dataclass(frozen=True)
class Camera:
    """Where a view is looked at from, in the viewer's space, in which the points fill -1 to 1 on each axis.

    Parameters
    ----------
    position, target
        Where the camera is and what it looks at; up is the second axis.
    orthographic
        Without perspective, as 2-D views are.
    zoom
        1 is the viewer's own.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orthographic: bool = False
    zoom: float = 1.0

    def as_json(self) -> dict[str, object]:
        """Return the camera as the viewer keeps it (``CameraDef``)."""
        position, target = list(self.position), list(self.target)
        return {"orthographic": self.orthographic, "position": position, "target": target, "zoom": self.zoom}


@dataclass(frozen=True, eq=False)
class View:
    """One saved view.

    Parameters
    ----------
    label
        What the bookmark panel shows.
    coordinates
        Shape ``(n_rows, 2)`` or ``(n_rows, 3)``, finite, of equal extent along all axes and centred, or the viewer distorts
        the picture.
    components
        Principal components of the same rows, shape ``(n_rows, min(10, n_dims))``.
    n_dims
        Dimensions of the tensor that the viewer shows.
    camera
        Where it is looked at from.
    color, text
        Columns, as the viewer names them, that colour the points and that label them.
    selected
        Row numbers that are selected: the viewer labels and lists them.
    """

    label: str
    coordinates: npt.NDArray[np.floating]
    components: npt.NDArray[np.floating]
    n_dims: int
    camera: Camera
    color: str = NO_COLOR
    text: str = "__index__"
    selected: tuple[int, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.coordinates)


@dataclass(frozen=True)
class OwnView:
    """The viewer's own PCA, with points selected.

    Parameters
    ----------
    label
        What the bookmark panel shows.
    n_rows, n_dims
        Shape of the tensor that the viewer shows.
    color, text, selected
        As in :class:`View`.
    """

    label: str
    n_rows: int
    n_dims: int
    color: str = NO_COLOR
    text: str = "__index__"
    selected: tuple[int, ...] = ()


def encode(views: Iterable[View | OwnView]) -> Iterator[bytes]:
    """Yield the file of some views, piece by piece.

    One view of 100,000 rows and ten components takes some 17 MB; the pieces are much smaller.
    """
    opening = b"["
    for view in views:
        yield opening + _head(view)[:-1] + b',"projections":['
        if isinstance(view, View):
            yield from _rows(view)
        yield b"]}"
        opening = b",\n"
    yield b"]\n" if opening != b"[" else b"[]\n"


def _head(view: View | OwnView) -> bytes:
    state = {
        "label": view.label,
        **_INTERFACE,
        "selectedProjection": "umap" if isinstance(view, View) else "pca",
        "selectedPoints": list(view.selected),
        "umapIs3d": not isinstance(view, View) or view.coordinates.shape[1] == 3,
        "dataSetDimensions": [view.n_rows, view.n_dims],
        "selectedColorOptionName": view.color,
        "selectedLabelOption": view.text,
        "customSelectedSearchByMetadataOption": view.text,
        "cameraDef": view.camera.as_json() if isinstance(view, View) else None,
    }
    return orjson.dumps(state)


def _rows(view: View) -> Iterator[bytes]:
    keys = [f"umap-{axis}" for axis in range(view.coordinates.shape[1])]
    keys += [f"pca-{axis}" for axis in range(view.components.shape[1])]
    whole = _scale(view.coordinates, STEPS, largest=np.abs(view.coordinates).max())
    parts = _scale(view.components, COMPONENT_STEPS, largest=np.abs(view.components).max(axis=0))
    for start in range(0, len(whole), BLOCK_ROWS):
        stop = start + BLOCK_ROWS
        block = np.hstack([whole[start:stop], parts[start:stop]]).tolist()
        rows = orjson.dumps([dict(zip(keys, row, strict=True)) for row in block])[1:-1]
        yield (b"," if start else b"") + rows


def _scale(
    values: npt.NDArray[np.floating], steps: int, *, largest: npt.NDArray[np.floating] | np.floating
) -> npt.NDArray[np.int32]:
    factor = steps / np.where(largest > 0, largest, 1).astype(np.float64)
    return np.rint(values * factor).astype(np.int32)


def decode(data: bytes, *, where: str = FILE_NAME) -> tuple[View | OwnView, ...]:
    """Read a file that :func:`encode` wrote; coordinates and components come back within -1 to 1.

    Raises
    ------
    CorruptFileError
        If it is no such file.
    """
    try:
        return tuple(_view(state) for state in orjson.loads(data))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CorruptFileError(
            f"{where} is not a file of views as they are written here ({type(error).__name__}: {error}): export it again"
        ) from error


def _view(state: dict[str, Any]) -> View | OwnView:
    points, camera, n_dims = state["projections"], state["cameraDef"], state["dataSetDimensions"][1]
    options = (state["selectedColorOptionName"], state["selectedLabelOption"], tuple(state["selectedPoints"]))
    if state["selectedProjection"] == "pca" and not points:
        return OwnView(state["label"], state["dataSetDimensions"][0], n_dims, *options)
    keys = list(points[0])
    values = np.array([[point[key] for key in keys] for point in points], dtype=np.float64)
    n_axes = sum(key.startswith("umap-") for key in keys)
    return View(
        state["label"],
        values[:, :n_axes] / STEPS,
        values[:, n_axes:] / COMPONENT_STEPS,
        n_dims,
        Camera(tuple(camera["position"]), tuple(camera["target"]), camera["orthographic"], camera["zoom"]),
        *options,
    )
