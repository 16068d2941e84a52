"""PNG images of 8-bit red, green, blue and opacity, written row by row without ever holding the whole.

Specification: Portable Network Graphics, third edition (W3C, 2025), sections 5, 9 (filters) and 10 (deflate). Each line takes
the filter whose differences have the smallest sum, as section 12.7 advises.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["SIGNATURE", "encode"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

CHANNELS = 4
COMPRESSION_LEVEL = 6
LARGEST_CHUNK = 2**20

Pixels = npt.NDArray[np.uint8]


def encode(bands: Iterable[Pixels], *, width: int, height: int) -> Iterator[bytes]:
    """Yield the bytes of an image.

    Parameters
    ----------
    bands
        Lines of the image from the top, uint8, each of shape ``(n_lines, width, 4)``; together ``height`` lines.
    width, height
        In pixels.

    Raises
    ------
    ValueError
        If a band is of another width, or the bands have more or fewer lines.
    """
    yield SIGNATURE
    yield _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    yield from _data(bands, width, height)
    yield _chunk(b"IEND", b"")


def _data(bands: Iterable[Pixels], width: int, height: int) -> Iterator[bytes]:
    deflate = zlib.compressobj(COMPRESSION_LEVEL)
    above = np.zeros((1, width * CHANNELS), np.uint8)
    n_lines = 0
    for band in bands:
        if band.shape[1:] != (width, CHANNELS):
            raise ValueError(f"a band of shape {band.shape} is no part of an image {width:,} pixels wide")
        lines = band.reshape(len(band), -1)
        n_lines += len(lines)
        yield from _chunks(deflate.compress(_filtered(lines, np.concatenate([above, lines[:-1]]))))
        above = lines[-1:]
    if n_lines != height:
        raise ValueError(f"{n_lines:,} lines of an image that is {height:,} pixels high")
    yield from _chunks(deflate.flush())


def _filtered(lines: Pixels, above: Pixels) -> bytes:
    """Return lines with their filters' numbers in front."""
    left, above_left = _shifted(lines), _shifted(above)
    candidates = (lines, lines - left, lines - above, lines - _paeth(left, above, above_left))
    numbers = (0, 1, 2, 4)
    sums = [np.abs(candidate.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64) for candidate in candidates]
    chosen = np.argmin(sums, axis=0)
    result = np.empty((len(lines), 1 + lines.shape[1]), np.uint8)
    for place, (number, candidate) in enumerate(zip(numbers, candidates, strict=True)):
        rows = chosen == place
        result[rows, 0] = number
        result[rows, 1:] = candidate[rows]
    return result.tobytes()


def _shifted(lines: Pixels) -> Pixels:
    """Return, for each byte, the byte of the pixel to the left."""
    result = np.zeros_like(lines)
    result[:, CHANNELS:] = lines[:, :-CHANNELS]
    return result


def _paeth(left: Pixels, above: Pixels, above_left: Pixels) -> Pixels:
    """Return whichever neighbour is nearest to left + above - above left (section 9.4)."""
    corner = above_left.astype(np.int16)
    to_left = np.abs(above - corner)
    to_above = np.abs(left - corner)
    to_corner = np.abs(left.astype(np.int16) + above - 2 * corner)
    result = np.where(to_above <= to_corner, above, above_left)
    return np.where((to_left <= to_above) & (to_left <= to_corner), left, result)


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), LARGEST_CHUNK):
        yield _chunk(b"IDAT", data[start : start + LARGEST_CHUNK])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
