"""From compared indicators to candidates, and to a table that carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.formats.findings import Candidate, DeadRows, Findings, References
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable, Selection
from projector_export.transforms.diagnose.candidates import Compared, in_clusters, left_out
from projector_export.transforms.diagnose.input_norm import LONGEST
from projector_export.transforms.diagnose.input_norm import NAME as INPUT_NORM
from projector_export.transforms.diagnose.magikarp import magikarp
from projector_export.transforms.diagnose.nearest_rows import nearest_rows
from projector_export.transforms.diagnose.output_bias import NAME as OUTPUT_BIAS
from projector_export.transforms.diagnose.reference_distance import CENTRED, COSINE
from projector_export.transforms.diagnose.text_column import text_column
from projector_export.transforms.diagnose.token_classes import token_classes

__all__ = [
    "DEAD",
    "EVIDENCE",
    "NEAR",
    "SUSPECTS",
    "Verdict",
    "adaptive",
    "as_candidates",
    "marked",
    "published",
    "told_neighbours",
    "with_wins",
]

SUSPECTS, DEAD, NEAR = "under-trained suspects", "dead rows", "near-duplicates"
"""Names of the selections."""

EVIDENCE, SUSPICION = "evidence", "suspicion"

N_SHOWN = 100
"""Candidates whose nearest rows are looked up."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """Which rows are suspects, and why.

    Parameters
    ----------
    compared
        The indicators, the main one first.
    rows
        Row numbers of the candidates, the most suspicious first.
    evidence
        Candidate -> why it is one, a phrase each.
    notes
        Sentences that the user should read.
    """

    compared: tuple[Compared, ...]
    rows: npt.NDArray[np.int64]
    evidence: Mapping[int, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def published(table: EmbeddingTable, compared: Sequence[Compared], percentile: float) -> Verdict:
    """Return the verdict of the published computation on the first indicator."""
    threshold, rows = magikarp(compared[0].indicator, token_classes(table), percentile=percentile)
    name = compared[0].indicator.name
    phrase = f"{name} at or below {threshold:.4g}, the lowest {percentile:g} % of ordinary tokens"
    return Verdict(tuple(compared), rows, dict.fromkeys(rows.tolist(), (phrase,)))


def adaptive(
    table: EmbeddingTable, compared: Sequence[Compared], known: References, dead: DeadRows, *, is_tied: bool | None
) -> Verdict:
    """Return the verdict by the first indicator whose distribution has a lower group, and by groups of near-duplicates.

    Where the tables are tied, a token's row is trained as an output too whenever it does not occur, so its length says less
    than its direction, which is asked first.
    """
    lengths, angles = (LONGEST, INPUT_NORM), (COSINE, CENTRED, OUTPUT_BIAS)
    asked = (*angles, *lengths) if is_tied else (*lengths, *angles)
    by_name = {each.indicator.name: each for each in compared}
    grouped = [by_name[name] for name in asked if name in by_name and by_name[name].group is not None]
    main = grouped[0] if grouped else compared[0]
    ordered = (main, *(each for each in compared if each is not main))
    usable = ~left_out(table, dead)
    values = main.indicator.values
    suspicious = main.low.copy()
    suspicious[[row for row in in_clusters(dead, table.n_rows) if usable[row]]] = True
    rows = np.flatnonzero(suspicious)
    rows = rows[np.argsort(np.nan_to_num(values[rows], nan=np.inf), kind="stable")]
    evidence = _evidence(ordered, rows, known, dead)
    notes = tuple(note for each in compared for note in each.notes)
    if not grouped:
        notes = (*notes, "no indicator's distribution has a lower group of rows: nothing suggests under-trained tokens")
    return Verdict(ordered, rows, evidence, notes)


def _evidence(
    compared: Sequence[Compared], rows: npt.NDArray[np.int64], known: References, dead: DeadRows
) -> dict[int, tuple[str, ...]]:
    phrases: dict[int, list[str]] = {row: [] for row in rows.tolist()}
    for each in compared:
        name, values = each.indicator.name, each.indicator.values
        if each.group is not None:
            named, words, limit = each.low[rows], "apart from the others", each.group.threshold
        else:
            named, words, limit = values[rows] <= each.percentile, "among the lowest", each.percentile
        for row in rows[named].tolist():
            phrases[row].append(f"{name} {values[row]:.4g} is {words}, at or below {limit:.4g}")
    for row in set(known.rows) & phrases.keys():
        phrases[row].append(f"reference row ({known.evidence})")
    for group in dead.near_duplicates:
        for row in phrases.keys() & set(group):
            phrases[row].append(f"one of {len(group):,} nearly equal rows")
    return {row: tuple(each) for row, each in phrases.items()}


def with_wins(verdict: Verdict, counts: npt.NDArray[np.int64], n_directions: int) -> Verdict:
    """Return the verdict with a word on candidates that were the largest row along none of the random directions."""
    phrase = f"largest along none of {n_directions:,} random directions"
    evidence = {row: (*found, phrase) if counts[row] == 0 else found for row, found in verdict.evidence.items()}
    return replace(verdict, evidence=evidence)


def told_neighbours(table: EmbeddingTable, verdict: Verdict, k: int) -> list[tuple[str, ...]]:
    """Return the labels of the ``k`` nearest rows of the first candidates."""
    rows = verdict.rows[:N_SHOWN]
    if not k or not len(rows):
        return []
    labels = _labels(table)
    return [tuple(labels[row] for row in found if row >= 0) for found in nearest_rows(table, rows, k).tolist()]


def as_candidates(
    table: EmbeddingTable, verdict: Verdict, neighbours: Sequence[tuple[str, ...]]
) -> tuple[Candidate, ...]:
    """Return the candidates as the findings hold them."""
    labels, kinds = _labels(table), text_column(table, "kind")
    values = verdict.compared[0].indicator.values
    return tuple(
        Candidate(
            row=row,
            token=labels[row],
            kind=(kinds[row] or "") if kinds else "",
            score=float(values[row]),
            evidence=verdict.evidence[row],
            neighbours=neighbours[place] if place < len(neighbours) else (),
        )
        for place, row in enumerate(verdict.rows.tolist())
    )


def marked(table: EmbeddingTable, findings: Findings, verdict: Verdict, *, step: Step) -> EmbeddingTable:
    """Return the table with the verdict's columns and selections; those of an earlier inspection are replaced."""
    dead = findings.dead
    columns = (
        *(Column(each.indicator.name, each.indicator.values) for each in verdict.compared),
        Column(SUSPICION, _suspicion(verdict.compared[0].indicator.values, left_out(table, dead))),
        Column(EVIDENCE, _all_evidence(table.n_rows, verdict, dead), spelled=True),
    )
    selections = (
        Selection(SUSPECTS, verdict.rows, f"{len(verdict.rows):,} rows, by {verdict.compared[0].indicator.name}"),
        Selection(DEAD, _rows(dead.zero, dead.tiny, dead.padding, *dead.identical), "zero, tiny, repeated or padding"),
        Selection(NEAR, _rows(*dead.near_duplicates), "rows that are nearly equal to others"),
    )
    new = {column.name for column in columns}
    fresh = {selection.name for selection in selections}
    return replace(
        table,
        columns=(*(column for column in table.columns if column.name not in new), *columns),
        selections=(
            *(selection for selection in table.selections if selection.name not in fresh),
            *(selection for selection in selections if len(selection.rows)),
        ),
        provenance=table.provenance.then(step, *findings.notes),
    )


