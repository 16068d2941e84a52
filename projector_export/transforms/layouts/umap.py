"""Uniform manifold approximation and projection, from neighbours that are found once."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.layouts.components import principal_coordinates
from projector_export.transforms.layouts.epoch_sink import BAR, EpochSink
from projector_export.transforms.layouts.numba_threads import kept_numba_threads
from projector_export.transforms.layouts.parameter import Range
from projector_export.transforms.layouts.picture import library, with_picture
from projector_export.transforms.layouts.recipe import DEFAULT_SETTING, Progress, Recipe, Setting, stage
from projector_export.transforms.layouts.requirements import neighbours_of, require_neighbours, require_rows
from projector_export.transforms.layouts.start import prepared, starting_points
from projector_export.transforms.layouts.umap_import import umap_class
from projector_export.vectors import Float32Array

__all__ = ["Umap", "umap"]

LARGE_ROWS, LARGE_EPOCHS = 10_000, 150
"""From more rows on fewer epochs are enough."""

LEARNING_RATE, GENTLE_LEARNING_RATE = 1.0, 0.1
"""First step size; the smaller one where it begins with an earlier layout, which the other would sweep away."""


@dataclass(frozen=True)
class Umap(Recipe):
    """Parameters of UMAP; names, meanings and defaults are umap-learn's, but for the start, the epochs and the pushes.

    Parameters
    ----------
    n_components
        2 or 3.
    n_neighbors
        Size of the neighbourhood, the row itself counted, as umap-learn does.
    min_dist, spread
        How tightly points may be packed, and how far apart clusters lie; ``min_dist`` is at most ``spread``.
    n_epochs
        None for 500 up to 10,000 rows, as umap-learn has it, and 150 beyond, where it has 200.
    init
        ``"pca"``, or ``"spectral"`` as umap-learn does: slower, and not to be had where the graph falls into many pieces.
    target
        Name of a column by which to supervise: rows with the same text, or with near numbers, are drawn together. A
        missing text is a row that nobody labelled.
    target_weight
        0 for the vectors alone, up to 0.95 for hardly anything but the target.
    negative_sample_rate
        Rows pushed away for each row pulled near; 8, where umap-learn has 5.
    repulsion_strength
        Weight of those pushes.
    learning_rate
        First step size; None for 1, as umap-learn has it, and 0.1 where it begins with an earlier layout: rows move half as
        far from there, and trustworthiness stays the same.
    """

    n_neighbors: Annotated[int, Range(2, 1000)] = 15
    min_dist: Annotated[float, Range(0, 100)] = 0.1
    spread: Annotated[float, Range(0.01, 100)] = 1.0
    n_epochs: Annotated[int, Range(1, 100_000)] | None = None
    init: Literal["pca", "spectral"] = "pca"
    target: str | None = None
    target_weight: Annotated[float, Range(0, 0.95)] = 0.5
    negative_sample_rate: Annotated[int, Range(1, 100)] = 8
    repulsion_strength: Annotated[float, Range(0, 100)] = 1.0
    learning_rate: Annotated[float, Range(0.001, 100)] | None = None

    method: ClassVar[str] = "umap"
    packages: ClassVar[tuple[str, ...]] = ("umap",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_dist > self.spread:
            raise InvalidInputError(
                f"umap: min_dist has to be at most spread, not {self.min_dist:g} with spread={self.spread:g}"
            )

    @property
    def k(self) -> int:
        """Neighbours that it needs: ``n_neighbors - 1``, because umap-learn counts the row itself."""
        return self.n_neighbors - 1

    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError if there are too few rows, no neighbours, or the target does not fit."""
        require_rows(
            table,
            max(self.n_neighbors, self.n_components + 1) + 1,
            f"umap with n_neighbors={self.n_neighbors}",
            f"give n_neighbors={table.n_rows - 1} or less" if table.n_rows > self.n_components + 2 else "",
        )
        if self.target is not None:
            _target(table.column(self.target))
        require_neighbours(table, self.k, setting.metric)


_DEFAULT = Umap()


