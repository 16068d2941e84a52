"""Pairwise controlled manifold approximation, from neighbours that are found once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from projector_export import optional, vectors
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.distances import comparable
from projector_export.transforms.layouts.numba_threads import kept_numba_threads
from projector_export.transforms.layouts.parameter import Range
from projector_export.transforms.layouts.picture import library, with_picture
from projector_export.transforms.layouts.recipe import DEFAULT_SETTING, Progress, Recipe, Setting, stage
from projector_export.transforms.layouts.requirements import neighbours_of, require_neighbours
from projector_export.transforms.layouts.start import prepared, starting_points
from projector_export.transforms.moments import principal_axes
from projector_export.vectors import Float32Array, blocks_of

__all__ = ["Pacmap", "pacmap"]

N_EXTRA = 50
"""Neighbours beyond ``n_neighbors`` among which the nearest by scaled distance are chosen (``pacmap.generate_pair``)."""

MOST_DIMENSIONS = 100
"""Principal components in which mid-near pairs are compared, as with the package's ``apply_pca=True``."""


@dataclass(frozen=True)
class Pacmap(Recipe):
    """Parameters of PaCMAP; meanings and defaults are the package's.

    Parameters
    ----------
    n_components
        2 or 3.
    n_neighbors
        Near pairs of each row.
    mn_ratio, fp_ratio
        Mid-near and further pairs for each near one.
    n_iter
        Iterations of the last stage, after two of 100 each.
    learning_rate
        Step size of the Adam optimiser.
    """

    n_neighbors: Annotated[int, Range(2, 1000)] = 10
    mn_ratio: Annotated[float, Range(0.1, 10)] = 0.5
    fp_ratio: Annotated[float, Range(0.5, 20)] = 2.0
    n_iter: Annotated[int, Range(1, 100_000)] = 250
    learning_rate: Annotated[float, Range(0.001, 100)] = 1.0

    method: ClassVar[str] = "pacmap"
    packages: ClassVar[tuple[str, ...]] = ("pacmap",)

    @property
    def k(self) -> int:
        """Neighbours that it needs: 50 more than ``n_neighbors``, where there are so many rows."""
        return self.n_neighbors + N_EXTRA

    @property
    def n_pairs(self) -> int:
        """All pairs of a row."""
        return self.n_neighbors + round(self.n_neighbors * self.mn_ratio) + round(self.n_neighbors * self.fp_ratio)

    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError if there are too few rows for the pairs, or the rows have no neighbours."""
        needed = max(self.n_pairs + 1, round(self.n_neighbors * self.mn_ratio) + 8, 12)
        if table.n_rows < needed:
            fitting = int((table.n_rows - 2) / (1 + self.mn_ratio + self.fp_ratio))
            raise InvalidInputError(
                f"pacmap with n_neighbors={self.n_neighbors} needs at least {needed:,} rows, and table {table.name!r} has "
                f"{table.n_rows:,}"
                + (f": give n_neighbors={fitting} or less" if 2 <= fitting < self.n_neighbors else "")
            )
        require_neighbours(table, min(self.k, table.n_rows - 1), setting.metric)


_DEFAULT = Pacmap()


def pacmap(
    table: EmbeddingTable,
    recipe: Pacmap = _DEFAULT,
    *,
    setting: Setting = DEFAULT_SETTING,
    start: Float32Array | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with a PaCMAP layout.

    Parameters
    ----------
    table
        Finite vectors; its ``neighbours`` and ``components`` are used, or computed and kept.
    recipe
        Parameters.
    setting
        Metric and seed.
    start
        Earlier layout of these rows, shape ``(n_rows, n_components)``, NaN where it has none: the picture starts from it,
        shrunk, and is laid onto it.
    progress
        Called with a stage, how much of it is done and how much there is.

    Raises
    ------
    InvalidInputError
        If there are too few rows, or ``start`` does not fit.
    MissingExtraError
        If pacmap is not installed.

    Notes
    -----
    Wang, Huang, Rudin, Shaposhnik 2021, *JMLR* 22, by the package pacmap, which gets its near pairs from the exact
    neighbours and compares mid-near pairs on at most 100 principal components (of unit rows under cosine).
    """
    with optional.required_for("layout pacmap"):
        import_module("pacmap")
    table = prepared(table, recipe, setting, start, progress)
    coordinates = _optimized(table, recipe, setting, start, progress)
    found: dict[str, JSONValue] = {"metric": setting.metric, "seed": setting.seed, "library": library("pacmap")}
    return with_picture(table, recipe, coordinates, found, start)


