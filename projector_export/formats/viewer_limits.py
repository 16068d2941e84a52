"""How much the viewer takes: limits of its code and of the browser, in one place."""

from __future__ import annotations

import re

__all__ = ["MAX_ROWS", "MAX_SPRITE_SIDE", "MAX_TENSOR_BYTES", "MIN_DIMS", "URL_BREAKERS", "request_breakers"]

MAX_ROWS = 100_000
"""Rows that the viewer asks TensorBoard for, the first ones (``data-provider-server.ts``, ``LIMIT_NUM_POINTS``)."""

MAX_SPRITE_SIDE = 8192
"""Pixels in width and in height of the image that holds all thumbnails (``data-provider.ts``, ``MAX_SPRITE_IMAGE_SIZE_PX``)."""

MAX_TENSOR_BYTES = 512 * 2**20
"""Float32 bytes of a tensor that is shown without a long wait: a choice, not a wall.

``benchmarks/browser_limit.py`` saw 1.6 GB shown in Chromium too; the page then takes some 0.65 GB and twice the tensor,
TensorBoard as much again, and every view several times as long.
"""

MIN_DIMS = 3
"""Dimensions that the viewer's first view needs: with fewer, nothing is drawn."""

URL_BREAKERS = "&#+%"
"""The viewer builds its requests without encoding (``data-provider-server.ts``): names with these may fail."""


def request_breakers(name: str) -> tuple[str, ...]:
    """Return the characters of a run's or tensor's name that change the request in which the viewer asks for it.

    A ``%`` does so only before two hexadecimal digits; a browser drops tabs and line breaks from addresses.
    """
    found = [character for character in dict.fromkeys(name) if character in "&#+\t\n\r"]
    if re.search("%[0-9a-fA-F]{2}", name):
        found.append("%")
    return tuple(found)
