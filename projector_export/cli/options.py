"""Options that commands share: where to write, and what to do to the vectors first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from projector_export.cli.layout_options import layouts_of
from projector_export.formats.viewer_limits import MAX_ROWS, MAX_TENSOR_BYTES
from projector_export.pipeline import Destination, Treatment, ViewerLimits

__all__ = ["DEFAULT_LOGDIR", "destination_of", "limits_of", "target_options", "treatment_of", "treatment_options"]

DEFAULT_LOGDIR = "projector"

Function = TypeVar("Function", bound=Callable[..., Any])

_FOLDER = click.Path(file_okay=False, path_type=Path)

_TARGETS = (
    click.option("--logdir", type=_FOLDER, help=f"Write for TensorBoard.  [default: {DEFAULT_LOGDIR}]"),
    click.option(
        "--standalone", type=_FOLDER, help="Write for projector.tensorflow.org; may be given beside --logdir."
    ),
    click.option("--run", metavar="RUN", help="A run below the logdir."),
    click.option(
        "--base-url", metavar="URL", default="", help="Where the standalone folder will be served, with a slash."
    ),
)

_TREATMENTS = (
    click.option(
        "--rows", type=click.IntRange(min=2), default=MAX_ROWS, show_default=True, help="Rows that the viewer gets."
    ),
    click.option(
        "--viewer-mb",
        type=click.IntRange(min=0),
        default=MAX_TENSOR_BYTES // 2**20,
        show_default=True,
        help="Size that a browser takes with ease; larger tensors are brought below by exact PCA. 0: no limit.",
    ),
    click.option("--dims", type=click.IntRange(min=1), help="Exact PCA to so many dimensions."),
    click.option("--center", is_flag=True, help="Subtract the mean row."),
    click.option(
        "--all-but-the-top",
        metavar="[N]",
        is_flag=False,
        flag_value="auto",
        help="Take away the mean and the first N principal directions; write it after SOURCE.  [N: dimensions / 100]",
    ),
    click.option("--normalize", is_flag=True, help="Scale rows to unit length."),
    click.option("--drop-bad-rows", is_flag=True, help="Leave out rows with NaN or infinite numbers."),
    click.option("--drop-zero-rows", is_flag=True, help="Leave out rows of zeros."),
)


def target_options(function: Function) -> Function:
    """Add the options that say where to write."""
    return reduce(lambda inner, option: option(inner), reversed(_TARGETS), function)


def treatment_options(function: Function) -> Function:
    """Add the options that say what to do to the vectors."""
    return reduce(lambda inner, option: option(inner), reversed(_TREATMENTS), function)


def destination_of(options: Mapping[str, object]) -> Destination:
    """Return where to write: the default logdir where nothing was asked for."""
    logdir, standalone = cast("Path | None", options["logdir"]), cast("Path | None", options["standalone"])
    if logdir is None and standalone is None:
        logdir = Path(DEFAULT_LOGDIR)
    return Destination(
        logdir,
        standalone,
        cast("str | None", options["run"]),
        str(options["base_url"]),
        cast("Path | None", options.get("plot")),
    )


def treatment_of(options: Mapping[str, object]) -> Treatment:
    """Return what to do to the vectors."""
    return Treatment(
        drop_bad_rows=bool(options["drop_bad_rows"]),
        drop_zero_rows=bool(options["drop_zero_rows"]),
        center=bool(options["center"]),
        all_but_the_top=_directions(cast("str | None", options["all_but_the_top"])),
        normalize=bool(options["normalize"]),
        dims=cast("int | None", options["dims"]),
        layouts=layouts_of(options),
    )


def limits_of(options: Mapping[str, object]) -> ViewerLimits:
    """Return how much the viewer is given."""
    return ViewerLimits(cast(int, options["rows"]), cast(int, options["viewer_mb"]) * 2**20)


def _directions(text: str | None) -> int | str | None:
    if text is None or text == "auto":
        return text
    if not text.isdecimal():
        raise click.BadParameter(f"{text!r} is no number of directions", param_hint="--all-but-the-top")
    return int(text)
