"""Arrays of pixels, as numpy, torch, TensorFlow and JAX users hold them, to 8-bit red, green, blue and opacity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["as_array", "channels_last", "is_array", "rgba"]

N_CHANNELS = frozenset({1, 3, 4})


def is_array(images: object) -> bool:
    """Tell whether an object is an array or tensor of numbers, of whatever library, and no column of a data frame."""
    if not hasattr(images, "shape") or not hasattr(images, "dtype") or hasattr(images, "to_list"):
        return False
    return getattr(images.dtype, "kind", "f") not in "OUST"


def as_array(images: object) -> npt.NDArray[np.generic]:
    """Return an array or tensor of any library as numpy array, without copying where that is possible."""
    detach = getattr(images, "detach", None)
    if detach is not None:  # torch
        tensor = detach().cpu()
        images = tensor.float() if tensor.is_floating_point() else tensor
    array = np.asarray(images)
    return array.astype(np.float32) if array.dtype.kind == "V" else array  # bfloat16 of ml_dtypes


def channels_last(images: npt.NDArray[np.generic], *, are_first: bool, where: str) -> npt.NDArray[np.generic]:
    """Return pictures of shape ``(..., height, width, channels)``.

    Parameters
    ----------
    images
        Shape ``(n, height, width)``, ``(n, height, width, c)`` or ``(n, c, height, width)``, with 1, 3 or 4 channels.
    are_first
        What is meant where both ends could be the channels, as in ``(n, 3, 8, 3)``.
    where
        Words of a sentence.

    Raises
    ------
    InvalidInputError
        If no axis can be the channels, or a picture has no pixels.
    """
    shape = images.shape
    if images.ndim == 3:
        images = images[..., None]
    elif images.ndim == 4 and shape[1] in N_CHANNELS and (are_first or shape[3] not in N_CHANNELS):
        images = np.moveaxis(images, 1, 3)
    if images.ndim != 4 or images.shape[3] not in N_CHANNELS or 0 in images.shape[1:]:
        raise InvalidInputError(
            f"{where}: pictures have the shape (n, height, width), (n, height, width, channels) or (n, channels, height, "
            f"width) with 1, 3 or 4 channels, not {shape}"
        )
    return images


def rgba(pixels: npt.NDArray[np.generic], where: str) -> npt.NDArray[np.uint8]:
    """Return one picture of 1, 3 or 4 channels as uint8 of four.

    Parameters
    ----------
    pixels
        Shape ``(height, width, channels)``: uint8, bool, or floating numbers from 0 to 1.
    where
        Words of a sentence.

    Raises
    ------
    InvalidInputError
        If the numbers are of another type or range.
    """
    values = _bytes(pixels, where)
    result = np.full((*values.shape[:2], 4), 255, np.uint8)
    result[..., : 4 if values.shape[2] == 4 else 3] = values
    return result


def _bytes(pixels: npt.NDArray[np.generic], where: str) -> npt.NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8) * 255
    if pixels.dtype.kind != "f":
        raise InvalidInputError(
            f"{where} holds {pixels.dtype}: pixels are uint8 from 0 to 255, or floating numbers from 0 to 1; convert them, as "
            "by pixels.astype('uint8')"
        )
    values = pixels.astype(np.float64)
    smallest, largest = float(values.min()), float(values.max())
    if not (smallest >= 0.0 and largest <= 1.0):
        raise InvalidInputError(
            f"{where} holds floating numbers from {smallest:g} to {largest:g}: pixels are floating numbers from 0 to 1, or "
            "uint8 from 0 to 255; divide them by their largest possible value"
        )
    return np.rint(values * 255).astype(np.uint8)
