"""Pictures for the rows of a table: files, bytes, Pillow images, arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from os import PathLike, fspath

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue, Step
from projector_export.sources.images.decoding import bombs_are_errors
from projector_export.sources.images.given import match
from projector_export.sources.images.picture import Picture
from projector_export.sources.images.thumbnail import checked_size, thumbnail, usual_side
from projector_export.table import EmbeddingTable, Thumbnails
from projector_export.vectors import Progress

__all__ = ["attach"]

MOST_THREADS = 8


def attach(
    table: EmbeddingTable,
    images: object,
    *,
    base: str | PathLike[str] | None = None,
    size: int | tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return a table whose rows have thumbnails.

    Parameters
    ----------
    table
        Any table.
    images
        A folder of pictures; the name of a column that holds their paths; an array or tensor of shape ``(n, height, width)``,
        ``(n, height, width, channels)`` or ``(n, channels, height, width)``, uint8 or floating numbers from 0 to 1; or a list
        with, for each row, a path, the bytes of a file, a Pillow image, an array, or None.
    base
        Folder to which paths are relative and below which they stay; by default the current one, which paths in a list may
        leave.
    size
        Pixels of a thumbnail: its side, or ``(width, height)``, of which the viewer draws squares. By default 64, of many rows
        fewer: 32 from 1,200 rows, 25 for 100,000, so that all fit in the viewer's image of 8,192 x 8,192. Smaller pictures are
        enlarged by a whole factor.
    progress
        Called with pictures done and all rows.

    Returns
    -------
    EmbeddingTable
        The same rows with thumbnails: aspect kept, the rest transparent. A row without picture (None, or an empty cell) shows
        a small grey disc, and a note counts them.

    Raises
    ------
    InvalidInputError
        If there are more or fewer pictures than rows, one is damaged or leads out of the folder, or they do not fit.
    NotFoundError
        If there is no such folder, column or file.
    MissingExtraError
        If Pillow is needed and missing.

    Examples
    --------
    >>> table = EmbeddingTable.from_array(np.eye(4))
    >>> attach(table, np.zeros((4, 8, 8), np.uint8)).thumbnails.size
    (64, 64)
    """
    matched = match(table, images, base)
    cell = _size(matched.pictures, size, table)
    n_missing = sum(picture.content is None for picture in matched.pictures)
    if n_missing == table.n_rows:
        raise InvalidInputError(f"no row of table {table.name!r} has a picture: leave the pictures away, or give some")
    pixels = _decoded(matched.pictures, cell, progress)
    parameters: dict[str, JSONValue] = {
        "images": _told(images),
        "matched_by": matched.how,
        "size": list(cell),
        "n_without": n_missing,
    }
    notes = [matched.note] if matched.note else []
    if n_missing:
        notes.append(f"{n_missing:,} of {table.n_rows:,} rows have no picture and show a grey disc")
    history = table.provenance.then(Step("attach_images", parameters), *notes)
    return replace(table, thumbnails=Thumbnails(pixels), provenance=history)


def _size(pictures: Sequence[Picture], size: int | tuple[int, int] | None, table: EmbeddingTable) -> tuple[int, int]:
    if size is not None:
        return checked_size(size, table.n_rows)
    side = usual_side(table.n_rows, table.name)
    sides = {max(each.content.shape[:2]) if isinstance(each.content, np.ndarray) else 0 for each in pictures}
    if len(sides) == 1 and 0 < (own := sides.pop()) <= side:
        side -= side % own  # so that arrays of one size fill their thumbnails
    return side, side


def _decoded(pictures: Sequence[Picture], size: tuple[int, int], progress: Progress | None) -> npt.NDArray[np.uint8]:
    result = np.empty((len(pictures), size[1], size[0], 4), np.uint8)

    def fill(row: int) -> None:
        result[row] = thumbnail(pictures[row], size)

    needs_pillow = any(not isinstance(each.content, (np.ndarray, type(None))) for each in pictures)
    with (
        bombs_are_errors() if needs_pillow else nullcontext(),
        ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool,
    ):
        try:
            for row, _ in enumerate(pool.map(fill, range(len(pictures)))):
                if progress:
                    progress(row + 1, len(pictures))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    result.flags.writeable = False
    return result


def _told(images: object) -> str:
    if isinstance(images, (str, PathLike)):
        return fspath(images)
    kind = type(images)
    return f"{kind.__module__}.{kind.__qualname__}"
