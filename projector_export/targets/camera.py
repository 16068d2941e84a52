"""Where a view is looked at from: every point in sight, and no farther away than that takes.

Reader: ``vz_projector/scatterPlot.ts`` (``makeCamera2D``, ``makeCamera3D``). In 2-D the shorter side of the window shows 1.2
to each side of the middle; in 3-D the camera's vertical field of view is 70 degrees.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.formats.bookmarks import Camera

__all__ = ["camera_of"]

HALF_FIELD = np.tan(np.radians(70 / 2))
FILLED = 0.95
"""Share of the window's height or width that points may take, since a point is a disc of some pixels."""

NARROWEST = 0.65
"""Width over height of the drawing between the panels of a browser window of 1000 x 700."""

USUAL_DIRECTION = np.array([0.45, 0.9, 1.6])
"""From the middle to the viewer's own camera in 3-D."""

N_AZIMUTHS = 8
CLEARLY_MORE = 1.25
"""How much larger a cloud of points has to look from elsewhere before the usual direction is given up."""

UP = np.array([0.0, 1.0, 0.0])

FloatArray = npt.NDArray[np.float64]


def camera_of(coordinates: npt.NDArray[np.floating]) -> Camera:
    """Return a camera that sees all points.

    Parameters
    ----------
    coordinates
        Shape ``(n_rows, 2)`` or ``(n_rows, 3)``, in the viewer's space: within -1 and 1 on each axis.
    """
    if coordinates.shape[1] == 2:
        return Camera((0.0, 0.0, 4.0), orthographic=True, zoom=round(1.2 * FILLED, 3))
    axes = _camera_axes(coordinates)
    across, above, nearer = (coordinates @ axes.T).T
    seen = np.maximum(np.abs(above), np.abs(across) / NARROWEST) / (HALF_FIELD * FILLED)
    x, y, z = (round(float(value), 4) for value in axes[2] * max(1.0, float((nearer + seen).max())))
    return Camera((x, y, z))


def _camera_axes(coordinates: npt.NDArray[np.floating]) -> FloatArray:
    """Return the camera's right, up and backward: of some directions around the points that from which they look largest.

    A long cloud lies along a diagonal of its cube, and the usual direction is close to one.
    """
    covariance = np.cov(coordinates, rowvar=False, ddof=0)
    candidates = [_axes(angle) for angle in 2 * np.pi * np.arange(N_AZIMUTHS) / N_AZIMUTHS]
    areas = [np.sqrt(max(0.0, np.linalg.det((axes @ covariance @ axes.T)[:2, :2]))) for axes in candidates]
    return candidates[int(np.argmax(areas))] if max(areas) > CLEARLY_MORE * areas[0] else candidates[0]


def _axes(azimuth: float) -> FloatArray:
    """Return the axes of a camera that was carried around the second axis by an angle in radians."""
    x, y, z = USUAL_DIRECTION / np.linalg.norm(USUAL_DIRECTION)
    cosine, sine = np.cos(azimuth), np.sin(azimuth)
    backward = np.array([cosine * x + sine * z, y, cosine * z - sine * x])
    right = np.cross(UP, backward)
    right /= np.linalg.norm(right)
    return np.array([right, np.cross(backward, right), backward])