def _optimized(
    table: EmbeddingTable, recipe: Pacmap, setting: Setting, start: Float32Array | None, progress: Progress | None
) -> npt.NDArray[np.floating]:
    from pacmap import PaCMAP

    if progress:
        progress("pacmap pairs", 0, 0)
    n_iters = (100, 100, recipe.n_iter)
    pairs = _near_pairs(table, recipe, min(recipe.k, table.n_rows - 1))
    first = starting_points(table, recipe.n_components, start, setting.seed)
    compared = _compared(table, setting, recipe.n_components)
    with kept_numba_threads(), _silent():
        model = PaCMAP(
            n_components=recipe.n_components,
            n_neighbors=recipe.n_neighbors,
            MN_ratio=recipe.mn_ratio,
            FP_ratio=recipe.fp_ratio,
            pair_neighbors=pairs,
            lr=recipe.learning_rate,
            num_iters=n_iters,
            random_state=_small_seed(setting.seed),
            intermediate=progress is not None,
            intermediate_snapshots=_Iterations(stage(progress, "pacmap"), sum(n_iters)),
        )
        model.fit(compared, init=first.astype(np.float32))
    return np.asarray(model.embedding_)


def _near_pairs(table: EmbeddingTable, recipe: Pacmap, k: int) -> npt.NDArray[np.int32]:
    """Return the pairs of each row with its nearest by scaled distance (Wang et al. 2021, section 4), as the package does."""
    near = neighbours_of(table).first(k)
    squared = near.distances.astype(np.float64)
    if near.metric == "euclidean":
        squared **= 2  # under cosine the distance is half the squared distance of unit rows: the factor cancels
    widths = np.maximum(np.sqrt(squared[:, 3:6]).mean(axis=1), 1e-10)
    scaled = squared / widths[:, None] / widths[near.indices]
    order = np.argsort(scaled, axis=1, kind="stable")[:, : recipe.n_neighbors]
    chosen = np.take_along_axis(near.indices, order, axis=1)
    rows = np.repeat(np.arange(table.n_rows, dtype=np.int32), recipe.n_neighbors)
    return np.ascontiguousarray(np.stack([rows, chosen.ravel()], axis=1), dtype=np.int32)


def _compared(table: EmbeddingTable, setting: Setting, at_least: int) -> Float32Array:
    """Return the rows in which mid-near pairs are compared: at most 100 dimensions, and as many as the picture has."""
    rows = comparable(table.vectors, setting.metric)
    n_dims = min(table.n_dims, MOST_DIMENSIONS)
    result = np.zeros((table.n_rows, max(n_dims, at_least)), dtype=np.float32)
    axes = principal_axes(rows, n_dims)
    for first, block in blocks_of(rows):
        result[first : first + len(block), :n_dims] = (block - axes.mean) @ axes.components.T
    return result


def _small_seed(seed: int) -> int:
    """Return 30 bits: the package adds row numbers to its seed and needs 32 bits with a sign."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) >> 2


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the package from logging that it was given a seed or a third dimension."""
    logger = logging.getLogger("pacmap.pacmap")

    def drop(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


class _Iterations:
    """Takes the place of a list of snapshots: asked after each iteration for the next one, it counts and names none."""

    def __init__(self, report: vectors.Progress | None, total: int) -> None:
        self.report = report
        self.total = total
        self.done = -1  # asked once before the first iteration

    def __len__(self) -> int:
        return 1

    def __getitem__(self, _: int) -> int:
        self.done += 1
        if self.report and (self.done % 5 == 0 or self.done == self.total):
            self.report(self.done, self.total)
        return 0 if self.done == 0 else -1  # the first one is the start, which the package would look for anyway
