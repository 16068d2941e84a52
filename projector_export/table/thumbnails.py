"""One small picture a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["Thumbnails"]

CHANNELS = (3, 4)


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """One small picture a row, all of the same size.

    Parameters
    ----------
    pixels
        uint8, shape ``(n_rows, height, width, 4)`` with red, green, blue and opacity, not premultiplied, or
        ``(n_rows, height, width, 3)`` without opacity. Copied, unless nobody can write to it.

    Raises
    ------
    InvalidInputError
        If the array is of another type or shape, or a picture has no pixels.
    """

    pixels: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        pixels = self.pixels
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
            kind = pixels.dtype if isinstance(pixels, np.ndarray) else type(pixels).__name__
            raise InvalidInputError(f"thumbnails have to be an array of uint8, 0 to 255, not {kind}")
        if pixels.ndim != 4 or pixels.shape[3] not in CHANNELS or 0 in pixels.shape[1:3]:
            raise InvalidInputError(
                f"thumbnails have to be of shape (n_rows, height, width, 3 or 4), not {pixels.shape}"
            )
        if pixels.flags.writeable or not pixels.flags.owndata:
            pixels = pixels.copy()
            pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` of each in pixels."""
        return self.pixels.shape[2], self.pixels.shape[1]

    def take(self, rows: npt.NDArray[np.int64]) -> Thumbnails:
        """Return the thumbnails of the chosen rows, in that order."""
        chosen = self.pixels[rows]
        chosen.flags.writeable = False
        return Thumbnails(chosen)
