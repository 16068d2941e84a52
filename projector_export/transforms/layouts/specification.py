"""Layouts as people type them: ``umap:n_neighbors=30,min_dist=0.05,n_components=3``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.mds import Mds, mds
from projector_export.transforms.layouts.pacmap import Pacmap, pacmap
from projector_export.transforms.layouts.parameter import ParameterValue, parameters_of
from projector_export.transforms.layouts.pca import Pca, pca
from projector_export.transforms.layouts.recipe import DEFAULT_SETTING, Progress, Recipe, Setting
from projector_export.transforms.layouts.tsne import Tsne, tsne
from projector_export.transforms.layouts.umap import Umap, umap
from projector_export.vectors import Float32Array

__all__ = ["METHODS", "Method", "lay_out", "parse"]

BETWEEN_PARAMETERS = re.compile(r",(?=\s*\w+\s*=)")
"""A comma that a name and an equals sign follow: a column's name may hold others."""


@dataclass(frozen=True)
class Method:
    """One way to lay rows out.

    Parameters
    ----------
    recipe
        Class of its parameters.
    function
        Takes a table and a recipe, with ``setting``, ``start`` and ``progress``; returns the table with one more layout.
    """

    recipe: type[Recipe]
    function: Callable[..., EmbeddingTable]


METHODS = MappingProxyType(
    {
        "mds": Method(Mds, mds),
        "pacmap": Method(Pacmap, pacmap),
        "pca": Method(Pca, pca),
        "tsne": Method(Tsne, tsne),
        "umap": Method(Umap, umap),
    }
)
"""Name of the method -> its recipe and its function."""


def parse(text: str) -> Recipe:
    """Return the recipe that a text asks for.

    Parameters
    ----------
    text
        ``METHOD`` or ``METHOD:name=value,name=value``; ``auto`` stands for None.

    Raises
    ------
    InvalidInputError
        If the method or a parameter is not known (the nearest known name is told), or a value is of another type or out of
        range.
    """
    name, _, rest = text.strip().partition(":")
    name = name.strip().lower()
    if name not in METHODS:
        raise InvalidInputError(f"{name!r} is no layout{_nearest(name, METHODS)}: choose {', '.join(METHODS)}")
    recipe: Callable[..., Recipe] = METHODS[name].recipe
    known = parameters_of(METHODS[name].recipe)
    values: dict[str, ParameterValue] = {}
    for part in BETWEEN_PARAMETERS.split(rest) if rest.strip() else []:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise InvalidInputError(f"{text!r}: {part.strip()!r} has to be name=value, as in {name}:n_components=3")
        if key not in known:
            raise InvalidInputError(f"{name} has no parameter {key!r}{_nearest(key, known)}: choose {', '.join(known)}")
        if key in values:
            raise InvalidInputError(f"{text!r} gives {key} twice: leave one out")
        values[key] = known[key].read(name, value)
    return recipe(**values)


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def lay_out(
    table: EmbeddingTable,
    recipe: Recipe,
    setting: Setting = DEFAULT_SETTING,
    start: Float32Array | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with the layout that a recipe asks for.

    Parameters
    ----------
    table
        Finite vectors; neighbours and components that it has are used, and those computed are kept.
    recipe
        One of the classes in :data:`METHODS`.
    setting
        Metric and seed.
    start
        Earlier layout of these rows, shape ``(n_rows, n_components)``, NaN where it has none.
    progress
        Called with a stage, how much of it is done and how much there is.

    Raises
    ------
    InvalidInputError
        If the layout cannot be made of this table.
    MissingExtraError
        If the method's library is not installed.
    """
    return METHODS[recipe.method].function(table, recipe, setting=setting, start=start, progress=progress)
