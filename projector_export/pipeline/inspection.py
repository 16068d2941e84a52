"""What a vocabulary's tables tell about its tokens: a table that carries the verdict, and the findings beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.formats import projector_config
from projector_export.formats.findings import DeadRows, Findings, References
from projector_export.pipeline.export import count_kinds
from projector_export.pipeline.treatment import Progress, stage
from projector_export.pipeline.verdict import adaptive, as_candidates, marked, published, told_neighbours
from projector_export.provenance import Step
from projector_export.sources import huggingface, own_export
from projector_export.sources.huggingface import Reading
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose import candidates, dead_rows, near_duplicates, references
from projector_export.transforms.diagnose.candidates import Compared
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.input_norm import input_norm
from projector_export.transforms.diagnose.magikarp import LEAST_PRODUCT
from projector_export.transforms.diagnose.output_bias import output_bias
from projector_export.transforms.diagnose.reference_distance import FROM_REFERENCES, reference_distances
from projector_export.transforms.diagnose.text_column import text_column

__all__ = ["Mode", "Wishes", "inspect", "inspect_source"]

Mode = Literal["adaptive", "magikarp"]

LEAST_AGREEMENT = 0.5
"""Mean cosine of reference rows below which they are said to share no direction."""


@dataclass(frozen=True)
class Wishes:
    """How a vocabulary is inspected.

    Parameters
    ----------
    references
        Row numbers known to be untrained; found automatically where None.
    mode
        ``"adaptive"``: candidates are the rows that lie apart in the main indicator's distribution, possibly none.
        ``"magikarp"``: the published computation, the lowest percentile whatever its rows look like.
    percentile
        Of the ordinary tokens, above 0 and below 100; 2 is the published one.
    seed
        Of random directions and samples.
    n_neighbors
        Nearest tokens that are shown of each candidate, from 0.
    uses_names
        Whether a name such as ``[unused12]`` makes a row a reference.

    Raises
    ------
    InvalidInputError
        If a value is outside its range.
    """

    references: Sequence[int] | None = None
    mode: Mode = "adaptive"
    percentile: float = 2.0
    seed: int = 0
    n_neighbors: int = 3
    uses_names: bool = True

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise InvalidInputError(f"a mode of inspection is one of {', '.join(get_args(Mode))}, not {self.mode!r}")
        if not 0 < self.percentile < 100:
            raise InvalidInputError(f"a percentile lies between 0 and 100, not at {self.percentile!r}")
        if self.n_neighbors < 0:
            raise InvalidInputError(
                f"the number of neighbours shown is a whole number from 0, not {self.n_neighbors!r}"
            )


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
        Hub id, model folder or weights file: both tables are looked at where the model has two. Or the logdir of an export:
        the one table in it.
    reading
        Revision, tokenizer or tensor of a model.
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
    tables = _model_tables(source, reading or Reading(), progress)
    role = tables[0].provenance.steps[0].parameters.get("role")
    is_tied = True if role == "input and output (tied)" else False if len(tables) > 1 else None
    return inspect(tables, wishes, is_tied=is_tied, progress=progress)


def is_export(source: str | PathLike[str]) -> bool:
    """Tell whether a source is a logdir in which a projector is configured."""
    return (Path(fspath(source)).expanduser() / projector_config.FILE_NAME).is_file()


def _model_tables(
    source: str | PathLike[str], reading: Reading, progress: Progress | None
) -> tuple[EmbeddingTable, ...]:
    if reading.tensor is not None or reading.table != "input":
        return huggingface.read(source, reading, progress=progress)
    try:
        return huggingface.read(source, replace(reading, table="both"), progress=progress)
    except NotFoundError:  # an encoder has no output table
        return huggingface.read(source, reading, progress=progress)


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
    dead = dead_rows.find(table, progress=stage(progress, "dead rows"))
    near = near_duplicates.find(table, dead=dead, seed=wishes.seed, progress=stage(progress, "near-duplicates"))
    dead = near.added_to(dead)
    known = _references(output, dead, wishes, is_tied=is_tied)
    measured = _indicators(table, output, known, wishes, is_tied=is_tied, bias=bias, progress=progress)
    compared = _compared(table, measured, known, dead, wishes)
    if wishes.mode == "magikarp":
        verdict = published(table, compared, wishes.percentile)
    else:
        verdict = adaptive(table, compared, known, dead, is_tied=is_tied)
    shown = told_neighbours(table, verdict, wishes.n_neighbors)
    findings = Findings(
        name=table.name,
        n_rows=table.n_rows,
        n_dims=table.n_dims,
        is_tied=is_tied,
        kinds=count_kinds(table),
        dead=dead,
        references=known,
        indicators=tuple(each.summary for each in verdict.compared),
        candidates=as_candidates(table, verdict, shown),
        health={},
        notes=(*_notes(table, known), *verdict.notes),
    )
    return marked(table, findings, verdict, step=_step(wishes, known, is_tied)), findings


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


def _references(output: EmbeddingTable, dead: DeadRows, wishes: Wishes, *, is_tied: bool | None) -> References:
    if wishes.references is not None:
        return references.given(output, wishes.references)
    avoid = np.array([*dead.zero, *dead.tiny], dtype=np.int64)
    known = references.find(output, avoid=avoid, near_duplicates=dead.near_duplicates, uses_names=wishes.uses_names)
    if wishes.mode == "magikarp" and is_tied and not known.rows:
        raise InvalidInputError(
            f"the published computation for tied tables needs reference rows, and {output.name!r} has none that can be found: "
            "name rows that are known to be untrained with --reference, such as 177-187, or take the adaptive mode"
        )
    return known


def _indicators(
    table: EmbeddingTable,
    output: EmbeddingTable,
    known: References,
    wishes: Wishes,
    *,
    is_tied: bool | None,
    bias: npt.NDArray[np.floating] | None,
    progress: Progress | None,
) -> tuple[Indicator, ...]:
    """Return all indicators, in the order in which they are asked: the length first unless the tables are tied."""
    lengths = input_norm(table, progress=stage(progress, "input rows"))
    distances: tuple[Indicator, ...] = ()
    if known.rows:
        rows = np.array(known.rows, dtype=np.int64)
        least = LEAST_PRODUCT if wishes.mode == "magikarp" else 0.0
        walked = stage(progress, "distances to the reference rows")
        found = reference_distances(output, rows, least_product=least, progress=walked)
        distances = tuple(each.of_rows(table.n_rows) for each in found)
    pushed = None if bias is None else output_bias(bias, table.n_rows)
    biases = () if pushed is None else (pushed,)
    return (*distances, *biases, lengths) if is_tied else (lengths, *distances, *biases)


def _compared(
    table: EmbeddingTable, measured: Sequence[Indicator], known: References, dead: DeadRows, wishes: Wishes
) -> tuple[Compared, ...]:
    out = candidates.left_out(table, dead)
    return tuple(
        candidates.compare(
            table,
            each,
            out=out,
            references=known,
            from_references=each.name in FROM_REFERENCES,
            percentile=wishes.percentile,
        )
        for each in measured
    )


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
