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

NARROWEST = 0.6
"""Width over height of the drawing between the panels of a browser window of 1000 x 700."""

DIRECTION = np.array([0.45, 0.9, 1.6])
"""From the middle to the viewer's own camera in 3-D."""

UP = np.array([0.0, 1.0, 0.0])


def camera_of(coordinates: npt.NDArray[np.floating]) -> Camera:
    """Return a camera that sees all points.

    Parameters
    ----------
    coordinates
        Shape ``(n_rows, 2)`` or ``(n_rows, 3)``, in the viewer's space: within -1 and 1 on each axis.
    """
    if coordinates.shape[1] == 2:
        return Camera((0.0, 0.0, 4.0), orthographic=True, zoom=round(1.2 * FILLED, 3))
    backward = DIRECTION / np.linalg.norm(DIRECTION)
    right = np.cross(UP, backward)
    right /= np.linalg.norm(right)
    across, above, nearer = (coordinates @ np.array([right, np.cross(backward, right), backward]).T).T
    seen = np.maximum(np.abs(above), np.abs(across) / NARROWEST) / (HALF_FIELD * FILLED)
    x, y, z = (round(float(value), 4) for value in backward * max(1.0, float((nearer + seen).max())))
    return Camera((x, y, z))
