"""The thumbnails of an export, taken out of its one image again.

Writer: ``targets/sprite.py``. The image is somebody's by now: its size is compared with what the manifest says before any of it
is unpacked.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from projector_export import optional
from projector_export.errors import CorruptFileError, excerpt
from projector_export.formats.export_manifest import SpriteEntry
from projector_export.table import Thumbnails

__all__ = ["read_thumbnails"]

_DAMAGES = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, MemoryError, struct.error, zlib.error)
"""What Pillow raises at files that lie."""


def read_thumbnails(folder: Path, sprite: SpriteEntry, n_rows: int) -> Thumbnails:
    """Return one picture a row, as the viewer shows it: row ``i`` in column ``i mod n_columns``, line ``i // n_columns``.

    Parameters
    ----------
    folder
        Folder of the tensor.
    sprite
        What the manifest says of the image.
    n_rows
        Pictures in it; places behind them are empty.

    Raises
    ------
    CorruptFileError
        If the image is missing, damaged, or of another size.
    MissingExtraError
        If Pillow is not installed.
    """
    path = folder / sprite.file
    with optional.required_for("reading the thumbnails of an export"):
        from PIL import Image
    (width, height), n_columns = sprite.size, sprite.n_columns
    try:
        with Image.open(path, formats=["PNG"]) as image:
            _require_size(path, image.size, (n_columns * width, n_columns * height))
            pixels = np.asarray(image.convert("RGBA"))
    except CorruptFileError:
        raise
    except (*_DAMAGES, Image.DecompressionBombError) as error:
        raise CorruptFileError(f"cannot read {path} ({excerpt(error)}): export that tensor again") from error
    places = pixels.reshape(n_columns, height, n_columns, width, 4)
    pictures = np.empty((n_rows, height, width, 4), np.uint8)
    for line, start in enumerate(range(0, n_rows, n_columns)):
        block = pictures[start : start + n_columns]
        block[:] = places[line].swapaxes(0, 1)[: len(block)]
    pictures.flags.writeable = False
    return Thumbnails(pictures)


def _require_size(path: Path, size: tuple[int, int], expected: tuple[int, int]) -> None:
    if size != expected:
        raise CorruptFileError(
            f"{path} has {size[0]:,} x {size[1]:,} pixels, and its thumbnails need {expected[0]:,} x {expected[1]:,}: export "
            "that tensor again"
        )
