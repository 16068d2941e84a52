"""Multidimensional scaling: the distances of all pairs, not only those of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, ClassVar, Literal

import numpy as np

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.distances import comparable, distances, rows_at
from projector_export.transforms.layouts.parameter import Range
from projector_export.transforms.layouts.picture import library, with_picture
from projector_export.transforms.layouts.recipe import DEFAULT_SETTING, Progress, Recipe, Setting, stage
from projector_export.transforms.layouts.requirements import require_neighbours, require_rows
from projector_export.transforms.layouts.scaling import classical, landmark_map, smacof_from, stress
from projector_export.transforms.layouts.start import Float64Array, check_start, starting_points
from projector_export.vectors import Float32Array, Vectors

__all__ = ["Mds", "mds"]

SMACOF_ROWS, CLASSICAL_ROWS = 2_000, 6_000
"""Rows up to which ``variant="auto"`` takes these."""

MOST_ROWS = {"smacof": 5_000, "classical": 12_000}
"""Rows up to which a variant can be asked for: it holds all pairs in memory, some of them several times."""

N_SAMPLED = 1_000
"""Rows between which the stress is measured."""


@dataclass(frozen=True)
class Mds(Recipe):
    """Parameters of multidimensional scaling.

    Parameters
    ----------
    n_components
        2 or 3.
    variant
        ``"smacof"`` (metric, by scikit-learn, at most 5,000 rows), ``"classical"`` (Torgerson, at most 12,000),
        ``"landmark"`` (any number of rows), or ``"auto"`` by the number of rows: SMACOF up to 2,000, classical up to 6,000,
        landmarks beyond.
    n_landmarks
        Rows whose distances to all others place those, for ``"landmark"``.
    n_iter
        Iterations at most, for ``"smacof"``.
    """

    variant: Literal["auto", "smacof", "classical", "landmark"] = "auto"
    n_landmarks: Annotated[int, Range(4, 5000)] = 500
    n_iter: Annotated[int, Range(1, 100_000)] = 300

    method: ClassVar[str] = "mds"
    packages: ClassVar[tuple[str, ...]] = ("sklearn",)

    def chosen(self, n_rows: int) -> str:
        """Return the variant that this number of rows gets."""
        if self.variant != "auto":
            return self.variant
        if n_rows <= SMACOF_ROWS:
            return "smacof"
        return "classical" if n_rows <= CLASSICAL_ROWS else "landmark"

    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError if there are too few or too many rows, or no distances."""
        require_rows(table, self.n_components + 2, f"mds in {self.n_components} dimensions")
        chosen = self.chosen(table.n_rows)
        if chosen == "landmark":
            require_rows(
                table, self.n_landmarks, f"mds with n_landmarks={self.n_landmarks}", "give fewer, or variant=classical"
            )
        elif table.n_rows > MOST_ROWS[chosen]:
            raise InvalidInputError(
                f"mds with variant={chosen} holds all pairs in memory, at most of {MOST_ROWS[chosen]:,} rows, and table "
                f"{table.name!r} has {table.n_rows:,}: give variant=landmark"
            )
        require_neighbours(table, 1, setting.metric)


_DEFAULT = Mds()


