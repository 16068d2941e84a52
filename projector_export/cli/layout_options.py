"""Options that commands share: pictures of all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from projector_export.pipeline import Layouts
from projector_export.table import METRICS

__all__ = ["layout_options", "layouts_of"]

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--layout",
        "views",
        metavar="METHOD[:NAME=VALUE,...]",
        multiple=True,
        help="Lay out all rows and show them as a view: pca, tsne, umap, mds or pacmap, as in umap:n_neighbors=30,"
        "n_components=3. May be given several times. t-SNE in 3-D takes minutes for 30,000 rows.",
    ),
    click.option(
        "--reduce",
        "reduced",
        metavar="METHOD[:NAME=VALUE,...]",
        multiple=True,
        help="Write a layout as a tensor of its own beside the full one.",
    ),
    click.option(
        "--metric",
        type=click.Choice(METRICS),
        default=METRICS[0],
        show_default=True,
        help="Distance between vectors, for layouts.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=0,
        show_default=True,
        help="Of random numbers: the same seed gives the same layouts.",
    ),
    click.option("--color", metavar="COLUMN", help="Column by which layouts are coloured.  [default: kind]"),
    click.option(
        "--like",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Logdir of an earlier export: begin with its layouts and align to them, to compare by eye.",
    ),
    click.option(
        "--plot",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Draw the layouts side by side into FILE.png, .svg or .html.",
    ),
)


def layout_options(function: Function) -> Function:
    """Add the options that say which pictures are wanted."""
    return reduce(lambda inner, option: option(inner), reversed(_OPTIONS), function)


def layouts_of(options: Mapping[str, object]) -> Layouts:
    """Return which pictures are wanted."""
    layouts = Layouts(
        cast("Sequence[str]", options["views"]),
        cast("Sequence[str]", options["reduced"]),
        metric=str(options["metric"]),
        seed=cast(int, options["seed"]),
        color=cast("str | None", options["color"]),
        like=cast("Path | None", options["like"]),
    )
    if options["plot"] is not None and not layouts.views:
        raise click.UsageError("--plot draws what --layout asks for: add at least one, as in --layout umap")
    return layouts
