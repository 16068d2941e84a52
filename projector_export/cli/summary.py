"""What a person reads after an export."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from urllib.parse import quote

import click

from projector_export.cli.findings_summary import findings_as_json, show_findings
from projector_export.cli.terminal import human_size, print_json, safe
from projector_export.errors import counted
from projector_export.formats.findings import Findings
from projector_export.formats.standalone_config import FILE_NAME
from projector_export.pipeline import Destination, Written, count_kinds
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable, Layout

__all__ = ["show_exports", "show_opening"]

TOP = 10
"""Suspects that are listed after an export; the command inspect lists as many as one likes."""


def show_exports(
    written: Sequence[Written],
    tables: Sequence[EmbeddingTable],
    destination: Destination,
    *,
    seconds: float,
    as_json: bool,
    findings: Mapping[str, Findings] | None = None,
    more: Mapping[str, JSONValue] | None = None,
) -> None:
    """Print exports to stdout.

    Parameters
    ----------
    written
        What was written.
    tables
        All that was written, by the names of the tensors.
    destination
        Where it was written to.
    seconds
        How long it took.
    as_json
        One JSON document instead of text.
    findings
        What was found in tables, by their names.
    more
        Further members of that document.
    """
    if as_json:
        kinds: dict[str, JSONValue] = {table.name: dict(count_kinds(table)) for table in tables}
        layouts: dict[str, JSONValue] = {
            table.name: [layout.as_json() for layout in table.layouts] for table in tables if table.layouts
        }
        exports: list[JSONValue] = [export.as_json() for export in written]
        found: dict[str, JSONValue] = {name: findings_as_json(each) for name, each in (findings or {}).items()}
        told = {"findings": found} if found else {}
        print_json({"exports": exports, "kinds": kinds, "layouts": layouts, "seconds": seconds, **told, **(more or {})})
        return
    for table in tables:
        _show_table(table, [export for export in written if export.name == table.name])
        if findings and table.name in findings:
            click.echo()
            show_findings(findings[table.name], top=TOP, has_notes=False)
            click.echo()
    click.echo(f"Done in {seconds:.1f} s.", err=True)
    show_opening(destination, written)


def _show_table(table: EmbeddingTable, exports: Sequence[Written]) -> None:
    click.secho(
        f"{safe(table.name)}: {counted(table.n_rows, 'row')} of {counted(table.n_dims, 'dimension')}", bold=True
    )
    kinds = count_kinds(table)
    if kinds:
        click.echo("  " + " · ".join(f"{safe(kind)} {count:,}" for kind, count in kinds.items()))
    _show_layouts(table.layouts)
    notes = dict.fromkeys(note for export in exports for note in export.notes)
    for note in notes:
        click.echo(f"  {safe(note)}")
    for export in exports:
        click.echo(f"  {export.target}: {safe(str(export.folder))} ({human_size(export.n_bytes)})")


def _show_layouts(layouts: Sequence[Layout]) -> None:
    """Print how far each layout may be believed, in columns."""
    names = [safe(layout.name) for layout in layouts]
    for name, layout in zip(names, layouts, strict=True):
        click.echo(f"  {name.ljust(max(map(len, names)))}  {layout.quality or ''}".rstrip())


def show_opening(destination: Destination, written: Sequence[Written]) -> None:
    """Print how what was written is opened."""
    if destination.logdir is not None:
        folder = _quoted(destination.logdir)
        click.echo(f"Open it:  {_tensorboard()} --logdir {safe(folder)}   and go to  http://localhost:6006/#projector")
        if any(export.replaced and export.target == "tensorboard" for export in written):
            click.echo("A TensorBoard that is already open shows the new vectors after it is started again.")
    if destination.base_url:
        click.echo(
            f"Share it: https://projector.tensorflow.org/?config={quote(destination.base_url + FILE_NAME, safe='')}"
        )
    elif destination.standalone is not None:
        folders = [safe(str(export.folder)) for export in written if export.target == "standalone"]
        click.echo(
            "Upload it: at https://projector.tensorflow.org press Load, and choose vectors.tsv and metadata.tsv from "
            + " or ".join(folders)
        )


def _tensorboard() -> str:
    """Return what starts TensorBoard in this environment, which need not be an activated one."""
    if shutil.which("tensorboard"):
        return "tensorboard"
    beside = Path(sys.executable).with_name("tensorboard")
    return _quoted(beside) if beside.exists() else f"{_quoted(sys.executable)} -m tensorboard.main"


def _quoted(path: str | PathLike[str]) -> str:
    """Return a path as the platform's shell takes it."""
    return subprocess.list2cmdline([fspath(path)]) if sys.platform == "win32" else shlex.quote(fspath(path))
