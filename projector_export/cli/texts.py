"""``projector-export texts``: texts of a file, encoded by a model, to the viewer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
from tqdm import tqdm

from projector_export.cli.layout_options import layout_options
from projector_export.cli.options import destination_of, limits_of, target_options, treatment_of, treatment_options
from projector_export.cli.summary import show_exports
from projector_export.cli.terminal import PATIENCE, progress_bars
from projector_export.cli.text_options import text_options, text_options_of
from projector_export.pipeline import Progress, check_wishes, name_tables, treat, write
from projector_export.pipeline.texts import ENCODING, FETCHING, USUAL_MODEL, encoded_texts

__all__ = ["texts"]


@click.command()
@click.argument("data")
@click.option(
    "--model",
    metavar="MODEL",
    default=USUAL_MODEL,
    show_default=True,
    help="Hub id or folder: sentence-transformers, transformers or model2vec.",
)
@click.option("--name", metavar="NAME", help="Name of the tensor in the viewer.  [default: that of DATA]")
@text_options
@target_options
@treatment_options
@layout_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bars.")
def texts(data: str, model: str, **options: object) -> None:
    """Encode texts by a model and export their vectors, every other column along.

    DATA is a CSV, TSV, JSON lines, JSON, Parquet, Arrow or text file (one text a line), a Hugging Face dataset folder, or an
    address of such a file. Vectors are kept beside the export while they are computed: a command that was ended, however that
    was, goes on where it stopped when it is typed again. Code that a model brings along is never run.

    \b
    Examples:
      projector-export texts reviews.csv --text review --limit 1000 --logdir runs
      projector-export texts news.parquet --text title --text body --model intfloat/e5-small-v2 --prompt "query: "
      projector-export texts news.jsonl --model bert-base-uncased --pooling cls --layer all
      projector-export texts sentences.txt --granularity word --layout umap
      projector-export texts reviews.csv --text review --model minishlab/potion-base-8M --layout tsne --plot map.png
    """
    start = time.perf_counter()
    destination, treatment, limits = destination_of(options), treatment_of(options), limits_of(options)
    wanted = text_options_of(options)
    check_wishes(treatment, destination)
    told = _Told()
    with _told_what_is_kept(told), progress_bars(quiet=bool(options["quiet"])) as bars:
        progress = told.watching(bars)
        with encoded_texts(
            data, model, destination, options=wanted, treatment=treatment, resumed=told.resume, progress=progress
        ) as encoded:
            told.finish()
            tables = treat(name_tables(encoded.tables), treatment, destination, progress=progress)
            written = write(tables, destination, limits=limits, progress=progress)
            encoded.is_kept = bool(options["keep_vectors"])
    if encoded.is_kept:
        click.echo(f"Vectors are kept in {encoded.folder}.", err=True)
    show_exports(written, tables, destination, seconds=time.perf_counter() - start, as_json=bool(options["as_json"]))


_TEXTS = "{desc}: {percentage:3.0f}% |{bar}| {n:,} of {total:,}, {rate_fmt}, {remaining} left"
_BYTES = "{desc}: {percentage:3.0f}% |{bar}| {n_fmt}B of {total_fmt}B, {rate_fmt}, {remaining} left"
_MORE = "{desc}: {n_fmt}B, {rate_fmt}, {elapsed} so far"


@dataclass
class _Told:
    """What the user is told while texts come over and are encoded: how fast, how long it will take, what is kept."""

    bars: Progress | None = None
    bar: tqdm[None] | None = field(default=None, repr=False)
    n_done: int = 0
    n_texts: int = 0

    def watching(self, bars: Progress | None) -> Progress:
        """Return a progress function that gives texts and bytes bars of their own."""
        self.bars = bars
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage == ENCODING:
            self._show(stage, done, total, unit=" texts", shown=_TEXTS)
            self.n_done, self.n_texts = done, total
        elif stage == FETCHING:
            self._show(stage, done, total, unit="B", unit_scale=True, delay=PATIENCE, shown=_BYTES if total else _MORE)
        else:
            self.finish()
            if self.bars is not None:
                self.bars(stage, done, total)

    def _show(self, stage: str, done: int, total: int, *, shown: str, **unit: object) -> None:
        if self.bars is not None and (self.bar is None or self.bar.desc != stage):
            self.finish()
            self.bars(stage, 0, 1)  # takes away what is shown; a bar of one step does not appear
            self.bar = tqdm(
                total=total or None,
                initial=done,
                desc=stage,
                bar_format=shown,
                dynamic_ncols=True,
                leave=False,
                position=0,
                file=sys.stderr,
                mininterval=0.2,
                **unit,
            )
        if self.bar is not None:
            self.bar.total = total or None
            self.bar.update(done - self.bar.n)

    def resume(self, done: int, total: int) -> None:
        """Say that work goes on."""
        self.n_done, self.n_texts = done, total
        click.echo(f"Goes on where it stopped: {done:,} of {total:,} texts were encoded before.", err=True)

    def finish(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


@contextmanager
def _told_what_is_kept(told: _Told) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        told.finish()
        if told.n_texts:
            click.echo(
                f"Stopped at {told.n_done:,} of {told.n_texts:,} texts; all but the last chunk of them is kept: "
                "type the same command again to go on.",
                err=True,
            )
        raise
    finally:
        told.finish()
