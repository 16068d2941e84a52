"""What a person reads after an inspection: the answer, the suspects, and the figures on the whole table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import click

from projector_export.cli.cells import cell_width, clipped, padded, shared, terminal_width
from projector_export.cli.terminal import safe
from projector_export.errors import counted
from projector_export.formats.findings import Candidate, Findings, IndicatorSummary, encode
from projector_export.provenance import JSONValue
from projector_export.targets.findings_words import (
    Count,
    brief_evidence,
    counts,
    cut_text,
    number,
    reference_text,
    verdict,
)
from projector_export.targets.health_words import figures

__all__ = ["findings_as_json", "show_findings"]

GAP = "  "
MAX_NEIGHBOUR = 18
"""Cells of a neighbour's token, so that more than one of them is seen."""

MIN_CELLS = 8
"""A column that would be narrower is left out."""


def findings_as_json(findings: Findings) -> dict[str, JSONValue]:
    """Return findings as findings.json holds them."""
    content: dict[str, JSONValue] = json.loads(encode(findings))
    return content


def show_findings(findings: Findings, *, top: int, has_notes: bool = True) -> None:
    """Print findings to stdout.

    Parameters
    ----------
    findings
        What was found.
    top
        Suspects that are listed.
    has_notes
        Whether the notes are printed too.
    """
    width = terminal_width()
    tied = {True: ", input and output table are one", False: ", input and output table differ", None: ""}
    shape = f"{counted(findings.n_rows, 'row')} of {counted(findings.n_dims, 'dimension')}{tied[findings.is_tied]}"
    _show_title(f"{findings.name}: {shape}", width)
    _wrap((f"{safe(kind)} {n:,}" for kind, n in sorted(findings.kinds.items(), key=lambda each: -each[1])), width)
    _show_dead(counts(findings), width)
    _show_indicators(findings.indicators, width)
    click.echo()
    _show_title(verdict(findings), width, color="yellow" if findings.candidates else "green")
    _show_candidates(findings, top, width)
    if len(findings.candidates) > top:
        click.echo(clipped(f"{GAP}… and {len(findings.candidates) - top:,} more (--top, --csv, --html)", width))
    _show_references(findings, width)
    _show_health(findings, width)
    for note in findings.notes if has_notes else ():
        click.echo("\n".join(clipped(line, width) for line in _lines(safe(f"Note: {note}"), width)))


def _show_title(text: str, width: int, *, color: str | None = None) -> None:
    for line in _lines(safe(text), width):
        click.secho(clipped(line, width), bold=True, fg=color)


def _wrap(parts: Iterable[str], width: int, *, separator: str = " · ") -> None:
    """Print parts one after the other, on as many lines as it takes."""
    line = ""
    for part in parts:
        longer = line + separator + part if line else part
        if line and cell_width(longer) + 2 > width:
            click.echo(f"{GAP}{line}")
            longer = part
        line = longer
    if line:
        click.echo(f"{GAP}{clipped(line, max(1, width - 2))}")


def _show_dead(told: Sequence[Count], width: int) -> None:
    dead = [count for count in told if count.state not in {"suspect", "reference"}]
    click.echo()
    click.secho(
        "Dead and duplicate rows" if any(count.n_rows for count in dead) else "No dead or duplicate rows", bold=True
    )
    _wrap((f"{count.state} {count}" for count in dead if count.n_rows), width)


def _show_indicators(indicators: Sequence[IndicatorSummary], width: int) -> None:
    if not indicators:
        return
    click.echo()
    _show_title("Indicators of under-training (low is suspicious)", width)
    rows = [
        (
            indicator.name,
            f"{number(indicator.mean)} ± {number(indicator.standard_deviation)}",
            "; ".join(f"{cut.method}: {cut_text(cut)}" for cut in indicator.cuts),
        )
        for indicator in indicators
    ]
    _print_columns(rows, width, folded=True)


def _show_candidates(findings: Findings, top: int, width: int) -> None:
    candidates = findings.candidates[:top]
    if not candidates:
        return
    head = ("id", "token", "kind", "score", "evidence", "nearest")
    rows = [
        (
            str(each.row),
            each.token,
            each.kind,
            _score(each),
            brief_evidence(findings, each.evidence),
            " ".join(clipped(token, MAX_NEIGHBOUR) for token in each.neighbours),
        )
        for each in candidates
    ]
    fixed = [max(cell_width(row[place]) for row in (head, *rows)) for place in (0, 3)]
    _print_columns([head, *rows], width, fixed={0: fixed[0], 3: fixed[1]}, right={0, 3}, has_head=True)
    if any("apart" in row[4] or "low" in row[4] for row in rows):
        words = "apart: beyond a gap in an indicator's distribution; low: among the lowest of ordinary tokens"
        click.secho(clipped(f"{GAP}{words}", width), dim=True)


def _score(candidate: Candidate) -> str:
    """Return the score, with the model's own probability where it was asked."""
    if candidate.probability is None:
        return number(candidate.score)
    return f"{number(candidate.score)} p={candidate.probability:.1g}"


def _show_references(findings: Findings, width: int) -> None:
    click.echo()
    for line in _lines(safe(reference_text(findings)), width):
        click.echo(clipped(line, width))


def _show_health(findings: Findings, width: int) -> None:
    rows = [(told.title, told.value, told.meaning) for told in figures(findings)]
    if rows:
        click.echo()
        click.secho("The whole table", bold=True)
        _print_columns(rows, width, right={1}, folded=True)


def _print_columns(
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    fixed: dict[int, int] | None = None,
    right: Iterable[int] = (),
    has_head: bool = False,
    folded: bool = False,
) -> None:
    """Print rows in columns that fit a line.

    Cells are clipped, those of the last column folded if wanted; columns without room are left out, the last ones first.
    """
    fixed, to_the_right = fixed or {}, set(right)
    sizes = _sizes(rows, width, fixed)
    for count, row in enumerate(rows):
        *cells, last = [clipped(text, size) for text, size in zip(row, sizes, strict=False)]
        lines = _lines(safe(row[len(cells)]), sizes[-1]) if folded else [last]
        for line in lines:
            shown = [*cells, clipped(line, sizes[-1])]
            parts = (
                padded(text, size, right=place in to_the_right)
                for place, (text, size) in enumerate(zip(shown, sizes, strict=True))
            )
            click.secho((GAP + GAP.join(parts)).rstrip(), dim=True if has_head and not count else None)
            cells = [""] * len(cells)


def _sizes(rows: Sequence[Sequence[str]], width: int, fixed: dict[int, int]) -> list[int]:
    """Return how many cells each column gets that has room."""
    needs = [max(cell_width(safe(row[place])) for row in rows) for place in range(len(rows[0]))]
    while True:
        free = [place for place in range(len(needs)) if place not in fixed]
        room = width - len(GAP) * len(needs) - sum(size for place, size in fixed.items() if place < len(needs))
        given = dict(zip(free, shared([needs[place] for place in free], room), strict=True))
        too_narrow = any(given[place] < min(MIN_CELLS, needs[place]) for place in free)
        if not too_narrow or len(needs) <= 2:
            break
        needs.pop()
    return [max(1, fixed.get(place, given.get(place, 1))) for place in range(len(needs))]


def _lines(text: str, width: int) -> list[str]:
    """Return a sentence on lines of at most so many cells."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cell_width(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
