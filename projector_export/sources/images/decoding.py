"""Image files to pixels, by Pillow: the first frame, upright, and never more than asked for.

Formats that run another program to be read (Encapsulated PostScript) are left out.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from projector_export import optional
from projector_export.errors import CorruptFileError, excerpt

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["EXTENSIONS", "bombs_are_errors", "decode", "shrunk"]

FORMATS = ("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TGA", "TIFF", "WEBP")
"""Names of Pillow's readers that are used, where Pillow has them."""

EXTENSIONS = frozenset(
    [
        ".apng",
        ".avif",
        ".bmp",
        ".gif",
        ".ico",
        ".jp2",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    ]
)

ORIENTATION = 0x0112
"""EXIF tag (Exif 2.32, section 4.6.4)."""

TURNS: Mapping[int, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
"""What makes a picture upright, by the value of the tag."""

TRANSPOSED = frozenset({5, 6, 7, 8})
"""Where width and height change places."""

REDUCING_GAP = 3.0

DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers raise at files that lie."""


@contextmanager
def bombs_are_errors() -> Iterator[None]:
    """Let Pillow refuse pictures above ``Image.MAX_IMAGE_PIXELS`` instead of warning of them."""
    with optional.required_for("reading pictures"):
        from PIL import Image
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def decode(content: object, box: tuple[int, int], where: str) -> npt.NDArray[np.uint8]:
    """Read a picture and shrink it into a box.

    Parameters
    ----------
    content
        A file, the bytes of one, or a Pillow image, which is left as it is.
    box
        Largest ``(width, height)`` in pixels; a smaller picture keeps its size.
    where
        Row and name, as words of a sentence.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)

    Raises
    ------
    CorruptFileError
        If it is damaged, of an unknown format, or larger than ``Image.MAX_IMAGE_PIXELS``.
    """
    with optional.required_for("reading pictures"):
        from PIL import Image
    try:
        if not isinstance(content, (Path, bytes)):
            return _upright(cast("PillowImage", content).copy(), box)
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        with Image.open(file, formats=_formats()) as image:
            _require_sensible_size(image)
            return _upright(image, box)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CorruptFileError(
            f"{where} claims more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels, and what decodes to so many may be a "
            "decompression bomb: shrink it, or raise PIL.Image.MAX_IMAGE_PIXELS"
        ) from error
    except Image.UnidentifiedImageError as error:
        raise CorruptFileError(
            f"{where} is no picture that can be read here: save it as PNG or JPEG, or leave the row without one"
        ) from error
    except DAMAGE as error:
        reason = getattr(error, "strerror", None) or excerpt(error) or type(error).__name__
        raise CorruptFileError(f"{where} is damaged ({reason}): mend it, or leave the row without one") from error


def shrunk(pixels: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return pixels of shape ``(height, width, 4)`` resampled to a smaller ``(width, height)``; Pillow weighs by opacity."""
    with optional.required_for("shrinking pictures"):
        from PIL import Image
    image = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    return np.asarray(image)


def _formats() -> list[str]:
    from PIL import Image

    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _require_sensible_size(image: PillowImage) -> None:
    """Raise where Pillow would only warn, or where somebody has silenced its warning."""
    from PIL import Image

    if Image.MAX_IMAGE_PIXELS is not None and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError


def _upright(image: PillowImage, box: tuple[int, int]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    orientation = image.getexif().get(ORIENTATION, 1)
    size = _within(image.size, box[::-1] if orientation in TRANSPOSED else box)
    if size != image.size:  # a JPEG of many megapixels is decoded at a part of its size
        image.draft(None, (round(REDUCING_GAP * size[0]), round(REDUCING_GAP * size[1])))
    image = _rgba(image)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    turn = TURNS.get(orientation)
    pixels: npt.NDArray[np.uint8] = np.asarray(image)
    return pixels if turn is None else turn(pixels)


def _within(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same aspect that is in the box and not larger than it was."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(scale * size[0])), max(1, round(scale * size[1]))


def _rgba(image: PillowImage) -> PillowImage:
    """Return the first frame in four channels of 8 bits; Pillow would cut off what is above 255 in deeper grey."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        values = np.asarray(image).astype(np.float64)
        largest = 1.0 if image.mode == "F" else 65535.0
        if not (values.min() >= 0.0 and values.max() <= largest):
            raise ValueError(f"its values are from {values.min():g} to {values.max():g}, not from 0 to {largest:g}")
        return Image.fromarray(np.rint(values * (255.0 / largest)).astype(np.uint8)).convert("RGBA")
    if image.mode not in {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa"}:
        image = image.convert("RGB")
    return image.convert("RGBA")
