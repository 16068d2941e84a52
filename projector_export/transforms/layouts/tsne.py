"""t-distributed stochastic neighbour embedding, from neighbours that are found once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar

import numpy as np

from projector_export import optional, vectors
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.parameter import Range
from projector_export.transforms.layouts.picture import library, with_picture
from projector_export.transforms.layouts.recipe import DEFAULT_SETTING, Progress, Recipe, Setting, stage
from projector_export.transforms.layouts.requirements import neighbours_of, require_neighbours, require_rows
from projector_export.transforms.layouts.start import Float64Array, prepared, starting_points
from projector_export.transforms.layouts.tsne_gradient import GridGradient
from projector_export.vectors import Float32Array

__all__ = ["Tsne", "tsne"]

START_DEVIATION = 1e-4
"""Standard deviation of the start's widest axis (Kobak and Berens 2019, and openTSNE's default)."""

GRID_ROWS = 1_000
"""Rows from which on a grid is faster than a tree, measured."""

MOMENTUM = 0.8
"""Share of the last step that the next one keeps; openTSNE's default throughout."""

REPORT_EVERY = {"grid": 25, "tree": 5}
"""Iterations between two reports: openTSNE computes the divergence for each, three times the work of a grid's iteration."""


@dataclass(frozen=True)
class Tsne(Recipe):
    """Parameters of t-SNE; names, meanings and defaults are openTSNE's.

    Parameters
    ----------
    n_components
        2, or 3, which takes many times longer, because only the tree can do it: four minutes for 30,000 rows on two cores.
    perplexity
        About how many neighbours each row attends to; three times as many are looked at.
    n_iter
        Iterations after the early ones.
    early_exaggeration_iter, early_exaggeration
        First iterations, and by how much attraction is exaggerated in them.
    exaggeration
        The same afterwards; above 1 for tighter clusters.
    dof
        Degrees of freedom of the kernel in the picture; below 1 for finer clusters.
    """

    perplexity: Annotated[float, Range(1, 10_000)] = 30.0
    n_iter: Annotated[int, Range(1, 100_000)] = 500
    early_exaggeration_iter: Annotated[int, Range(0, 100_000)] = 250
    early_exaggeration: Annotated[float, Range(1, 1000)] = 12.0
    exaggeration: Annotated[float, Range(1, 1000)] = 1.0
    dof: Annotated[float, Range(0.1, 100)] = 1.0

    method: ClassVar[str] = "tsne"
    packages: ClassVar[tuple[str, ...]] = ("openTSNE",)

    @property
    def k(self) -> int:
        """Neighbours that it needs: three times the perplexity."""
        return int(3 * self.perplexity)

    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError if the perplexity is too large for the rows, or they have no neighbours."""
        require_rows(table, 5, "tsne")
        if 3 * self.perplexity > table.n_rows - 1:
            raise InvalidInputError(
                f"tsne: perplexity={self.perplexity:g} looks at {self.k:,} neighbours, and the {table.n_rows:,} rows of "
                f"table {table.name!r} have {table.n_rows - 1:,}: give perplexity={(table.n_rows - 1) // 3} or less"
            )
        require_neighbours(table, self.k, setting.metric)


_DEFAULT = Tsne()


def tsne(
    table: EmbeddingTable,
    recipe: Tsne = _DEFAULT,
    *,
    setting: Setting = DEFAULT_SETTING,
    start: Float32Array | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with a t-SNE layout.

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
        If the perplexity is too large for the rows, or ``start`` does not fit.
    MissingExtraError
        If openTSNE is not installed.

    Notes
    -----
    Van der Maaten and Hinton 2008, by openTSNE: perplexity from the given neighbours, PCA start, learning rate ``n_rows /
    exaggeration`` (Belkina et al. 2019). Each thread writes the rows that it computes, so that the coordinates do not depend
    on the number of threads.

    A flat picture of 1,000 rows or more takes its repulsion from
    :class:`~projector_export.transforms.layouts.repulsion.GridRepulsion`, whose forces on 30,522 word vectors are off by
    2 % where openTSNE's own grid is off by 4 %, late iterations in a third of its time. In three dimensions there is only
    the tree of Barnes and Hut: minutes where the flat picture takes seconds, which is why its stage says so.
    """
    with optional.required_for("layout tsne"):
        import_module("openTSNE")
    table = prepared(table, recipe, setting, start, progress)
    points = starting_points(table, recipe.n_components, start, setting.seed)
    coordinates, divergence = _optimized(table, recipe, points * START_DEVIATION, progress)
    found: dict[str, JSONValue] = {
        "metric": setting.metric,
        "seed": setting.seed,
        "kl_divergence": round(divergence, 6),
        "library": library("openTSNE"),
    }
    return with_picture(table, recipe, coordinates, found, start)


def _optimized(
    table: EmbeddingTable, recipe: Tsne, points: Float64Array, progress: Progress | None
) -> tuple[Float64Array, float]:
    from openTSNE import TSNEEmbedding

    flat = recipe.n_components == 2
    workers = 1 if table.n_rows < GRID_ROWS else os.cpu_count() or 1  # threads that wait cost more than they bring
    on_grid = flat and table.n_rows >= GRID_ROWS
    embedding = TSNEEmbedding(
        points,
        _affinities(table, recipe, workers, progress),
        dof=recipe.dof,
        n_jobs=workers,
        negative_gradient_method=GridGradient(recipe.dof, workers) if on_grid else "bh",
        momentum=MOMENTUM,
    )
    stages = (
        (recipe.early_exaggeration_iter, recipe.early_exaggeration),
        (recipe.n_iter, recipe.exaggeration),
    )
    counter = _Counter(
        stage(progress, "tsne" if flat else "tsne in 3-D, slowly"),
        sum(n_iter for n_iter, _ in stages),
        REPORT_EVERY["grid" if on_grid else "tree"],
    )
    for n_iter, exaggeration in stages:
        embedding.optimize(n_iter, inplace=True, exaggeration=exaggeration, **counter.callbacks())
        counter.finish(n_iter)
    return np.array(embedding, dtype=np.float64), float(embedding.kl_divergence)


@dataclass
class _Counter:
    """Counts iterations over several calls of the optimiser."""

    report: vectors.Progress | None
    total: int
    every: int
    before: int = 0

    def callbacks(self) -> dict[str, Any]:
        """Return the optimiser's parameters that let it report."""
        if self.report is None:
            return {}
        return {"callbacks": self._tell, "callbacks_every_iters": self.every}

    def _tell(self, iteration: int, _error: float, _embedding: object) -> None:
        if self.report:
            self.report(self.before + iteration, self.total)

    def finish(self, n_iter: int) -> None:
        """Count iterations that are done."""
        self.before += n_iter
        if self.report:
            self.report(self.before, self.total)


def _affinities(table: EmbeddingTable, recipe: Tsne, workers: int, progress: Progress | None) -> object:
    """Return the similarities that the picture is to show, from cosine or Euclidean distances as openTSNE takes them."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    if progress:
        progress("tsne affinities", 0, 0)
    near = neighbours_of(table).first(recipe.k)
    given = PrecomputedNeighbors(near.indices.astype(np.int64), near.distances.astype(np.float64))
    return PerplexityBasedNN(knn_index=given, perplexity=recipe.perplexity, n_jobs=workers)
