"""Options by which the model itself is asked for the candidates of an inspection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from projector_export.formats.findings import Findings
from projector_export.pipeline import Progress
from projector_export.pipeline.inspection import is_export
from projector_export.pipeline.verification import LIMIT, Source, check_askable, verify
from projector_export.table import EmbeddingTable

__all__ = ["check_verification", "verification_options", "verified"]

Function = TypeVar("Function", bound=Callable[..., Any])


def verification_options(function: Function) -> Function:
    """Add the options that have the model asked."""
    asked = click.option(
        "--verify",
        is_flag=True,
        help="Load the model too and ask it for the suspects: how probable it makes each where nothing else fits.",
    )
    limit = click.option(
        "--verify-top",
        type=click.IntRange(min=1),
        default=LIMIT,
        show_default=True,
        help="Suspects that the model is asked for, the most suspicious first.",
    )
    return asked(limit(function))


def check_verification(source: str, options: Mapping[str, object]) -> None:
    """Tell before a long inspection if the model cannot be asked after it."""
    if not options["verify"]:
        return
    if is_export(source):
        raise click.UsageError("--verify asks the model itself, and this is a logdir: give the model's folder or id")
    check_askable(_source(source, options))


def verified(
    table: EmbeddingTable,
    found: Findings,
    source: str,
    options: Mapping[str, object],
    progress: Progress | None,
) -> tuple[EmbeddingTable, Findings]:
    """Return table and findings with the model's answers, where they are wanted."""
    if not options["verify"]:
        return table, found
    limit = cast(int, options["verify_top"])
    return verify(table, found, _source(source, options), limit=limit, progress=progress)


def _source(source: str, options: Mapping[str, object]) -> Source:
    return Source(source, cast("str | None", options["revision"]), cast("Path | None", options["tokenizer"]))
