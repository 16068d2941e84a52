"""``projector-export vocab``: the vocabulary of a language model or a Keras layer, from its files to the viewer."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import cast

import click

from projector_export.cli.layout_options import layout_options
from projector_export.cli.options import destination_of, limits_of, target_options, treatment_of, treatment_options
from projector_export.cli.summary import show_exports
from projector_export.cli.terminal import progress_bars
from projector_export.cli.vocabulary_options import reading_of, vocabulary_options
from projector_export.formats.findings import Findings
from projector_export.pipeline import Progress, Reading, check_wishes, name_tables, read_tables, treat, write
from projector_export.pipeline.inspection import Wishes, inspect_source
from projector_export.table import EmbeddingTable

__all__ = ["vocab"]


@click.command()
@click.argument("source")
@vocabulary_options(["input", "output", "both"], "Input embeddings, output head, or both, of a language model.")
@click.option("--name", metavar="NAME", help="Name of the tensor in the viewer.  [default: the model's]")
@target_options
@treatment_options
@layout_options
@click.option(
    "--inspect", "inspected", is_flag=True, help="Look for dead, duplicate and under-trained tokens too (see inspect)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bars.")
def vocab(source: str, **options: object) -> None:
    """Export the vocabulary of a language model, or an embedding layer of a Keras or TensorFlow model, every row labelled.

    SOURCE is a Hub id (OWNER/NAME), a model folder, a .safetensors or .gguf file; or a .keras or .h5 file, a SavedModel
    folder, or a TensorFlow checkpoint (its prefix, or its folder). Only the embedding tensor is read or fetched, never the
    whole model. HF_TOKEN gives access to private models.

    \b
    Examples:
      projector-export vocab sentence-transformers/all-MiniLM-L6-v2
      projector-export vocab openai-community/gpt2 --logdir runs --name gpt2
      projector-export vocab ./my-model --layout umap:n_components=3 --layout tsne --plot map.png
      projector-export vocab ./my-model --table both --run epoch-3 --logdir runs
      projector-export vocab ./my-model --inspect --logdir runs
      projector-export vocab model.safetensors --tokenizer ./tokenizer.json --standalone site
      projector-export vocab sentiment.keras --logdir runs
      projector-export vocab saved_model/ --layer embedding --labels vocabulary.txt
    """
    start = time.perf_counter()
    reading = reading_of(options)
    destination, treatment, limits = destination_of(options), treatment_of(options), limits_of(options)
    is_inspected = bool(options["inspected"])
    if is_inspected and (treatment.drop_bad_rows or treatment.drop_zero_rows):
        raise click.UsageError("--inspect names rows by their ids: leave out --drop-bad-rows and --drop-zero-rows")
    check_wishes(treatment, destination)
    with progress_bars(quiet=bool(options["quiet"])) as progress:
        read, found = _read(source, reading, treatment.wanted_layouts.seed if is_inspected else None, progress)
        named = name_tables(read, cast("str | None", options["name"]))
        findings = {} if found is None else {named[0].name: replace(found, name=named[0].name)}
        tables = treat(named, treatment, destination, progress=progress)
        written = write(tables, destination, limits=limits, findings=findings, progress=progress)
    show_exports(
        written,
        tables,
        destination,
        seconds=time.perf_counter() - start,
        as_json=bool(options["as_json"]),
        findings=findings,
    )


def _read(
    source: str, reading: Reading, seed: int | None, progress: Progress | None
) -> tuple[tuple[EmbeddingTable, ...], Findings | None]:
    """Return the tables that are asked for; with a seed the first one is inspected, and what was found in it."""
    if seed is None:
        return read_tables(source, reading, progress=progress), None
    table, found = inspect_source(source, reading, Wishes(seed=seed), progress=progress)
    others = read_tables(source, reading, progress=progress)[1:] if reading.table == "both" else ()
    return (table, *others), found
