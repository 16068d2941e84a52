"""``sprite.png``: every row's thumbnail in one image, where the viewer looks for it.

Readers: ``vz_projector/scatterPlotVisualizerSprites.ts`` (row ``i`` is in column ``i mod (width / single_image_dim[0])`` and in
line ``floor(i / (height / single_image_dim[1]))``, so the grid has to have as many lines as columns),
``vz_projector/data-provider.ts`` (``MAX_SPRITE_IMAGE_SIZE_PX``: above it the data set is never shown).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats import png
from projector_export.formats.viewer_limits import MAX_SPRITE_SIDE
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable, Thumbnails
from projector_export.targets.tensor_file import FileRecord, write_pieces

__all__ = ["FILE_NAME", "Sprite", "check_sprite", "expected_bytes", "write_sprite"]

FILE_NAME = "sprite.png"

TRANSPARENT = np.array([255, 255, 255, 0], np.uint8)
"""White, so that nothing dark shines through at the edge of a picture where the graphics card blends neighbouring pixels."""


@dataclass(frozen=True)
class Sprite:
    """What was written.

    Parameters
    ----------
    files
        The image, or nothing where there are no thumbnails.
    size
        ``(width, height)`` of one thumbnail in pixels; empty where there are none.
    n_columns
        Thumbnails in a line, and lines.
    """

    files: tuple[FileRecord, ...] = ()
    size: tuple[int, ...] = ()
    n_columns: int = 0

    @property
    def file_name(self) -> str:
        """Name of the image, empty where there is none."""
        return self.files[0].name if self.files else ""

    def as_json(self) -> dict[str, JSONValue] | None:
        """Return the sprite as a JSON object for the manifest, None where there is none."""
        if not self.files:
            return None
        return {"file": self.file_name, "thumbnail_size": list(self.size), "n_columns": self.n_columns}


def check_sprite(viewer: EmbeddingTable) -> None:
    """Tell at once what would keep :func:`write_sprite` from writing.

    Raises
    ------
    InvalidInputError
        If the thumbnails of all rows make a larger image than the viewer takes.
    """
    if viewer.thumbnails is None:
        return
    n_columns = _n_columns(viewer.n_rows)
    width, height = viewer.thumbnails.size
    if n_columns * max(width, height) > MAX_SPRITE_SIDE:
        largest = MAX_SPRITE_SIDE // n_columns
        way_out = f"make them {largest} x {largest} pixels at most, or show" if largest else "show"
        raise InvalidInputError(
            f"{viewer.n_rows:,} thumbnails of {width} x {height} pixels in table {viewer.name!r} make an image of "
            f"{n_columns * width:,} x {n_columns * height:,}, and the viewer takes none above {MAX_SPRITE_SIDE:,} pixels: "
            f"{way_out} fewer rows (--rows)"
        )


def write_sprite(folder: Path, viewer: EmbeddingTable) -> Sprite:
    """Write the thumbnails of what the viewer is given, where it has any.

    Parameters
    ----------
    folder
        Where the tensor's files are.
    viewer
        What the viewer is given.

    Raises
    ------
    InvalidInputError
        As :func:`check_sprite` does.
    """
    check_sprite(viewer)
    if viewer.thumbnails is None:
        return Sprite()
    n_columns = _n_columns(viewer.n_rows)
    width, height = viewer.thumbnails.size
    pieces = png.encode(_lines(viewer.thumbnails, n_columns), width=n_columns * width, height=n_columns * height)
    return Sprite((write_pieces(folder / FILE_NAME, pieces),), (width, height), n_columns)


def expected_bytes(viewer: EmbeddingTable) -> int:
    """Return how many bytes the image takes, at most."""
    return 0 if viewer.thumbnails is None else 5 * viewer.thumbnails.pixels.size // viewer.thumbnails.pixels.shape[3]


def _n_columns(n_rows: int) -> int:
    return 1 + isqrt(n_rows - 1)


def _lines(thumbnails: Thumbnails, n_columns: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the image in lines of thumbnails."""
    width, height = thumbnails.size
    for start in range(0, n_columns * n_columns, n_columns):
        line = np.empty((height, n_columns, width, 4), np.uint8)
        line[:] = TRANSPARENT
        pixels = thumbnails.pixels[start : start + n_columns]
        for column, picture in enumerate(pixels):
            line[:, column, :, : picture.shape[2]] = picture
            if picture.shape[2] == 3:
                line[:, column, :, 3] = 255
        yield line.reshape(height, n_columns * width, 4)
