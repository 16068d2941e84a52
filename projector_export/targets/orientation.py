"""Rotations that let a picture keep its shape in the viewer, which stretches every axis by itself.

``projectorScatterPlotAdapter.ts`` (``generatePointPositionArray``) maps the extent of each axis to [-1, 1]. A picture that is
rotated such that it is equally wide along all axes is only scaled. In two dimensions such an angle exists within 45 degrees,
because the difference of the widths changes its sign when the axes change places; in three dimensions it exists because
every bounded convex body has a circumscribing cube (S. Kakutani, A proof that there exists a circumscribing cube around any
bounded closed convex set in R^3, Annals of Mathematics 43, 1942).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["TOLERANCE", "Orientation", "equal_extents"]

FloatArray = npt.NDArray[np.float64]

TOLERANCE = 1e-5
"""Relative difference of the extents that nobody sees: one hundredth of a pixel."""

FLAT = 1e-6
"""A set is flat where it is thinner than this share of its largest standard deviation."""

MIN_HULL_ROWS = 50
WIDEST_ANGLE = np.radians(46)
"""A little more than the 45 degrees within which the widths are equal once: a line along an axis needs all of them."""

N_ANGLES = 184
N_BISECTIONS = 60
N_STEPS = 40
SMALLEST_STEP = 2.0**-12
START_ANGLES = (0.1, 0.2, 0.35, 0.5, 0.7)
"""Rotations, in radians, from which the search is begun again where it gets stuck."""


@dataclass(frozen=True, eq=False)
class Orientation:
    """A picture that was rotated and centred.

    Parameters
    ----------
    coordinates
        float64, shape ``(n_rows, 2)`` or ``(n_rows, 3)``; the middle of each axis is 0.
    rotation
        The proper rotation: ``coordinates = (given - center) @ rotation.T``.
    """

    coordinates: FloatArray
    rotation: FloatArray


def equal_extents(coordinates: npt.NDArray[np.floating]) -> Orientation:
    """Rotate a picture, as little as it takes, until it is equally wide along all axes.

    Parameters
    ----------
    coordinates
        Finite, shape ``(n_rows, 2)`` or ``(n_rows, 3)``. Points that all lie in one place, on a line or in a plane are fine.
    """
    points = np.asarray(coordinates, dtype=np.float64)
    points = points - points.mean(axis=0)
    hull = _extreme_points(points)
    rotation = _rotation_2d(hull) if points.shape[1] == 2 else _rotation_3d(hull)
    turned = points @ rotation.T
    return Orientation(turned - (turned.max(axis=0) + turned.min(axis=0)) / 2, rotation)


def _extreme_points(points: FloatArray) -> FloatArray:
    """Return the corners of the convex hull, or all points where they are few."""
    if len(points) < MIN_HULL_ROWS:
        return points
    spread, axes = np.linalg.eigh(points.T @ points)
    wide = axes[:, spread > spread[-1] * FLAT**2]
    if not wide.shape[1]:
        return points[:1]
    within = points @ wide
    if wide.shape[1] == 1:
        return points[[within.argmin(), within.argmax()]]
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners: FloatArray = points[ConvexHull(within).vertices]
    except QhullError:
        return points
    return corners


def _rotation_2d(hull: FloatArray) -> FloatArray:
    def difference(angle: float) -> float:
        widths = np.ptp(hull @ _turn(angle).T, axis=0)
        return float(widths[0] - widths[1])

    if abs(difference(0)) <= TOLERANCE * np.ptp(hull, axis=0).max():
        return np.eye(2)
    angles = np.linspace(-WIDEST_ANGLE, WIDEST_ANGLE, N_ANGLES)
    values = np.array([difference(angle) for angle in angles])
    (crossings,) = np.nonzero(np.signbit(values[:-1]) != np.signbit(values[1:]))
    if not len(crossings):
        return _turn(float(angles[np.abs(values).argmin()]))
    nearest = crossings[np.abs(angles[crossings] + angles[crossings + 1]).argmin()]
    low, high = float(angles[nearest]), float(angles[nearest + 1])
    for _ in range(N_BISECTIONS):
        middle = (low + high) / 2
        if (difference(middle) < 0) == (values[nearest] < 0):
            low = middle
        else:
            high = middle
    return _turn((low + high) / 2)


def _turn(angle: float) -> FloatArray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _rotation_3d(hull: FloatArray) -> FloatArray:
    """Return the smallest rotation found; further starts are tried only where the identity leads nowhere."""
    best, smallest = np.eye(3), np.inf
    for start in _starts():
        rotation, error = _descend(hull, start)
        if error < smallest:
            best, smallest = rotation, error
        if smallest < TOLERANCE:
            break
    return max((symmetry @ best for symmetry in _cube_rotations()), key=np.trace)


def _starts() -> list[FloatArray]:
    directions = [np.array(signs, dtype=np.float64) for signs in itertools.product((1, 0, -1), repeat=3) if any(signs)]
    vectors = [angle * direction / np.linalg.norm(direction) for angle in START_ANGLES for direction in directions]
    return [np.eye(3), *map(_rotation_by, vectors)]


def _descend(hull: FloatArray, rotation: FloatArray) -> tuple[FloatArray, float]:
    """Make the widths equal by Newton's method, each step the smallest rotation that would do it if the corners stayed."""
    error = _inequality(hull @ rotation.T)
    for _ in range(N_STEPS):
        if error < TOLERANCE / 100:
            break
        full = _newton_step(hull @ rotation.T)
        share = 1.0
        while share > SMALLEST_STEP:
            trial = _rotation_by(share * full) @ rotation
            found = _inequality(hull @ trial.T)
            if found < error:
                rotation, error = trial, found
                break
            share /= 2
        else:
            break
    return rotation, error


def _inequality(points: FloatArray) -> float:
    widths = np.ptp(points, axis=0)
    return float(np.ptp(widths) / widths.max()) if widths.max() > 0 else 0.0


def _newton_step(points: FloatArray) -> FloatArray:
    """Return a rotation vector.

    An infinitesimal rotation by the vector w moves the line v between the two corners that span an axis by w x v.
    """
    spans = points[points.argmax(axis=0)] - points[points.argmin(axis=0)]
    slopes = np.array([np.cross(span, axis) for span, axis in zip(spans, np.eye(3), strict=True)])
    widths = spans.diagonal()
    change = np.linalg.lstsq(slopes - slopes.mean(axis=0), widths.mean() - widths, rcond=1e-6)[0]
    angle = float(np.linalg.norm(change))
    step: FloatArray = change * min(1.0, 0.5 / max(angle, 0.5))
    return step


def _rotation_by(vector: FloatArray) -> FloatArray:
    """Return the matrix of a rotation vector (Rodrigues' formula)."""
    angle = float(np.linalg.norm(vector))
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation: FloatArray = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return rotation


def _cube_rotations() -> list[FloatArray]:
    """Return the 24 proper rotations that take the axes to the axes: none of them changes the widths' equality."""
    signed = [
        np.diag(signs).astype(np.float64)[list(order)]
        for order in itertools.permutations(range(3))
        for signs in itertools.product((1, -1), repeat=3)
    ]
    return [matrix for matrix in signed if np.linalg.det(matrix) > 0]