def umap(
    table: EmbeddingTable,
    recipe: Umap = _DEFAULT,
    *,
    setting: Setting = DEFAULT_SETTING,
    start: Float32Array | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with a UMAP layout.

    Parameters
    ----------
    table
        Finite vectors; its ``neighbours`` and ``components`` are used, or computed and kept.
    recipe
        Parameters.
    setting
        Metric and seed.
    start
        Earlier layout of these rows, shape ``(n_rows, n_components)``, NaN where it has none: the picture starts from it and
        is laid onto it.
    progress
        Called with a stage, how much of it is done and how much there is.

    Raises
    ------
    InvalidInputError
        If there are too few rows, the target column does not fit, or ``start`` does not.
    MissingExtraError
        If umap-learn is not installed.

    Notes
    -----
    McInnes, Healy, Melville 2018, by umap-learn (``umap_.py``). Its optimisation runs in one thread when it is seeded, so
    that two runs agree to the last bit; what is found in parallel are the neighbours. It gets the principal components in
    place of the vectors: with neighbours given it reads them only to count rows and, for the spectral start, to tell where
    the pieces of a graph that is not connected lie to each other.

    With exact neighbours, which have more hubs than the approximate ones of umap-learn, 5 pushes a pull leave trustworthiness
    behind: on 30,522 word vectors 0.890 in 3-D, and 0.903 with 8 in three quarters of the epochs, which take as long
    (standard errors 0.003).
    """
    with optional.required_for("layout umap"):
        umap_class()
    table = prepared(table, recipe, setting, start, progress)
    coordinates = _optimized(table, recipe, setting, start, progress)
    found: dict[str, JSONValue] = {"metric": setting.metric, "seed": setting.seed, "library": library("umap-learn")}
    if start is not None:
        found["learning_rate"] = _learning_rate(recipe, start)
    return with_picture(table, recipe, coordinates, found, start)


def _optimized(
    table: EmbeddingTable, recipe: Umap, setting: Setting, start: Float32Array | None, progress: Progress | None
) -> npt.NDArray[np.floating]:
    model = umap_class()(
        **_model_parameters(recipe, table.n_rows),
        learning_rate=_learning_rate(recipe, start),
        init=_init(table, recipe, setting, start),
        metric="euclidean",
        precomputed_knn=_with_self(table, recipe.n_neighbors),
        random_state=setting.seed,
        n_jobs=1,
        tqdm_kwds=_bar(progress),
        **({} if recipe.target is None else _target_parameters(table.column(recipe.target), recipe)),
    )
    labels = None if recipe.target is None else _target(table.column(recipe.target))
    report = stage(progress, "umap")
    if report:
        report(0, 0)
    with kept_numba_threads(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")  # only transform() of new rows needs it
        warnings.filterwarnings("error", message=r".*[Ss]pectral initiali[sz]ation failed")
        warnings.filterwarnings("ignore", message="Graph is not fully connected")  # umap-learn joins its pieces
        try:
            coordinates = np.asarray(model.fit_transform(principal_coordinates(table), labels))
        except UserWarning as failure:
            raise _no_spectral_start(table) from failure
    if recipe.init == "spectral" and not np.isfinite(coordinates).all():
        raise _no_spectral_start(table)
    return coordinates


def _no_spectral_start(table: EmbeddingTable) -> InvalidInputError:
    return InvalidInputError(
        f"umap: the neighbour graph of table {table.name!r} has no spectral start, as when many rows are duplicates: "
        f"give init=pca"
    )


def _model_parameters(recipe: Umap, n_rows: int) -> dict[str, Any]:
    known = recipe.parameters()
    if recipe.n_epochs is None and n_rows > LARGE_ROWS:
        known["n_epochs"] = LARGE_EPOCHS
    elsewhere = {"init", "learning_rate", "target", "target_weight"}
    return {name: value for name, value in known.items() if name not in elsewhere}


def _learning_rate(recipe: Umap, start: Float32Array | None) -> float:
    if recipe.learning_rate is not None:
        return recipe.learning_rate
    return LEARNING_RATE if start is None else GENTLE_LEARNING_RATE


def _init(table: EmbeddingTable, recipe: Umap, setting: Setting, start: Float32Array | None) -> str | Float32Array:
    if start is None and recipe.init == "spectral":
        return "spectral"
    return starting_points(table, recipe.n_components, start, setting.seed).astype(np.float32)


def _bar(progress: Progress | None) -> dict[str, Any]:
    report = stage(progress, "umap")
    if report is None:
        return {"disable": True}
    return {"disable": False, "file": EpochSink(report), "bar_format": BAR, "mininterval": 0.1}


def _with_self(table: EmbeddingTable, n_neighbors: int) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return new arrays, with each row as its own first neighbour at distance 0."""
    known = neighbours_of(table)
    indices = np.empty((table.n_rows, n_neighbors), dtype=np.int32)
    distances = np.zeros((table.n_rows, n_neighbors), dtype=np.float32)
    indices[:, 0] = np.arange(table.n_rows)
    indices[:, 1:] = known.indices[:, : n_neighbors - 1]
    distances[:, 1:] = known.distances[:, : n_neighbors - 1]
    return indices, distances


def _target(column: Column) -> npt.NDArray[np.floating] | npt.NDArray[np.int64]:
    """Return codes of texts, -1 for a missing one, or the numbers."""
    if isinstance(column.values, np.ndarray):
        numbers = column.values.astype(np.float32)
        missing = int((~np.isfinite(numbers)).sum())
        if missing:
            raise InvalidInputError(
                f"umap: column {column.name!r} cannot be the target, because {missing:,} of its numbers are missing or infinite"
            )
        return numbers
    codes = {text: code for code, text in enumerate(sorted({text for text in column.values if text is not None}))}
    if not codes:
        raise InvalidInputError(f"umap: column {column.name!r} cannot be the target, because all its texts are missing")
    return np.array([-1 if text is None else codes[text] for text in column.values], dtype=np.int64)


def _target_parameters(column: Column, recipe: Umap) -> dict[str, Any]:
    metric = "euclidean" if column.is_numeric else "categorical"
    return {"target_metric": metric, "target_weight": recipe.target_weight}
