"""``projector-export check``: what the viewer would fail to show, in sentences."""

from __future__ import annotations

from pathlib import Path

import click

from projector_export.checks import Finding, Report, ShownTensor
from projector_export.checks import check as run_check
from projector_export.cli.terminal import print_json, progress_bars, safe
from projector_export.errors import counted

__all__ = ["check"]

COLOURS = {"fault": "red", "warning": "yellow", "note": "cyan"}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--tensorflow/--no-tensorflow",
    "tensorflow",
    default=None,
    help="Judge for a TensorBoard with or without TensorFlow beside it.  [default: both]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Faults only.")
def check(folder: Path, *, tensorflow: bool | None, as_json: bool, quiet: bool) -> int:
    """Find what the Projector would fail to show, and how to mend it.

    FOLDER is a TensorBoard logdir or a standalone folder, whoever wrote it: this program, torch's add_embedding,
    TensorFlow, Keras, or a person. Exit code 0: no faults; 1: faults.

    \b
    Examples:
      projector-export check runs
      projector-export check runs --no-tensorflow --json
    """
    with progress_bars(quiet=quiet) as progress:
        walked = None if progress is None else lambda done, total: progress("checking tensors", done, total)
        report = run_check(folder, tensorflow=tensorflow, progress=walked)
    if as_json:
        print_json(report.as_json())
    else:
        _show(report, quiet=quiet)
    return 1 if report.n_faults else 0


def _show(report: Report, *, quiet: bool) -> None:
    for finding in report.findings:
        if finding.severity == "fault" or not quiet:
            _show_finding(finding)
    if not quiet:
        for tensor in report.tensors:
            _show_tensor(tensor)
    faults = f"{report.n_faults} fault{'' if report.n_faults == 1 else 's'}"
    click.secho(f"{safe(report.folder)}: {faults if report.n_faults else 'no faults'}", bold=True)


def _show_finding(finding: Finding) -> None:
    head = click.style(finding.severity, fg=COLOURS[finding.severity], bold=True)
    click.echo(f"{head} {safe(finding.where)} [{finding.code}]\n  {safe(finding.problem)}\n  {safe(finding.remedy)}")


def _show_tensor(tensor: ShownTensor) -> None:
    run = f" of run {safe(tensor.run)}" if tensor.run not in {"", "."} else ""
    labels = "no labels" if tensor.n_labels is None else f"{tensor.n_labels:,} labels"
    n_rows, n_dims = tensor.shape
    click.echo(f"shows {safe(tensor.name)}{run}: {counted(n_rows, 'row')} of {counted(n_dims, 'dimension')}, {labels}")
