"""Options that commands share: how a vocabulary is inspected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeVar, cast

import click

from projector_export.pipeline.inspection import Mode, Wishes

__all__ = ["inspection_options", "wishes_of"]

Function = TypeVar("Function", bound=Callable[..., Any])

MAX_REFERENCES = 10_000_000

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")

_OPTIONS = (
    click.option(
        "--reference",
        metavar="ROWS",
        help="Rows known to be untrained, as in 177-187 or 3,5,90-99.  [default: found automatically]",
    ),
    click.option(
        "--mode",
        type=click.Choice(["adaptive", "magikarp"]),
        default="adaptive",
        show_default=True,
        help="Find the number of suspects, possibly none; or the published computation (Land and Bartolo 2024).",
    ),
    click.option(
        "--percentile",
        type=click.FloatRange(0, 100, min_open=True, max_open=True),
        default=2.0,
        show_default=True,
        help="Lowest share of ordinary tokens, in percent, for the published computation.",
    ),
    click.option(
        "--directions",
        type=click.IntRange(min=0),
        help="Random directions along which the largest row is looked for: rows that never are may be dead. 0: none.  "
        "[default: 5 to 20 a row where that takes seconds, else none]",
    ),
)


def inspection_options(function: Function) -> Function:
    """Add the options that say how a vocabulary is inspected."""
    return reduce(lambda inner, option: option(inner), reversed(_OPTIONS), function)


def wishes_of(options: Mapping[str, object], *, seed: int = 0) -> Wishes:
    """Return how a vocabulary is inspected."""
    return Wishes(
        references=_rows(cast("str | None", options["reference"])),
        mode=cast(Mode, options["mode"]),
        percentile=cast(float, options["percentile"]),
        seed=seed,
        n_directions=cast("int | None", options["directions"]),
    )


def _rows(text: str | None) -> tuple[int, ...] | None:
    """Return the row numbers that a person typed."""
    if text is None:
        return None
    rows: set[int] = set()
    for part in text.replace(" ", "").split(","):
        found = _RANGE.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if first > last or len(rows) + last - first >= MAX_REFERENCES:
            raise click.BadParameter(
                f"{part!r} is no row number and no range of them: type 177-187, or 3,5,90-99", param_hint="--reference"
            )
        rows.update(range(first, last + 1))
    return tuple(sorted(rows))
