"""Candidates that the model itself was asked for: the findings and the table with its answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from projector_export.formats.findings import Candidate, Findings
from projector_export.pipeline.treatment import Progress, stage
from projector_export.pipeline.verdict import EVIDENCE
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.verification import Source, ask, check_askable

__all__ = ["LIMIT", "PROBABILITY", "VERIFIED", "Source", "check_askable", "verify"]

LIMIT = 500
"""Candidates that are asked for by default, the most suspicious first."""

VERIFIED = 0.01
"""A token that the model never gives a higher probability is under-trained (Land and Bartolo 2024, section 2.3)."""

PROBABILITY = "probability"
"""Name of the column."""


def verify(
    table: EmbeddingTable,
    findings: Findings,
    source: Source,
    *,
    limit: int = LIMIT,
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, Findings]:
    """Ask the model itself for the candidates of an inspection.

    Parameters
    ----------
    table, findings
        What the inspection returned.
    source
        The model whose vocabulary was inspected.
    limit
        Candidates that are asked for, the most suspicious first.
    progress
        Told how many answers are there.

    Returns
    -------
    table : EmbeddingTable
        With a column ``probability``, NaN where the model was not asked, and the answer in ``evidence``.
    findings : Findings
        Candidates with their probability, and a note with the counts.

    Raises
    ------
    ProjectorExportError
        If the model cannot be read or cannot be asked.
    """
    rows = [candidate.row for candidate in findings.candidates[:limit]]
    answers: Mapping[int, float] = {}
    if rows:
        answers = ask(source, rows, progress=stage(progress, "asking the model"))
    answers = {row: answer for row, answer in answers.items() if math.isfinite(answer)}
    candidates = tuple(_told(candidate, answers.get(candidate.row)) for candidate in findings.candidates)
    note = _note(len(rows), answers, len(candidates))
    found = replace(findings, candidates=candidates, notes=(*findings.notes, note))
    return _marked(table, answers, note, Step("verify", {"limit": limit, "threshold": VERIFIED})), found


def _told(candidate: Candidate, answer: float | None) -> Candidate:
    if answer is None:
        return candidate
    return replace(candidate, probability=answer, evidence=(*candidate.evidence, _phrase(answer)))


def _phrase(answer: float) -> str:
    """Return an answer as evidence; a small one is rounded up, for it is told as a bound."""
    if answer > VERIFIED:
        return f"the model gives it up to {answer:.0%}"
    bound = max(math.ceil(answer * 1000) / 10, 0.1)
    return f"verified: the model gives it at most {bound:g} %"


def _note(n_asked: int, answers: Mapping[int, float], n_candidates: int) -> str:
    if not n_candidates:
        return "the model was not asked: there is no candidate to ask it for"
    n_verified = sum(answer <= VERIFIED for answer in answers.values())
    of = "all" if n_asked == n_candidates else f"the {n_asked:,} most suspicious of"
    text = (
        f"the model itself was asked for {of} {n_candidates:,} candidates: {n_verified:,} are verified (it gives them at most "
        f"{VERIFIED:.0%}), {len(answers) - n_verified:,} are not"
    )
    n_lost = n_asked - len(answers)
    return f"{text}, and of {n_lost:,} its answer is no number" if n_lost else text


def _marked(table: EmbeddingTable, answers: Mapping[int, float], note: str, step: Step) -> EmbeddingTable:
    values = np.full(table.n_rows, np.nan)
    for row, answer in answers.items():
        values[row] = answer
    columns = [
        _with_answers(column, answers) if column.name == EVIDENCE else column
        for column in table.columns
        if column.name != PROBABILITY
    ]
    provenance = table.provenance.then(step, note)
    return replace(table, columns=(*columns, Column(PROBABILITY, values)), provenance=provenance)


def _with_answers(column: Column, answers: Mapping[int, float]) -> Column:
    texts: Sequence[str | None] = [None if text is None else str(text) for text in column.values]
    told = [
        "; ".join(filter(None, (text, _phrase(answers[row])))) if row in answers else text
        for row, text in enumerate(texts)
    ]
    return replace(column, values=told)
