"""Trustworthiness, continuity, neighbour recall and triplet accuracy of every layout, from sampled rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable, Figure, Layout, Quality
from projector_export.transforms.neighbours import Progress, check_neighbours
from projector_export.transforms.neighbours.rows import prepare
from projector_export.transforms.quality.anchors import Anchors, draw, squared_distances
from projector_export.transforms.quality.ranks import figures_of, neighbourhood, squared_in_picture
from projector_export.vectors import Float32Array

__all__ = ["measure", "require_measurable"]

AnchorFigures: TypeAlias = npt.NDArray[np.float64]

MIN_ROWS = 4
"""Fewer rows have no neighbourhood below half their number."""

DISTANCE_BYTES = 64 * 2**20
"""Bytes of one block of distances from anchors to all rows."""


def measure(
    table: EmbeddingTable,
    *,
    n_neighbors: int = 15,
    n_anchors: int = 2000,
    metric: str = "cosine",
    seed: int = 0,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with the quality of each layout that has none yet.

    Parameters
    ----------
    table
        Finite rows, at least 4.
    n_neighbors
        Size of the neighbourhoods; made smaller, and told, where it is not below half the number of rows.
    n_anchors
        Rows, drawn without replacement, on which the layouts are measured, each against all rows; all rows where there are
        no more.
    metric
        Distance between vectors, one of :data:`~projector_export.table.METRICS`; in the picture it is Euclidean.
    seed
        Of the anchors and triplets.
    progress
        Called with the name of the stage, anchors done and all anchors.

    Raises
    ------
    InvalidInputError
        If there are fewer than 4 rows, or the rows have no neighbours (see
        :func:`~projector_export.transforms.neighbours.check_neighbours`).

    Notes
    -----
    Trustworthiness and continuity are those of Venna and Kaski (ICANN 2001; Neural Networks 19, 2006, equations 1 and 2),
    ``1 - 2 / (n k (2n - 3k - 1)) * sum_i sum_j max(0, r(i, j) - k)``. The sum over i is estimated from the anchors, which is
    unbiased, and equals :func:`sklearn.manifold.trustworthiness` where all rows are anchors. Among equal distances each row
    has the lowest of their ranks (scikit-learn's order is then arbitrary), and those of lower row number are the neighbours.

    The standard error is that of the mean over anchors with the finite-population correction ``sqrt(1 - n_anchors /
    n_rows)``: 0 where all rows are anchors. Triplets are always a sample (5 an anchor): their standard error has no such
    correction.

    Distances and ranks between vectors are computed once for all layouts. Memory: the rows once as float32 and two blocks.
    """
    layouts = [layout for layout in table.layouts if layout.quality is None]
    if not layouts:
        return table
    k = _neighbourhood_size(table, n_neighbors, n_anchors)
    check_neighbours(table, k, metric)
    anchors = draw(table.n_rows, min(n_anchors, table.n_rows), seed)
    values = _anchor_figures(prepare(table.vectors, metric).rows, layouts, anchors, k, progress)
    found = {layout.name: _quality(values[:, place], table.n_rows, k, metric) for place, layout in enumerate(layouts)}
    measured = tuple(replace(item, quality=found.get(item.name, item.quality)) for item in table.layouts)
    step = Step(
        "quality",
        {"n_neighbors": k, "n_anchors": len(anchors.rows), "metric": metric, "seed": seed, "layouts": [*found]},
    )
    notes = (
        []
        if k == n_neighbors
        else [
            f"the layouts were measured on {k} neighbours instead of {n_neighbors}: there are only {table.n_rows:,} rows"
        ]
    )
    return replace(table, layouts=measured, provenance=table.provenance.then(step, *notes))


def require_measurable(table: EmbeddingTable) -> None:
    """Raise InvalidInputError if the table has too few rows for any layout of it to be measured."""
    if table.n_rows < MIN_ROWS:
        raise InvalidInputError(
            f"a layout of {table.n_rows} rows cannot be measured: table {table.name!r} needs at least {MIN_ROWS} rows"
        )


def _neighbourhood_size(table: EmbeddingTable, n_neighbors: int, n_anchors: int) -> int:
    require_measurable(table)
    for name, value, least in (("n_neighbors", n_neighbors, 1), ("n_anchors", n_anchors, 2)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InvalidInputError(f"{name} is a whole number from {least}, not {value!r}")
    return min(int(n_neighbors), (table.n_rows - 1) // 2)


def _anchor_figures(
    rows: Float32Array, layouts: list[Layout], anchors: Anchors, k: int, progress: Progress | None
) -> AnchorFigures:
    """Return the figures of each anchor and layout, shape ``(n_anchors, n_layouts, 4)``."""
    pictures = [np.ascontiguousarray(layout.coordinates.T) for layout in layouts]
    n_anchors = len(anchors.rows)
    step = max(1, DISTANCE_BYTES // (4 * len(rows)))
    found: list[AnchorFigures] = []
    with ThreadPoolExecutor() as threads:
        for start in range(0, n_anchors, step):
            part = slice(start, min(start + step, n_anchors))
            squared = squared_distances(rows, anchors.rows[part])
            tasks = (squared, anchors.rows[part].tolist(), anchors.triplets[part])
            found += threads.map(partial(_of_anchor, pictures, k), *tasks)
            if progress:
                progress("quality", part.stop, n_anchors)
    return np.stack(found)


def _of_anchor(
    pictures: list[Float32Array], k: int, squared: Float32Array, anchor: int, triplets: npt.NDArray[np.int64]
) -> AnchorFigures:
    truth = neighbourhood(squared, k)
    seen = (neighbourhood(squared_in_picture(axes, anchor), k) for axes in pictures)
    return np.array([figures_of(truth, picture, triplets) for picture in seen])


def _quality(values: AnchorFigures, n_rows: int, k: int, metric: str) -> Quality:
    """Return means over anchors; values of shape ``(n_anchors, 4)``."""
    n_anchors = len(values)
    sampled = np.sqrt(1 - n_anchors / n_rows)
    errors = values.std(axis=0, ddof=1) / np.sqrt(n_anchors) * np.array([sampled, sampled, sampled, 1.0])
    figures = [Figure(float(value), float(error)) for value, error in zip(values.mean(axis=0), errors, strict=True)]
    trustworthiness, continuity, recall, triplets = figures
    return Quality(trustworthiness, continuity, recall, triplets, k, n_anchors, metric)
