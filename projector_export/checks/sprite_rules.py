"""Rules on a sprite: the one image that holds every row's thumbnail.

Readers: ``data-provider.ts`` (``MAX_SPRITE_IMAGE_SIZE_PX``), ``scatterPlotVisualizerSprites.ts`` (its shader finds a cell
rightly only where the grid has as many rows as columns).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from projector_export.checks.asset_path import read_head
from projector_export.checks.finding import Finding, fault
from projector_export.checks.image_size import image_size
from projector_export.checks.scene import TensorScene

__all__ = ["sprite_findings"]

LARGEST_SIDE = 8192
HEAD_BYTES = 2**20


def sprite_findings(scene: TensorScene, path: Path, n_rows: int | None) -> Iterator[Finding]:
    """Find sprites that keep the page loading for ever or show the wrong images."""
    where = scene.where(scene.info.sprite_path)
    size = image_size(read_head(path, HEAD_BYTES) or b"")
    if size is None:
        yield fault(
            "sprite-unreadable",
            where,
            "It is no PNG, JPEG, GIF, BMP or WebP image, and while a browser cannot decode the sprite nothing is shown.",
            "Save it as PNG.",
        )
        return
    width, height = size
    if max(size) > LARGEST_SIDE:
        yield fault(
            "sprite-too-large",
            where,
            f"It is {width:,} x {height:,} pixels, more than {LARGEST_SIDE:,}: nothing is shown, the page keeps loading.",
            f"Make the thumbnails smaller, so that neither side is above {LARGEST_SIDE:,}.",
        )
    cell = scene.info.sprite_size
    if len(cell) != 2 or min(cell) < 1:
        yield fault(
            "sprite-without-cell-size",
            where,
            f"single_image_dim is {list(cell)}, so the viewer does not know the size of one thumbnail.",
            "Write single_image_dim: WIDTH single_image_dim: HEIGHT.",
        )
    else:
        yield from _grid_findings(where, size, (cell[0], cell[1]), n_rows)


def _grid_findings(where: str, size: tuple[int, int], cell: tuple[int, int], n_rows: int | None) -> Iterator[Finding]:
    if size[0] % cell[0] or size[1] % cell[1]:
        yield fault(
            "sprite-cell-size",
            where,
            f"{size[0]:,} x {size[1]:,} pixels cannot be divided into thumbnails of {cell[0]} x {cell[1]}: images "
            "are cut at the wrong places.",
            "Correct single_image_dim, or pad the sprite.",
        )
        return
    n_columns, n_lines = size[0] // cell[0], size[1] // cell[1]
    if n_columns != n_lines:
        side = max(n_columns, n_lines)
        yield fault(
            "sprite-not-square",
            where,
            f"It has {n_columns} columns and {n_lines} lines of thumbnails, and the viewer finds the right one only where "
            "the two are equal.",
            f"Pad the sprite to {side} x {side} thumbnails ({side * cell[0]:,} x {side * cell[1]:,} pixels).",
        )
    elif n_rows is not None and n_columns * n_lines < n_rows:
        yield fault(
            "sprite-too-few-cells",
            where,
            f"It has room for {n_columns * n_lines:,} thumbnails, and the tensor has {n_rows:,} rows: the last ones get none.",
            "Make one thumbnail for each row, in a square grid.",
        )
