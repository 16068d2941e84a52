"""An earlier export's layouts, row by row in the order of a new table: two epochs or two models compared by eye."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_tsv
from projector_export.sources import own_export
from projector_export.table import Column, EmbeddingTable, Layout
from projector_export.transforms.layouts.recipe import Recipe
from projector_export.vectors import Float32Array

__all__ = ["Earlier", "read_earlier"]


@dataclass(frozen=True, eq=False)
class Earlier:
    """Layouts of an earlier export.

    Parameters
    ----------
    layouts
        Of the earlier table's rows.
    rows
        For each row of the new table the same row in the earlier one, -1 where there is none.
    """

    layouts: tuple[Layout, ...]
    rows: npt.NDArray[np.int64]

    @property
    def n_shared(self) -> int:
        """Rows that both tables have."""
        return int((self.rows >= 0).sum())

    def start(self, recipe: Recipe) -> Float32Array:
        """Return where a layout begins, shape ``(n_rows, n_components)``; NaN where the earlier export has no such row."""
        layout = _closest(self.layouts, recipe)
        coordinates = np.full((len(self.rows), recipe.n_components), np.nan, dtype=np.float32)
        shared = self.rows >= 0
        coordinates[shared] = layout.coordinates[self.rows[shared]]
        return coordinates


def read_earlier(logdir: str | PathLike[str], table: EmbeddingTable, recipes: Sequence[Recipe]) -> Earlier:
    """Read the layouts that new ones are to begin with.

    Parameters
    ----------
    logdir
        Logdir of the earlier export, or a run below it.
    table
        The new table; its rows are found by their label, or by their number where there are no labels.
    recipes
        What is wanted now.

    Raises
    ------
    InvalidInputError
        If the earlier export has no layout of as many dimensions as one of the recipes, or fewer than three rows are shared.
    """
    old = own_export.read(logdir, table.name)
    for recipe in recipes:
        if not any(layout.n_components == recipe.n_components for layout in old.layouts):
            known = ", ".join(layout.name for layout in old.layouts) or "none at all"
            raise InvalidInputError(
                f"{old.name!r} in {fspath(logdir)} has no layout of {recipe.n_components} dimensions to begin {recipe.name!r} "
                f"with (it has {known})"
            )
    earlier = Earlier(old.layouts, _same_rows(old, table))
    if earlier.n_shared < 3:
        raise InvalidInputError(
            f"{table.name!r} shares {earlier.n_shared} rows with {old.name!r} in {fspath(logdir)}, by their labels: an earlier "
            "export to begin with needs at least 3"
        )
    return earlier


def _closest(layouts: Sequence[Layout], recipe: Recipe) -> Layout:
    fitting = [layout for layout in layouts if layout.n_components == recipe.n_components]
    return min(fitting, key=lambda layout: (layout.name != recipe.name, layout.method != recipe.method))


def _same_rows(old: EmbeddingTable, new: EmbeddingTable) -> npt.NDArray[np.int64]:
    before, now = _labels(old.columns), _labels(new.columns)
    if before is None or now is None:
        numbers = np.arange(new.n_rows)
        return np.where(numbers < old.n_rows, numbers, -1)
    known: dict[object, list[int]] = defaultdict(list)
    for row, label in reversed(list(enumerate(before))):
        known[label].append(row)
    return np.array([known[label].pop() if known.get(label) else -1 for label in now], dtype=np.int64)


def _labels(columns: Sequence[Column]) -> list[object] | None:
    """Return the labels as the viewer would show them, so that those of a file and those in memory compare."""
    label = next((column for column in columns if not column.is_numeric), None)
    if label is None:
        return None
    return [row[0] for row in metadata_tsv.decode(metadata_tsv.encode((label,))).rows]
