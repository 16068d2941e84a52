"""``projector-export vectors``: ready-made vectors, from their file to the viewer."""

from __future__ import annotations

import time
from typing import cast

import click

from projector_export.cli.layout_options import layout_options
from projector_export.cli.options import destination_of, limits_of, target_options, treatment_of, treatment_options
from projector_export.cli.summary import show_exports
from projector_export.cli.terminal import progress_bars
from projector_export.formats.viewer_limits import MAX_SPRITE_SIDE
from projector_export.pipeline import check_wishes, name_tables, treat, write
from projector_export.pipeline.vectors import FORMATS, VectorReading, read_vectors

__all__ = ["vectors"]


@click.command()
@click.argument("file")
@click.option("--labels", metavar="FILE", help="One label a line, or TSV, CSV, JSON: one row a vector.")
@click.option(
    "--column", metavar="NAME", help="Array, tensor or column that holds the vectors; or a pattern, as 'dim_*'."
)
@click.option("--label-column", metavar="NAME", help="Column that the viewer shows first.  [default: the first texts]")
@click.option("--format", "wanted", type=click.Choice(FORMATS), metavar="FORMAT", help="If FILE is not recognised.")
@click.option("--limit", type=click.IntRange(min=1), help="The first so many vectors only.")
@click.option("--header/--no-header", default=None, help="Whether CSV or TSV begins with names.  [default: by content]")
@click.option(
    "--split", metavar="NAME", help="Part of a dataset folder, LanceDB table or Chroma collection, of several."
)
@click.option(
    "--images", metavar="DIR|COLUMN", help="Pictures as thumbnails: a folder, or a column with them or their paths."
)
@click.option(
    "--thumbnail-size",
    type=click.IntRange(1, MAX_SPRITE_SIDE),
    metavar="N",
    help="Pixels of a thumbnail's longer side.  [default: 64, of many rows fewer]",
)
@click.option("--name", metavar="NAME", help="Name of the tensor in the viewer.  [default: the file's]")
@target_options
@treatment_options
@layout_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bars.")
def vectors(file: str, **options: object) -> None:
    """Export ready-made vectors, with everything that their file says about them.

    FILE is npy, npz, HDF5, safetensors or torch; Parquet, Arrow, CSV, TSV or JSON lines, also at an address (https://, s3://,
    hf://); a folder that Hugging Face datasets wrote; word2vec, GloVe, fastText or gensim; GGUF; an index of FAISS, a folder
    of LanceDB or Chroma. Other columns of the file become metadata. Pickles are never loaded.

    \b
    Examples:
      projector-export vectors vectors.npy --labels labels.txt
      projector-export vectors reviews.parquet --column embedding --label-column title --logdir runs
      projector-export vectors measurements.csv --column 'dim_*' --layout umap
      projector-export vectors digits.npy --labels digits.csv --images digits/ --thumbnail-size 48
      projector-export vectors glove.6B.300d.txt --limit 50000
      projector-export vectors model.safetensors --column wte.weight --labels vocab.json
    """
    start = time.perf_counter()
    reading = VectorReading(
        column=cast("str | None", options["column"]),
        labels=cast("str | None", options["labels"]),
        label=cast("str | None", options["label_column"]),
        format=cast("str | None", options["wanted"]),
        limit=cast("int | None", options["limit"]),
        header=cast("bool | None", options["header"]),
        split=cast("str | None", options["split"]),
        images=cast("str | None", options["images"]),
        thumbnail_size=cast("int | None", options["thumbnail_size"]),
    )
    destination, treatment, limits = destination_of(options), treatment_of(options), limits_of(options)
    check_wishes(treatment, destination)
    with progress_bars(quiet=bool(options["quiet"])) as progress:
        named = name_tables(read_vectors(file, reading, progress=progress), cast("str | None", options["name"]))
        tables = treat(named, treatment, destination, progress=progress)
        written = write(tables, destination, limits=limits, progress=progress)
    seconds = time.perf_counter() - start
    show_exports(written, tables, destination, seconds=seconds, as_json=bool(options["as_json"]))