def _labels(table: EmbeddingTable) -> Sequence[str]:
    label = next((column for column in table.columns if not column.is_numeric), None)
    if label is None:
        return [f"row {row}" for row in range(table.n_rows)]
    return [str(value) if value is not None else f"row {row}" for row, value in enumerate(label.values)]


def _suspicion(values: npt.NDArray[np.float64], out: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the share of the compared rows that are less suspicious than each; NaN for rows that are not compared."""
    suspicion = np.full(len(values), np.nan)
    usable = np.isfinite(values) & ~out
    ordered = np.sort(values[usable])
    if len(ordered):
        above = len(ordered) - np.searchsorted(ordered, values[usable], side="right")
        suspicion[usable] = np.round(above / len(ordered), 6)
    return suspicion


def _all_evidence(n_rows: int, verdict: Verdict, dead: DeadRows) -> list[str | None]:
    phrases: list[list[str]] = [[] for _ in range(n_rows)]
    for row, found in verdict.evidence.items():
        phrases[row].extend(found)
    for words, rows in (("zero row", dead.zero), ("tiny row", dead.tiny), ("padding", dead.padding)):
        for row in rows:
            phrases[row].append(words)
    for group in dead.identical:
        for row in group:
            phrases[row].append(f"one of {len(group):,} equal rows")
    return ["; ".join(found) or None for found in phrases]


def _rows(*groups: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.array(sorted({row for group in groups for row in group}), dtype=np.int64)
