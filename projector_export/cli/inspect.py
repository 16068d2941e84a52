"""``projector-export inspect``: dead, duplicate and under-trained tokens of a vocabulary, from its tables alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import click

from projector_export.cli.findings_summary import findings_as_json, show_findings
from projector_export.cli.inspection_options import inspection_options, wishes_of
from projector_export.cli.summary import show_opening
from projector_export.cli.terminal import human_size, print_json, progress_bars, safe
from projector_export.cli.verification_options import check_verification, verification_options, verified
from projector_export.cli.vocabulary_options import reading_of, vocabulary_options
from projector_export.errors import NotFoundError
from projector_export.formats import projector_config
from projector_export.formats.findings import Findings
from projector_export.pipeline import Destination, Treatment, Written, check_wishes, name_tables, write
from projector_export.pipeline.inspection import inspect_source, is_export
from projector_export.pipeline.vocabulary import kind_of
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.targets import findings_csv, report
from projector_export.targets.replacement import check_replaceable

__all__ = ["inspect"]

Writer = Callable[[EmbeddingTable, Findings, Path], Path]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("source", metavar="SOURCE_OR_LOGDIR")
@vocabulary_options(
    ["input", "output"], "Input embeddings, judged by the output head too where there is one; or the head alone."
)
@click.option("--name", metavar="NAME", help="Which tensor of a logdir that holds several; or its name in the export.")
@inspection_options
@verification_options
@click.option(
    "--top", type=click.IntRange(min=0), default=20, show_default=True, help="Suspects that are listed in the terminal."
)
@click.option("--json", "as_json", is_flag=True, help="Print all findings as JSON.")
@click.option(
    "--csv",
    "csv_file",
    metavar="FILE",
    type=_FILE,
    help="Write all rows with all indicators. A text that a spreadsheet would take for a formula (it begins with = + - @) "
    "gets an apostrophe in front.",
)
@click.option("--html", "html_file", metavar="FILE", type=_FILE, help="Write a report: one page that needs no network.")
@click.option(
    "--logdir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the vocabulary for TensorBoard too, with the findings and a bookmark for each selection.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress bars.")
def inspect(source: str, **options: object) -> None:
    """Find the dead, duplicate and under-trained (glitch) tokens of a vocabulary, from its embedding tables alone.

    SOURCE_OR_LOGDIR is a Hub id (OWNER/NAME), a model folder, a .safetensors or .gguf file, a .keras or .h5 file, a SavedModel
    folder, a TensorFlow checkpoint, a file of word vectors (word2vec, GloVe, fastText, gensim), or the logdir of an earlier
    export. No model is loaded or run, only the tables are read, unless --verify is given.

    \b
    Examples:
      projector-export inspect openai-community/gpt2
      projector-export inspect ./my-model --html report.html --csv rows.csv
      projector-export inspect ./my-model --logdir runs && tensorboard --logdir runs
      projector-export inspect ./my-model --verify
      projector-export inspect ./my-model --mode magikarp --reference 177-187
    """
    start = time.perf_counter()
    _check_source(source, options)
    check_verification(source, options)
    files, wishes, reading = _files(options), wishes_of(options), reading_of(options)
    destination = None if options["logdir"] is None else Destination(cast(Path, options["logdir"]))
    if destination is not None:
        check_wishes(Treatment(), destination)
    name = cast("str | None", options["name"])
    with progress_bars(quiet=bool(options["quiet"])) as progress:
        table, found = inspect_source(source, reading, wishes, name=name, progress=progress)
        table, found = verified(table, found, source, options, progress)
        (table,) = name_tables([table], name)
        found = replace(found, name=table.name)
        written: Sequence[Written] = ()
        if destination is not None:
            written = write(table, destination, findings={table.name: found}, progress=progress)
        for file, write_file in files.items():
            write_file(table, found, file)
    seconds = time.perf_counter() - start
    if options["as_json"]:
        print_json(_document(found, files, written, seconds))
        return
    show_findings(found, top=cast(int, options["top"]))
    for file in files:
        click.echo(f"Written: {safe(str(file))} ({human_size(file.stat().st_size)})")
    click.echo(f"Done in {seconds:.1f} s.", err=True)
    if destination is not None:
        show_opening(destination, written)


def _check_source(source: str, options: Mapping[str, object]) -> None:
    folder = Path(source).expanduser()
    if not is_export(source):
        kind = kind_of(source)
        if kind != "huggingface" and options["verify"]:
            raise click.UsageError("--verify asks a Hugging Face model, and this is no such model: leave it out")
        if folder.is_dir() and kind == "huggingface":
            _check_logdir(folder)
    given = [
        f"--{option}"
        for option in ("revision", "tokenizer", "tensor", "layer", "labels")
        if options[option] is not None
    ]
    if given and is_export(source):
        raise click.UsageError(
            f"{safe(source)} is the logdir of an export, and {given[0]} is for a model: leave it away, or give the model"
        )


def _check_logdir(folder: Path) -> None:
    """Tell where the exports are, if a folder is a logdir without one of its own."""
    runs = sorted(path.parent for path in folder.glob(f"*/{projector_config.FILE_NAME}"))
    if runs:
        names = ", ".join(run.name for run in runs[:5]) + (", …" if len(runs) > 5 else "")
        raise NotFoundError(f"the exports of {folder} lie in its runs ({names}): give one of them, as in {runs[0]}")
    if any(folder.glob("events.out.tfevents*")):
        raise NotFoundError(f"{folder} is a logdir without an export: give a model, or the logdir of an earlier export")


def _files(options: Mapping[str, object]) -> dict[Path, Writer]:
    """Return the files that are wanted, with what writes them."""
    files: dict[Path, Writer] = {}
    for option, write_file in (("csv_file", findings_csv.write), ("html_file", report.write)):
        file = cast("Path | None", options[option])
        if file is None:
            continue
        if file in files:
            raise click.UsageError("--csv and --html cannot be the same file: name two")
        check_replaceable(file)
        files[file] = write_file
    return files


def _document(
    found: Findings, files: Mapping[Path, Writer], written: Sequence[Written], seconds: float
) -> dict[str, JSONValue]:
    """Return the findings, as findings.json holds them, and what was written."""
    return {
        **findings_as_json(found),
        "files": [str(file) for file in files],
        "exports": [export.as_json() for export in written],
        "seconds": seconds,
    }
