"""``projector-export demo``: the whole way on an embedded default, offline."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import click

from projector_export.checks import check as run_check
from projector_export.cli.layout_options import layout_options, layouts_of
from projector_export.cli.options import DEFAULT_LOGDIR
from projector_export.cli.summary import show_exports
from projector_export.cli.terminal import progress_bars, safe
from projector_export.pipeline import Destination, Treatment, check_wishes, treat, write
from projector_export.pipeline.demonstration import Agreement, agreement, read_demonstration
from projector_export.pipeline.inspection import Wishes, inspect
from projector_export.sources.standard_library import Recipe

__all__ = ["demo"]


@click.command()
@click.option(
    "--logdir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_LOGDIR,
    show_default=True,
    help="Write for TensorBoard.",
)
@click.option(
    "--standalone", type=click.Path(file_okay=False, path_type=Path), help="Write for projector.tensorflow.org too."
)
@layout_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bars.")
def demo(logdir: Path, standalone: Path | None, *, as_json: bool, quiet: bool, **options: object) -> int:
    """Train a small vocabulary on this machine, offline, and export it.

    A tokenizer learns 8,000 tokens from the standard library's source files; word vectors are trained on the docstrings
    only. Tokens that occur in code and never in a docstring keep their initial vectors: that is how glitch tokens of real
    language models come about, here with the truth known (column "training").

    \b
    Examples:
      projector-export demo
      projector-export demo --logdir runs && tensorboard --logdir runs
      projector-export demo --layout umap --color training --plot demo.png
    """
    start = time.perf_counter()
    layouts = layouts_of(options)
    destination = Destination(logdir, standalone, plot=cast("Path | None", options["plot"]))
    treatment = Treatment(layouts=layouts)
    check_wishes(treatment, destination)
    with progress_bars(quiet=quiet) as progress:
        table, trained = read_demonstration(Recipe(seed=layouts.seed), progress=progress)
        table, found = inspect([table], Wishes(seed=layouts.seed), is_tied=None, progress=progress)
        tables = treat([table], treatment, destination, progress=progress)
        written = write(tables, destination, findings={table.name: found}, progress=progress)
        report = run_check(logdir)
    summary = {
        "files": trained.n_files,
        "docstrings": trained.n_docstrings,
        "training_tokens": trained.n_training_tokens,
        "never_seen": trained.n_never_seen,
    }
    judged = agreement(table, found)
    if not as_json:
        _show_training(summary, table.n_rows)
        _show_agreement(judged)
    show_exports(
        written,
        tables,
        destination,
        seconds=time.perf_counter() - start,
        as_json=as_json,
        more={
            "training": dict(summary),
            "inspection": {"named": judged.n_named, "recall": judged.recall, "precision": judged.precision},
            "faults": report.n_faults,
        },
    )
    if report.n_faults:
        click.echo(f"The logdir has faults: projector-export check {safe(str(logdir))} names them.", err=True)
    elif not as_json:
        click.echo("Checked: no faults.")
    return 1 if report.n_faults else 0


def _show_agreement(judged: Agreement) -> None:
    click.echo(
        f"From the vectors alone, {judged.n_named:,} tokens are named under-trained: recall {judged.recall:.3f}, precision "
        f"{judged.precision:.3f}."
    )


def _show_training(summary: dict[str, int], n_tokens: int) -> None:
    click.echo(
        f"A tokenizer learned {n_tokens:,} tokens from {summary['files']:,} source files of the standard library."
    )
    click.echo(
        f"Vectors were trained on its {summary['docstrings']:,} docstrings ({summary['training_tokens']:,} tokens): "
        f"{summary['never_seen']:,} tokens were never seen."
    )
