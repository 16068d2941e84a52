"""How large thumbnails are, and one picture as thumbnail: its aspect kept, the rest transparent."""

from __future__ import annotations

from math import isqrt, sqrt

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats.viewer_limits import MAX_SPRITE_SIDE
from projector_export.sources.images.decoding import decode, shrunk
from projector_export.sources.images.picture import Picture
from projector_export.sources.images.pixels import rgba

__all__ = ["checked_size", "thumbnail", "usual_side"]

LEAST_USUAL_SIDE = 32
LARGEST_USUAL_SIDE = 64
COVERED_SIDE = 1100
"""Side in pixels of a square that all thumbnails together would cover, side by side: somewhat more than the viewer's drawing.

In flat views the viewer draws a thumbnail as large as it is, and larger ones would hide each other. In deep views it draws all
of them 30 pixels large at first.
"""

SMALLEST_SIDE = 16
"""Pixels below which nobody knows what a picture shows."""

Pixels = npt.NDArray[np.uint8]


def usual_side(n_rows: int, name: str) -> int:
    """Return width and height of thumbnails in pixels, so that all rows fit in the viewer's image.

    Raises
    ------
    InvalidInputError
        If they would be too small to be known.
    """
    largest = _largest_side(n_rows)
    if largest < SMALLEST_SIDE:
        most = (MAX_SPRITE_SIDE // SMALLEST_SIDE) ** 2
        raise InvalidInputError(
            f"table {name!r} has {n_rows:,} rows, and the viewer's image of all thumbnails has room for {most:,} of "
            f"{SMALLEST_SIDE} x {SMALLEST_SIDE} pixels: choose rows first, or give a smaller size"
        )
    wanted = round(COVERED_SIDE / sqrt(n_rows))
    return min(largest, max(LEAST_USUAL_SIDE, min(LARGEST_USUAL_SIDE, wanted)))


def checked_size(size: int | tuple[int, int], n_rows: int) -> tuple[int, int]:
    """Return the ``(width, height)`` that was asked for.

    Raises
    ------
    InvalidInputError
        If it is none, or the viewer's image has no room for so many.
    """
    given = (size, size) if type(size) is int else size
    if not isinstance(given, tuple) or len(given) != 2 or not all(type(side) is int and side > 0 for side in given):
        raise InvalidInputError(f"the size of a thumbnail is a number of pixels, or (width, height), not {size!r}")
    largest = _largest_side(n_rows)
    if max(given) > largest:
        raise InvalidInputError(
            f"{n_rows:,} thumbnails of {given[0]:,} x {given[1]:,} pixels do not fit in the viewer's image of "
            f"{MAX_SPRITE_SIDE:,} x {MAX_SPRITE_SIDE:,}: "
            + (f"{largest} is the largest" if largest else "choose rows first")
        )
    return given


def thumbnail(picture: Picture, size: tuple[int, int]) -> Pixels:
    """Return a picture in the middle of a thumbnail.

    A larger one is shrunk; a smaller one is enlarged by a whole factor, so that its pixels stay what they are.

    Parameters
    ----------
    picture
        What is shown; without content, a disc that keeps the point in sight.
    size
        ``(width, height)`` of the thumbnail in pixels.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
    """
    width, height = size
    if picture.content is None:
        return _placeholder(size)
    pixels = _at_most(picture, size)
    factor = min(width // pixels.shape[1], height // pixels.shape[0])
    pixels = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    result = _transparent(size)
    top, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    result[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return result


def _placeholder(size: tuple[int, int]) -> Pixels:
    """Return the thumbnail of a row without picture: of one that is all transparent the viewer would draw nothing."""
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.5) / width - 0.5, (np.arange(height) + 0.5) / height - 0.5)
    result = _transparent(size)
    result[x**2 + y**2 <= max(0.15, 0.5 / min(size)) ** 2] = (160, 160, 160, 255)
    return result


def _transparent(size: tuple[int, int]) -> Pixels:
    """Return nothing, in white: where the graphics card blends pixels, black would shine through at a picture's edge."""
    result = np.full((size[1], size[0], 4), 255, np.uint8)
    result[..., 3] = 0
    return result


def _at_most(picture: Picture, size: tuple[int, int]) -> Pixels:
    if not isinstance(picture.content, np.ndarray):
        return decode(picture.content, size, picture.where)
    pixels = rgba(picture.content, picture.where)
    scale = min(size[0] / pixels.shape[1], size[1] / pixels.shape[0])
    if scale >= 1.0:
        return pixels
    return shrunk(pixels, (max(1, round(scale * pixels.shape[1])), max(1, round(scale * pixels.shape[0]))))


def _largest_side(n_rows: int) -> int:
    return MAX_SPRITE_SIDE // (1 + isqrt(max(0, n_rows - 1)))
