"""What a vocabulary's tables tell about its tokens: a table that carries the verdict, and the findings beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.formats import projector_config
from projector_export.formats.findings import DeadRows, Findings, References
from projector_export.pipeline.export import count_kinds
from projector_export.pipeline.measurements import (
    all_indicators,
    compared_indicators,
    find_references,
    measured_health,
    random_wins,
    with_random_wins,
)
from projector_export.pipeline.reading import Reading
from projector_export.pipeline.treatment import Progress, stage
from projector_export.pipeline.verdict import adaptive, as_candidates, marked, published, told_neighbours, with_wins
from projector_export.pipeline.vocabulary import kind_of, read_tables
from projector_export.pipeline.wishes import Mode, Wishes
from projector_export.provenance import Step
from projector_export.sources import own_export, word_vectors
from projector_export.sources.huggingface.output_bias import read_output_bias
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose import dead_rows, near_duplicates, references
from projector_export.transforms.diagnose.text_column import text_column

__all__ = ["Mode", "Wishes", "inspect", "inspect_source", "is_export"]

LEAST_AGREEMENT = 0.5
"""Mean cosine of reference rows below which they are said to share no direction."""


def inspect_source(
    source: str | PathLike[str],
    reading: Reading | None = None,
    wishes: Wishes | None = None,
    *,
    name: str | None = None,
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, Findings]:
    """Inspect the vocabulary of a model, or of an export of this program.

    Parameters
    ----------
    source
        Hub id, model folder or weights file: both tables are looked at where the model has two. Or a model of Keras or
        TensorFlow: one layer of it. Or a file of word vectors. Or the logdir of an export: the one table in it.
    reading
        Revision, tokenizer, tensor or layer of a model.
    wishes
        How it is inspected.
    name
        Which tensor of an export that has several.
    progress
        Told about stages that may take long.

    Raises
    ------
    ProjectorExportError
        If it cannot be read, or has nothing to compare.
    """
    if is_export(source):
        return inspect([own_export.read(source, name)], wishes, is_tied=None, progress=progress)
    reading = reading or Reading()
    if is_word_vectors(source) and reading == Reading():
        walked = stage(progress, "reading vectors")
        return inspect([word_vectors.read(source, progress=walked)], wishes, is_tied=None, progress=progress)
    tables = _model_tables(source, reading, progress)
    role = tables[0].provenance.steps[0].parameters.get("role")
    is_tied = True if role == "input and output (tied)" else False if len(tables) > 1 else None
    bias = None
    if is_tied is not None and kind_of(source) == "huggingface":
        bias = read_output_bias(source, tables[-1].n_rows, revision=reading.revision)
    return inspect(tables, wishes, is_tied=is_tied, bias=bias, progress=progress)


def is_export(source: str | PathLike[str]) -> bool:
    """Tell whether a source is a logdir in which a projector is configured."""
    return (Path(fspath(source)).expanduser() / projector_config.FILE_NAME).is_file()


def is_word_vectors(source: str | PathLike[str]) -> bool:
    """Tell whether a source is a file of word vectors and of no model."""
    path = Path(fspath(source)).expanduser()
    return path.is_file() and kind_of(path) == "huggingface" and word_vectors.recognises(path) is not None


def _model_tables(
    source: str | PathLike[str], reading: Reading, progress: Progress | None
) -> tuple[EmbeddingTable, ...]:
    if reading.tensor is not None or reading.table != "input" or kind_of(source) == "keras":
        return read_tables(source, reading, progress=progress)
    try:
        return read_tables(source, replace(reading, table="both"), progress=progress)
    except NotFoundError:  # an encoder has no output table
        return read_tables(source, reading, progress=progress)


def inspect(
    tables: Sequence[EmbeddingTable],
    wishes: Wishes | None = None,
    *,
    is_tied: bool | None,
    bias: npt.NDArray[np.floating] | None = None,
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, Findings]:
    """Inspect a vocabulary's tables.

    Parameters
    ----------
    tables
        The input table, or input and output table.
    wishes
        How they are inspected.
    is_tied
        Whether one table serves as both; None for a table that has no output beside it (encoders, word vectors).
    bias
        Of the output layer, shape ``(n_rows,)``, where there is one.
    progress
        Told about stages that may take long.

    Returns
    -------
    table : EmbeddingTable
        The input table with a column for each indicator, ``suspicion`` (share of rows that are less suspicious by the main
        indicator) and ``evidence``, and the selections ``under-trained suspects``, ``dead rows`` and ``near-duplicates``.
    findings : Findings

    Raises
    ------
    InvalidInputError
        If there is nothing to compare: one row; a tied table without reference rows in the ``"magikarp"`` mode.
    """
    wishes = wishes or Wishes()
    table, output = _checked(tables)
    if wishes.references is not None:
        references.given(output, wishes.references)  # a wrong number is told before the walks
    dead = _dead_rows(table, wishes, progress)
    known = find_references(output, dead, wishes, is_tied=is_tied)
    measured = all_indicators(table, output, known, wishes, is_tied=is_tied, bias=bias, progress=progress)
    compared = compared_indicators(table, measured, known, dead, wishes)
    if wishes.mode == "magikarp":
        verdict = published(table, compared, wishes.percentile)
    else:
        verdict = adaptive(table, compared, known, dead, is_tied=is_tied)
    health = measured_health(table, dead, wishes, progress)
    wins = random_wins(table, dead, wishes, progress)
    if wins is not None:
        verdict = with_wins(verdict, wins.counts, wins.n_directions)
    findings = Findings(
        name=table.name,
        n_rows=table.n_rows,
        n_dims=table.n_dims,
        is_tied=is_tied,
        kinds=count_kinds(table),
        dead=dead,
        references=known,
        indicators=tuple(each.summary for each in verdict.compared),
        candidates=as_candidates(table, verdict, told_neighbours(table, verdict, wishes.n_neighbors)),
        health=with_random_wins(health, wins, table.n_rows, wishes),
        notes=(*_notes(table, known), *verdict.notes),
    )
    return marked(table, findings, verdict, step=_step(wishes, known, is_tied)), findings


def _dead_rows(table: EmbeddingTable, wishes: Wishes, progress: Progress | None) -> DeadRows:
    dead = dead_rows.find(table, progress=stage(progress, "dead rows"))
    near = near_duplicates.find(table, dead=dead, seed=wishes.seed, progress=stage(progress, "near-duplicates"))
    return near.added_to(dead)


def _checked(tables: Sequence[EmbeddingTable]) -> tuple[EmbeddingTable, EmbeddingTable]:
    """Return input and output table, the same one where there is only one."""
    if not 1 <= len(tables) <= 2:
        raise InvalidInputError(
            f"an inspection takes an input table, or input and output table, not {len(tables)} tables"
        )
    for table in tables:
        if table.n_rows < 2:
            raise InvalidInputError(
                f"table {table.name!r} has one row, and an inspection compares rows: give two or more"
            )
    return tables[0], tables[-1]


def _notes(table: EmbeddingTable, known: References) -> tuple[str, ...]:
    notes = [note for note in table.provenance.notes if "approximate" in note]
    if not text_column(table, "kind"):
        notes.append("kinds of tokens are not known without a tokenizer: every row counts as an ordinary token")
    if known.rows and known.agreement is not None and known.agreement < LEAST_AGREEMENT and len(known.rows) > 1:
        notes.append(
            f"the {len(known.rows):,} reference rows ({known.evidence}) share no direction (mean cosine "
            f"{known.agreement:.2f}): cosines to them say little"
        )
    return tuple(notes)


def _step(wishes: Wishes, known: References, is_tied: bool | None) -> Step:
    return Step(
        "inspect",
        {
            "mode": wishes.mode,
            "percentile": wishes.percentile,
            "seed": wishes.seed,
            "uses_names": wishes.uses_names,
            "references": list(known.rows),
            "references_from": known.evidence,
            "is_tied": is_tied,
        },
    )
