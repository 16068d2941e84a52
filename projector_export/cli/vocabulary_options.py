"""Options that say which table of a model is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from projector_export.pipeline import Reading
from projector_export.pipeline.reading import Table

__all__ = ["reading_of", "vocabulary_options"]


Function = TypeVar("Function", bound=Callable[..., Any])


def vocabulary_options(tables: Sequence[str], told: str) -> Callable[[Function], Function]:
    """Return what adds the options that choose a table.

    Parameters
    ----------
    tables
        Choices of ``--table``.
    told
        Help of ``--table``.
    """
    options = (
        click.option("--revision", metavar="REVISION", help="Branch, tag or commit of a model on the Hub."),
        click.option(
            "--tokenizer",
            type=click.Path(path_type=Path),
            help="Tokenizer file or folder, if it is not beside the model.",
        ),
        click.option("--tensor", metavar="NAME", help="Embedding tensor, if it is not found by itself."),
        click.option("--table", type=click.Choice(tables), default="input", show_default=True, help=told),
        click.option(
            "--layer", metavar="NAME", help="Embedding layer of a Keras or TensorFlow model that has several."
        ),
        click.option(
            "--labels",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Labels of its rows, if the model has no vocabulary: one a line, TSV, CSV or JSON.",
        ),
    )
    return lambda function: reduce(lambda inner, option: option(inner), reversed(options), function)


def reading_of(options: Mapping[str, object]) -> Reading:
    """Return what to read."""
    return Reading(
        revision=cast("str | None", options["revision"]),
        tokenizer=cast("Path | None", options["tokenizer"]),
        tensor=cast("str | None", options["tensor"]),
        table=cast(Table, options["table"]),
        layer=cast("str | None", options["layer"]),
        labels=cast("Path | None", options["labels"]),
    )
