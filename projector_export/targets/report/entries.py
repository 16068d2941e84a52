"""Rows of the report's table: suspects, dead and duplicate rows, and reference rows."""

from __future__ import annotations

import math

import numpy as np

from projector_export.formats.findings import Candidate, Findings
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.targets.findings_words import brief_evidence, states
from projector_export.targets.plot.wording import readable, shortened

__all__ = ["entries", "numbers_of", "sentence", "shown"]

MAX_NEIGHBOUR = 40
MAX_TOKEN = 120
"""Characters of a token that are shown: some are thousands long."""

COLUMNS: tuple[dict[str, JSONValue], ...] = (
    {"key": "row", "title": "id", "type": "number"},
    {"key": "token", "title": "token", "type": "text"},
    {"key": "kind", "title": "kind", "type": "text"},
    {"key": "state", "title": "state", "type": "list"},
    {"key": "score", "title": "score", "type": "number"},
    {"key": "norm", "title": "norm", "type": "number"},
    {"key": "evidence", "title": "evidence", "type": "list"},
    {"key": "nearest", "title": "nearest rows", "type": "list"},
    {"key": "probability", "title": "said by the model", "type": "number"},
)

NORM = 5
"""Place of the norm, behind the score."""


def entries(table: EmbeddingTable, findings: Findings) -> dict[str, JSONValue]:
    """Return the table's columns and rows, suspects first.

    Columns that would be empty are left out.
    """
    suspects = {candidate.row: candidate for candidate in findings.candidates}
    tokens, kinds = _texts(table, "token"), _texts(table, "kind")
    norms = numbers_of(table, "norm")
    scores = numbers_of(table, findings.indicators[0].name) if findings.indicators else None
    rows: list[list[JSONValue]] = []
    for row, told in states(findings).items():
        suspect = suspects.get(row)
        token = suspect.token if suspect else tokens[row] if tokens else str(row)
        rows.append(
            [
                row,
                shown(token),
                shown(suspect.kind if suspect else kinds[row] if kinds else ""),
                list(told),
                _number(suspect.score if suspect else None if scores is None else float(scores[row])),
                _number(None if norms is None else float(norms[row])),
                _evidence(findings, suspect) if suspect else [],
                [shortened(readable(each), MAX_NEIGHBOUR) for each in suspect.neighbours] if suspect else [],
                _number(suspect.probability if suspect else None),
            ]
        )
    if all(row[NORM] == row[NORM - 1] for row in rows):  # the main indicator is the norm
        for each in rows:
            each[NORM] = None
    kept = [place for place in range(len(COLUMNS)) if place < 4 or any(row[place] not in (None, []) for row in rows)]
    return {
        "columns": [COLUMNS[place] for place in kept],
        "rows": [[row[place] for place in kept] for row in rows],
    }


def _evidence(findings: Findings, suspect: Candidate) -> list[JSONValue]:
    """Return the evidence in a few words, and then in full where that says more."""
    brief = brief_evidence(findings, suspect.evidence)
    full = list(suspect.evidence) if len(suspect.evidence) > 1 or [brief] != list(suspect.evidence) else []
    return [sentence(each) for each in (brief, *full)]


def sentence(words: str) -> str:
    """Return a text of any length in which nothing moves or hides others."""
    return "".join(character if character.isprintable() else " " for character in words)


def numbers_of(table: EmbeddingTable, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
    """Return a column of numbers, missing ones NaN; None where the table has no such column."""
    values = next((column.values for column in table.columns if column.name == name), None)
    return values.astype(np.float64) if isinstance(values, np.ndarray) else None


def shown(text: str | None) -> str:
    """Return a text in which nothing is invisible, of a length that can be read."""
    return shortened(readable(text), MAX_TOKEN)


def _texts(table: EmbeddingTable, name: str) -> tuple[str | None, ...] | None:
    values = next((column.values for column in table.columns if column.name == name and not column.is_numeric), None)
    return None if values is None else tuple(values)


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")
