"""Layouts of a table: what is wanted is checked first, then one neighbour graph is made, and every picture from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.pipeline.earlier import Earlier, read_earlier
from projector_export.provenance import Step
from projector_export.sources.huggingface import Progress
from projector_export.table import EmbeddingTable, Layout
from projector_export.targets.coloring import color_column
from projector_export.targets.result import usual_name
from projector_export.transforms.layouts.components import components
from projector_export.transforms.layouts.recipe import Recipe, Setting
from projector_export.transforms.layouts.specification import lay_out as make_layout
from projector_export.transforms.layouts.specification import parse
from projector_export.transforms.neighbours import check_neighbours, neighbours
from projector_export.transforms.quality import column_of, measure, preservation, require_measurable
from projector_export.vectors import ArrayVectors

__all__ = ["Layouts", "check_color", "check_recipes", "lay_out", "reduced_tables"]

N_QUALITY_NEIGHBORS = 15
"""Size of the neighbourhoods by which layouts are judged."""


@dataclass(frozen=True)
class Layouts:
    """Pictures of all rows that are wanted.

    Parameters
    ----------
    views
        Layouts that become views in the viewer: ``"umap"``, ``"tsne:perplexity=50"``, or recipes such as ``Umap()``.
    reduce
        Layouts that become tensors of their own.
    metric
        Distance between vectors: ``"cosine"`` or ``"euclidean"``.
    seed
        Of all random numbers: the same seed gives the same coordinates.
    color
        Column by which views are coloured; by default the kind of token, or the first column of few values.
    like
        Logdir of an earlier export, with whose layouts of the same kind these begin and are aligned.
    cache
        Folder that keeps nearest neighbours for the next time; None keeps nothing.
    """

    views: Sequence[str | Recipe] = ()
    reduce: Sequence[str | Recipe] = ()
    metric: str = "cosine"
    seed: int = 0
    color: str | None = None
    like: str | PathLike[str] | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        for name in ("views", "reduce"):
            wanted = getattr(self, name)
            if isinstance(wanted, (str, Recipe)):
                raise InvalidInputError(f"{name} is a list of layouts: write [{wanted!r}]")
            object.__setattr__(self, name, _recipes(wanted))
        if self.like is not None and not self.recipes:
            raise InvalidInputError("an earlier export (like) is for layouts: ask for one too (--layout)")
        Setting(self.metric, self.seed)

    def require_packages(self) -> None:
        """Look whether everything is installed that is needed.

        Raises
        ------
        MissingExtraError
            If it is not; the sentence tells how to install it.
        """
        for recipe in self.recipes:
            optional.require(f"layout {recipe.method}", *recipe.packages, "faiss")

    @property
    def setting(self) -> Setting:
        """What all layouts share."""
        return Setting(self.metric, self.seed)

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """All that is wanted, each once."""
        return tuple(dict.fromkeys(_recipes((*self.views, *self.reduce))))


def _recipes(wanted: Sequence[str | Recipe]) -> tuple[Recipe, ...]:
    for each in wanted:
        if not isinstance(each, (str, Recipe)):
            raise InvalidInputError(
                f"a {type(each).__name__} is no layout: give a name such as 'umap' or a recipe such as Umap(); what an "
                "estimator makes is put on the table by transforms.layouts.estimator"
            )
    return tuple(parse(each) if isinstance(each, str) else each for each in wanted)


def lay_out(table: EmbeddingTable, layouts: Layouts, *, progress: Progress | None = None) -> EmbeddingTable:
    """Return the table with all layouts that are wanted, measured, and a column of preserved neighbours for each.

    Raises
    ------
    InvalidInputError
        If one cannot be made of this table, or the viewer cannot colour by the column; before any long computation.
    """
    check_color(table, layouts)
    if not layouts.recipes:
        return _of_own(table, layouts, progress) if table.layouts else table
    k, earlier = check_recipes(table, layouts)
    table = components(table, progress=progress)
    table = neighbours(table, k, metric=layouts.metric, seed=layouts.seed, cache=layouts.cache, progress=progress)
    for recipe in layouts.recipes:
        start = None if earlier is None else earlier.start(recipe)
        table = make_layout(table, recipe, layouts.setting, start=start, progress=progress)
    judged = min(N_QUALITY_NEIGHBORS, k)
    table = measure(table, n_neighbors=judged, metric=layouts.metric, seed=layouts.seed, progress=progress)
    return _colored(preservation(table, n_neighbors=judged, progress=progress), layouts.color)


def _of_own(table: EmbeddingTable, layouts: Layouts, progress: Progress | None) -> EmbeddingTable:
    """Return a table whose layouts its user made, with what the viewer needs, and their figures where they can be had."""
    table = components(table, progress=progress)
    near = table.neighbours
    try:
        metric = layouts.metric if near is None else near.metric
        table = measure(table, metric=metric, seed=layouts.seed, progress=progress)
    except InvalidInputError as error:
        step = Step("quality", {"measured": False})
        table = replace(table, provenance=table.provenance.then(step, f"its layouts were not measured: {error}"))
    if near is not None and near.k >= min(N_QUALITY_NEIGHBORS, table.n_rows - 1):
        table = preservation(table, n_neighbors=N_QUALITY_NEIGHBORS, progress=progress)
    return _colored(table, layouts.color)


def check_color(table: EmbeddingTable, layouts: Layouts) -> None:
    """Raise InvalidInputError if the viewer cannot colour a table by the column that is wanted."""
    if layouts.color is None or layouts.color in {column_of(recipe.name) for recipe in layouts.recipes}:
        return
    if not layouts.recipes and not table.layouts:
        raise InvalidInputError(
            f"a colour (color={layouts.color!r}) is for layouts, and there is none: ask for one too (--layout)"
        )
    color_column(table, layouts.color)


def check_recipes(table: EmbeddingTable, layouts: Layouts) -> tuple[int, Earlier | None]:
    """Return how many neighbours of each row serve all that is wanted, and the layouts to begin with, if they can be had."""
    for recipe in layouts.recipes:
        recipe.check(table, layouts.setting)
        if recipe.name in {layout.name for layout in table.layouts}:
            raise InvalidInputError(
                f"table {table.name!r} has a layout {recipe.name!r} already: leave it out, or give other parameters"
            )
    require_measurable(table)
    k = min(table.n_rows - 1, max(N_QUALITY_NEIGHBORS, *(recipe.k for recipe in layouts.recipes)))
    check_neighbours(table, k, layouts.metric)
    return k, None if layouts.like is None else read_earlier(layouts.like, table, layouts.recipes)


def _colored(table: EmbeddingTable, color: str | None) -> EmbeddingTable:
    if color is None:
        return table
    return replace(table, layouts=tuple(replace(layout, color=color) for layout in table.layouts))


def reduced_tables(table: EmbeddingTable, layouts: Layouts) -> tuple[EmbeddingTable, ...]:
    """Split a table into itself with the layouts that are views, and one table for each layout that is to be a tensor."""
    names = {recipe.name for recipe in _recipes(layouts.reduce)}
    kept = {recipe.name for recipe in _recipes(layouts.views)}
    reduced = tuple(_as_table(table, layout) for layout in table.layouts if layout.name in names)
    views = tuple(layout for layout in table.layouts if layout.name in kept or layout.name not in names)
    return (replace(table, layouts=views, components=table.components if views else None), *reduced)


def _as_table(table: EmbeddingTable, layout: Layout) -> EmbeddingTable:
    name = f"{table.name} {layout.name}"
    history = replace(table.provenance, notes=() if layout.quality is None else (str(layout.quality),))
    step = Step("reduce", layout.as_json())
    return EmbeddingTable(
        usual_name(name),
        ArrayVectors(layout.coordinates),
        table.columns,
        history.then(step),
        selections=table.selections,
        thumbnails=table.thumbnails,
    )
