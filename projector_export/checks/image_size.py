"""Width and height of an image from the first bytes of its file: PNG, JPEG, GIF, BMP and WebP."""

from __future__ import annotations

import struct

__all__ = ["image_size"]

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return ``(width, height)`` in pixels; None where the bytes are of no image known here, or are cut short.

    Parameters
    ----------
    data
        The file's beginning; 64 KiB are enough for most JPEG files and a few bytes for all others.
    """
    try:
        return next((read(data) for magic, read in READERS if data.startswith(magic)), None)
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> tuple[int, int] | None:
    return _pair(">II", data, 16) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> tuple[int, int]:
    return _pair("<HH", data, 6)


def _bmp(data: bytes) -> tuple[int, int]:
    width, height = _pair("<ii", data, 18)
    return width, abs(height)


def _pair(layout: str, data: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(layout, data, offset)
    return first, second


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position < len(data):
        marker = data[position + 1]
        if data[position] != 0xFF:
            return None
        if marker == 0xFF:
            position += 1
        elif marker in JPEG_FRAMES:
            height, width = _pair(">HH", data, position + 5)
            return width, height
        elif marker in JPEG_WITHOUT_LENGTH:
            position += 2
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[8:12] != b"WEBP":
        return None
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 ":
        width, height = _pair("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


READERS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"BM", _bmp),
    (b"\xff\xd8", _jpeg),
    (b"RIFF", _webp),
)
