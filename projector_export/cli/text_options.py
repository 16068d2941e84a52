"""Options of the command ``texts``: which texts, what is made of them, how the work is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Literal, TypeVar, cast

import click

from projector_export.pipeline.texts import (
    BACKENDS,
    DATA_TYPES,
    GRANULARITIES,
    POOLINGS,
    Encoding,
    Running,
    TextColumns,
    TextOptions,
)
from projector_export.tabular import FORMATS

__all__ = ["text_options", "text_options_of"]

Function = TypeVar("Function", bound=Callable[..., Any])

_DATA = (
    click.option(
        "--text", multiple=True, metavar="COLUMN", help="Column that holds the text; several are joined by a space."
    ),
    click.option(
        "--metadata",
        multiple=True,
        metavar="COLUMN",
        help="Column that goes along; may be repeated.  [default: all others, at most 50]",
    ),
    click.option(
        "--text-length",
        type=click.IntRange(min=8),
        default=160,
        show_default=True,
        help="Characters of a text that labels show; all of it is encoded.",
    ),
    click.option(
        "--format", "file_format", type=click.Choice(FORMATS), help="Format of DATA, if its name does not tell."
    ),
    click.option("--header/--no-header", default=None, help="Whether the first row of CSV or TSV names the columns."),
    click.option("--split", metavar="NAME", help="Part of a dataset folder, as train or test."),
    click.option("--limit", type=click.IntRange(min=1), help="The first so many texts only."),
)

_MODEL = (
    click.option("--revision", metavar="REVISION", help="Branch, tag or commit of a model on the Hub."),
    click.option("--prompt", metavar="TEXT", help="Put before every text."),
    click.option("--prompt-name", metavar="NAME", help="One of the prompts that the model brings along."),
    click.option("--truncate-dim", type=click.IntRange(min=1), help="Only the first so many dimensions of a vector."),
    click.option(
        "--pooling", type=click.Choice(POOLINGS), help="How token vectors become one.  [default: as the model does it]"
    ),
    click.option(
        "--layer", metavar="N|all", help="0 for token embeddings, -1 for the last layer; all: one tensor a layer."
    ),
    click.option(
        "--granularity",
        type=click.Choice(GRANULARITIES),
        default="text",
        show_default=True,
        help="One vector a text, or one a word or token in its context.",
    ),
    click.option("--special-tokens", is_flag=True, help="[CLS] and such are rows too, with --granularity token."),
)

_WORK = (
    click.option("--device", metavar="DEVICE", help="cpu, cuda, cuda:1, mps.  [default: all GPUs, else cpu]"),
    click.option("--dtype", type=click.Choice(DATA_TYPES), help="Numbers in which the model computes."),
    click.option("--backend", type=click.Choice(BACKENDS), default="torch", help="For sentence-transformers models."),
    click.option("--batch-tokens", type=click.IntRange(min=1), help="Padded tokens of a batch."),
    click.option("--workers", type=click.IntRange(min=1), help="Processes that each load the model."),
    click.option("--keep-vectors", is_flag=True, help="Keep them, so that the next command need not encode again."),
)


def text_options(function: Function) -> Function:
    """Add the options that say which texts, what is made of them and how."""
    return reduce(lambda inner, option: option(inner), reversed(_DATA + _MODEL + _WORK), function)


def text_options_of(options: Mapping[str, object]) -> TextOptions:
    """Return what was asked for."""
    columns = TextColumns(
        text=cast("tuple[str, ...]", options["text"]),
        metadata=cast("tuple[str, ...]", options["metadata"]) or None,
        max_characters=cast(int, options["text_length"]),
        format=cast("str | None", options["file_format"]),
        header=cast("bool | None", options["header"]),
        split=cast("str | None", options["split"]),
        limit=cast("int | None", options["limit"]),
    )
    encoding = Encoding(
        layer=_layer(cast("str | None", options["layer"])),
        special_tokens=bool(options["special_tokens"]),
        **_given(options, "prompt", "prompt_name", "truncate_dim", "granularity", "pooling"),
    )
    running = Running(**_given(options, "revision", "device", "dtype", "backend", "batch_tokens", "workers"))
    return TextOptions(columns, encoding, running, cast("str | None", options["name"]))


def _given(options: Mapping[str, object], *names: str) -> dict[str, Any]:
    return {name: options[name] for name in names}


def _layer(text: str | None) -> int | Literal["all"] | None:
    if text is None or text == "all":
        return cast("Literal['all'] | None", text)
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a number nor 'all'", param_hint="--layer") from None
