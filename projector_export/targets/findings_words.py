"""Findings in words: the answer, counts, states of rows, cuts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from projector_export.formats.findings import Cut, Findings, IndicatorSummary
from projector_export.provenance import JSONValue

__all__ = [
    "STATES",
    "Count",
    "brief_evidence",
    "counts",
    "cut_text",
    "cuts_of",
    "number",
    "reference_text",
    "states",
    "verdict",
]

STATES = ("suspect", "zero", "tiny", "identical", "near-duplicate", "beyond the tokenizer", "reference")
"""What may be told of a row; more than one may hold."""


@dataclass(frozen=True)
class Count:
    """How many rows are in one state.

    Parameters
    ----------
    state
        One of :data:`STATES`.
    n_rows
        How many.
    n_groups
        In how many groups of equals; None where they are no groups.
    """

    state: str
    n_rows: int
    n_groups: int | None = None

    def __str__(self) -> str:
        if not self.n_groups:
            return f"{self.n_rows:,}"
        return f"{self.n_rows:,} in {self.n_groups:,} group{'' if self.n_groups == 1 else 's'}"


def counts(findings: Findings) -> tuple[Count, ...]:
    """Return how many rows are in each state, in the order of :data:`STATES`."""
    dead = findings.dead
    return (
        Count("suspect", len(findings.candidates)),
        Count("zero", len(dead.zero)),
        Count("tiny", len(dead.tiny)),
        Count("identical", sum(map(len, dead.identical)), len(dead.identical)),
        Count("near-duplicate", sum(map(len, dead.near_duplicates)), len(dead.near_duplicates)),
        Count("beyond the tokenizer", len(dead.padding)),
        Count("reference", len(findings.references.rows)),
    )


def states(findings: Findings) -> dict[int, tuple[str, ...]]:
    """Return the states of every row that has one, suspects first, then by row number."""
    dead = findings.dead
    rows = {
        "suspect": [candidate.row for candidate in findings.candidates],
        "zero": dead.zero,
        "tiny": dead.tiny,
        "identical": [row for group in dead.identical for row in group],
        "near-duplicate": [row for group in dead.near_duplicates for row in group],
        "beyond the tokenizer": dead.padding,
        "reference": findings.references.rows,
    }
    found: dict[int, tuple[str, ...]] = dict.fromkeys(rows["suspect"], ())
    found.update(dict.fromkeys(sorted({row for each in rows.values() for row in each} - set(found)), ()))
    for state in STATES:
        for row in rows[state]:
            found[row] = (*found[row], state)
    return found


def verdict(findings: Findings) -> str:
    """Return the answer in a sentence."""
    n_suspects = len(findings.candidates)
    if not n_suspects:
        return "No under-trained token stands out."
    tokens = "One token looks" if n_suspects == 1 else f"{n_suspects:,} tokens look"
    return f"{tokens} under-trained ({n_suspects / findings.n_rows:.2%} of {findings.n_rows:,} rows)."


def brief_evidence(findings: Findings, evidence: Sequence[str]) -> str:
    """Return evidence in a few words: indicators are counted where there are several, other phrases stay.

    "Apart" is beyond a gap that was found, "low" merely among the lowest.
    """
    names: dict[str, list[str]] = {"apart": [], "low": []}
    others = []
    for phrase in evidence:
        name = next((each.name for each in findings.indicators if phrase.startswith(f"{each.name} ")), None)
        if name is None:
            others.append(phrase)
        else:
            names["apart" if " is apart " in phrase else "low"].append(name)
    several = len(findings.indicators) > 2
    told = [
        f"{word} by {len(each)} of {len(findings.indicators)}" if several and len(each) > 1 else f"{each[0]} {word}"
        for word, each in names.items()
        if each
    ]
    return ", ".join((*told, *others))


def cut_text(cut: Cut) -> str:
    """Return where a cut lies, and how many rows are below."""
    if cut.threshold is None:
        return "no row stands out"
    return f"{cut.n_rows:,} row{'' if cut.n_rows == 1 else 's'} at {number(cut.threshold)} or below"


def cuts_of(indicator: IndicatorSummary) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each cut of an indicator."""
    for cut in indicator.cuts:
        yield cut.method, cut_text(cut)


def reference_text(findings: Findings) -> str:
    """Return which rows are taken for untrained, and why, in a sentence."""
    rows, evidence = findings.references.rows, findings.references.evidence
    if not rows:
        return "No reference rows: no row is known to be untrained."
    noun = "reference row" if len(rows) == 1 else "reference rows"
    return f"{len(rows):,} {noun} ({evidence}): {_ranges(rows)}"


def _ranges(rows: tuple[int, ...], *, n_shown: int = 6) -> str:
    """Return increasing numbers as ranges, as people type them."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:n_shown]]
    return ", ".join(texts) + (", …" if len(ranges) > n_shown else "")


def number(value: JSONValue) -> str:
    """Return a figure as people read it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return "–" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {number(part)}" for key, part in value.items())
    return ", ".join(map(number, value))