def mds(
    table: EmbeddingTable,
    recipe: Mds = _DEFAULT,
    *,
    setting: Setting = DEFAULT_SETTING,
    start: Float32Array | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with a layout by multidimensional scaling; a note tells which variant it got.

    Parameters
    ----------
    table
        Finite vectors.
    recipe
        Parameters.
    setting
        Metric, and the seed of the landmarks and of the sample on which the stress is measured.
    start
        Earlier layout of these rows, shape ``(n_rows, n_components)``, NaN where it has none: SMACOF starts from it, and every
        variant is laid onto it.
    progress
        Called with a stage, how much of it is done and how much there is.

    Raises
    ------
    InvalidInputError
        If there are too few or too many rows, the rows have no distances, or ``start`` does not fit.
    MissingExtraError
        If SMACOF is wanted and scikit-learn is not installed.

    Notes
    -----
    SMACOF: de Leeuw 1977, from the classical solution. Classical: Torgerson 1952, the largest eigenvectors of the
    double-centred squared distances. Landmarks: de Silva and Tenenbaum 2004, *Sparse multidimensional scaling using landmark
    points*, with landmarks drawn at random; only distances to them are computed, block by block, so that memory holds
    ``n_landmarks`` vectors and the picture. Under the Euclidean metric the classical solution is that of ``pca``. The
    parameters keep the normalised stress ``sqrt(sum((d - delta)**2) / sum(delta**2))`` between at most 1,000 sampled rows.
    """
    recipe.check(table, setting)
    chosen = recipe.chosen(table.n_rows)
    if chosen == "smacof":
        with optional.required_for("layout mds"):
            import_module("sklearn")
    if start is not None:
        check_start(table, recipe.n_components, start)
    vectors = comparable(table.vectors, setting.metric)
    if chosen == "landmark":
        coordinates = _by_landmarks(vectors, recipe, setting, progress)
    else:
        coordinates = _by_all_pairs(table, vectors, recipe, setting, start, progress)
    found: dict[str, JSONValue] = {
        "variant": chosen,
        "metric": setting.metric,
        "seed": setting.seed,
        "stress": _sampled_stress(vectors, coordinates, setting),
    }
    if chosen == "smacof":
        found["library"] = library("scikit-learn")
    return with_picture(table, recipe, coordinates, found, start, *_notes(recipe, chosen, table.n_rows))


def _notes(recipe: Mds, chosen: str, n_rows: int) -> tuple[str, ...]:
    if recipe.variant != "auto":
        return ()
    ways = {
        "smacof": "metric MDS (SMACOF)",
        "classical": "classical MDS, because SMACOF would take too long",
        "landmark": f"landmark MDS from {recipe.n_landmarks:,} rows, because all pairs do not fit in memory",
    }
    return (f"mds of {n_rows:,} rows is {ways[chosen]}",)


def _by_all_pairs(
    table: EmbeddingTable,
    vectors: Vectors,
    recipe: Mds,
    setting: Setting,
    start: Float32Array | None,
    progress: Progress | None,
) -> Float64Array:
    if progress:
        progress("mds distances", 0, 0)
    rows = vectors.read(0, table.n_rows).astype(np.float64)
    rows -= rows.mean(axis=0)
    pairs = distances(rows, rows, setting.metric)
    np.fill_diagonal(pairs, 0)
    if recipe.chosen(table.n_rows) == "classical":
        return classical(pairs, recipe.n_components)
    if start is None:
        first = classical(pairs, recipe.n_components)
    else:
        first = starting_points(table, recipe.n_components, start, setting.seed)
        first *= float(np.sqrt((pairs**2).mean() / (2 * first.var(axis=0).sum())))
    return smacof_from(first, pairs, recipe.n_iter, stage(progress, "mds"))


def _by_landmarks(vectors: Vectors, recipe: Mds, setting: Setting, progress: Progress | None) -> Float64Array:
    n_rows = vectors.shape[0]
    chosen = np.random.default_rng(setting.seed).choice(n_rows, recipe.n_landmarks, replace=False)
    landmarks = rows_at(vectors, np.sort(chosen))
    centre = landmarks.mean(axis=0)
    landmarks -= centre
    place = landmark_map(distances(landmarks, landmarks, setting.metric), recipe.n_components)
    coordinates = np.empty((n_rows, recipe.n_components))
    report = stage(progress, "mds by landmarks")
    step = max(1, 8 * 2**20 // (8 * (recipe.n_landmarks + vectors.shape[1])))
    for first in range(0, n_rows, step):
        block = vectors.read(first, min(first + step, n_rows)) - centre
        coordinates[first : first + len(block)] = place(distances(block, landmarks, setting.metric))
        if report:
            report(first + len(block), n_rows)
    return coordinates


def _sampled_stress(vectors: Vectors, coordinates: Float64Array, setting: Setting) -> float:
    n_rows = vectors.shape[0]
    sample = np.random.default_rng(setting.seed).choice(n_rows, min(N_SAMPLED, n_rows), replace=False)
    sample.sort()
    rows = rows_at(vectors, sample)
    rows -= rows.mean(axis=0)
    return round(stress(coordinates[sample], distances(rows, rows, setting.metric)), 6)
