"""Whether what is to be done to texts fits them, before they are encoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from projector_export.pipeline.export import Destination, check_picture
from projector_export.pipeline.layouts import Layouts, check_color, check_recipes
from projector_export.pipeline.treatment import Treatment
from projector_export.sources.encoders import Outlook
from projector_export.table import Column, EmbeddingTable
from projector_export.targets.result import usual_name
from projector_export.transforms.all_but_the_top import check_directions
from projector_export.transforms.layouts.umap import Umap
from projector_export.transforms.principal_components import check_components
from projector_export.vectors import Float32Array

__all__ = ["check_outlook"]


@dataclass(frozen=True)
class _StandIn:
    """Vectors of a shape and nothing else: rows of ones and of minus ones, which differ by any metric."""

    shape: tuple[int, int]
    dtype: str = "float32"

    def read(self, start: int, stop: int) -> Float32Array:
        rows = np.ones((stop - start, self.shape[1]), dtype=np.float32)
        rows[start % 2 :: 2] = -1
        return rows


def check_outlook(outlook: Outlook, treatment: Treatment, destination: Destination) -> None:
    """Compare what is wanted with what is known of tables that are not there yet.

    Parameters
    ----------
    outlook
        What is known.
    treatment, destination
        What is wanted.

    Raises
    ------
    InvalidInputError
        If it is certain that they do not go together. What depends on the vectors themselves, or on the number of rows where
        that is not known yet, shows when the tables are there.
    """
    n_rows = None if treatment.drop_bad_rows or treatment.drop_zero_rows else outlook.n_rows
    n_dims = outlook.n_dims
    if treatment.all_but_the_top is not None:
        asked = treatment.all_but_the_top
        check_directions(asked if isinstance(asked, int) else None, n_dims=n_dims)
    if treatment.dims is not None:
        check_components(treatment.dims, n_dims=n_dims, n_rows=n_rows)
        n_dims = treatment.dims
    layouts = treatment.wanted_layouts
    check_picture(layouts, destination)
    name = usual_name(outlook.name)
    check_color(_of_names(name, n_dims, outlook), layouts)
    if n_rows is None:
        return
    table = EmbeddingTable(name, _StandIn((n_rows, n_dims)), _columns(outlook, layouts, n_rows))
    if layouts.recipes:
        check_recipes(table, layouts)
    if table.columns:
        check_color(table, layouts)


def _of_names(name: str, n_dims: int, outlook: Outlook) -> EmbeddingTable:
    """Return a table with all columns that there will be, each of different numbers."""
    columns = tuple(Column(each, np.arange(2)) for each in outlook.column_names)
    return EmbeddingTable(name, _StandIn((2, n_dims)), columns)


def _columns(outlook: Outlook, layouts: Layouts, n_rows: int) -> tuple[Column, ...]:
    """Read the columns where something depends on their values; how many tokens a text has is not known yet."""
    targets = any(isinstance(recipe, Umap) and recipe.target is not None for recipe in layouts.recipes)
    if layouts.color is None and layouts.like is None and not targets:
        return ()
    known = outlook.read_columns()
    names = {column.name for column in known}
    return (*known, *(Column(each, np.arange(n_rows)) for each in outlook.column_names if each not in names))
