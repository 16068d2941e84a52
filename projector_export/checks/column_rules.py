"""Rules on the values of metadata columns: what the viewer turns into numbers, colours and searches.

Readers: ``data-provider.ts`` (``analyzeMetadata``), ``vz-projector-data-panel.ts``, ``util.ts`` (``getSearchPredicate``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from projector_export.checks.finding import Finding, Severity, fault, note, warning
from projector_export.checks.metadata_file import ColumnFacts, Metadata
from projector_export.checks.scene import TensorScene
from projector_export.checks.wording import counted, first_few, quoted
from projector_export.formats.javascript import LARGEST_CATEGORIES, PROTOTYPE_NAMES, number

__all__ = ["COLUMN_RULES"]

SEQUENCE_NAMES = frozenset({"__next__", "__seq_next__"})
LONGEST_LABEL = 200
PALETTE_COLOURS = 10
NOT_A_NUMBER = frozenset({"nan", "na", "n/a", "none", "null", "-", "?", "inf", "-inf", "+inf"})
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-6, 1e21
"""Numbers that JavaScript writes without an exponent."""


def empty_cells(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find empty cells in columns of texts: they show as "null", and a search in that column fails."""
    label = metadata.label
    for column in metadata.columns:
        rows = [row for row, value in enumerate(column.values) if value is None]
        if not rows or column.is_numeric or column.name in SEQUENCE_NAMES:
            continue
        severity: Severity = "fault" if column.index == label.index else "warning"
        yield Finding(
            "empty-cells",
            severity,
            scene.where(scene.info.metadata_path),
            f'Column {quoted(column.name)} is empty in {counted(rows)}: shown as "null", drawn in black when coloured by, and '
            "searching in this column fails.",
            "Write a placeholder such as (missing).",
        )


def rewritten(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find cells that look like numbers and are therefore shown otherwise than written."""
    for column in metadata.columns:
        found = [
            (row, written[column.index])
            for row, written in enumerate(metadata.cells)
            if column.index < len(written) and _is_rewritten(written[column.index], is_text=not column.is_numeric)
        ]
        if found:
            cell = found[0][1]
            severity: Severity = "warning" if column.is_numeric else "fault"
            yield Finding(
                "number-like",
                severity,
                scene.where(scene.info.metadata_path),
                f"Column {quoted(column.name)}: {quoted(cell)} is shown as {_shown(number(cell) or 0.0)} "
                f"({counted([row for row, _ in found])}), because the viewer turns whatever looks like a number into one.",
                "Put such values in quotes.",
            )


def _is_rewritten(cell: str, *, is_text: bool) -> bool:
    value = number(cell) if cell else None
    if value is None or math.isinf(value):
        return False
    if is_text:
        return _shown(value) != cell
    plain = cell.strip().lstrip("+-")
    return len(plain) > 1 and plain[0] == "0" and plain[1] not in ".eE"


def _shown(value: float) -> str:
    if value == 0 or SMALLEST_PLAIN <= abs(value) < LARGEST_PLAIN:
        return np.format_float_positional(value + 0.0, trim="-")
    return repr(value).replace("e-0", "e-")


def not_numbers(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find columns of many numbers that a few words turn into texts, and infinities among them."""
    where = scene.where(scene.info.metadata_path)
    for column in metadata.columns:
        if column.is_categorical:
            continue
        rows = [row for row, value in enumerate(column.values) if isinstance(value, float) and math.isinf(value)]
        if rows and column.is_numeric:
            yield fault(
                "infinite-value",
                where,
                f"Column {quoted(column.name)} is infinite in {counted(rows)}: coloured by it, all other points look the same.",
                "Leave the cell empty, which means no value, or put a text in quotes.",
            )
        words = {value for value in column.values if isinstance(value, str)}
        has_numbers = any(isinstance(value, float) for value in column.values)
        if words and has_numbers and all(word.strip().lower() in NOT_A_NUMBER for word in words):
            yield warning(
                "not-a-number",
                where,
                f"Column {quoted(column.name)} holds numbers and {first_few(sorted(map(quoted, words)))}, which make it "
                "a column of texts: it cannot be coloured by at all.",
                "Leave these cells empty, which means no value.",
            )


def colours(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Tell what can be coloured by, and what the colours mean."""
    where = scene.where(scene.info.metadata_path)
    columns = metadata.columns
    if metadata.n_rows and not any(column.is_numeric or column.is_categorical for column in columns):
        yield warning(
            "nothing-to-colour-by",
            where,
            f"No column is numeric or has {LARGEST_CATEGORIES} distinct values or fewer, so the viewer offers no colours.",
            "Add such a column, a length or a kind for example.",
        )
    for column in columns:
        if not (column.is_categorical and column.distinct):
            continue
        words = sorted(PROTOTYPE_NAMES & {value for value in column.distinct if isinstance(value, str)})
        if words:
            yield fault(
                "prototype-name",
                where,
                f"Column {quoted(column.name)} holds {first_few(map(quoted, words))}, a name that every object of the viewer's "
                "language has: it is miscounted in the legend, or missing there.",
                "Put it in quotes.",
            )
        fractions = any(isinstance(value, float) and not value.is_integer() for value in column.distinct)
        if (
            column.is_numeric
            and (fractions or len(column.distinct) > PALETTE_COLOURS)
            and column.name not in SEQUENCE_NAMES
        ):
            yield note(
                "categorical-numbers",
                where,
                f"Column {quoted(column.name)} has {len(column.distinct)} distinct numbers ({LARGEST_CATEGORIES} or fewer), "
                "which the viewer colours as categories, in ten colours, and never as a gradient.",
                "Nothing to do, or give it more distinct values.",
            )


def long_labels(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find labels that cover the picture."""
    label = metadata.label
    rows = [row for row, value in enumerate(label.values) if isinstance(value, str) and len(value) > LONGEST_LABEL]
    if rows:
        longest = max(len(value) for value in label.values if isinstance(value, str))
        yield note(
            "long-labels",
            scene.where(scene.info.metadata_path),
            f"Labels of up to {longest:,} characters in {counted(rows)} cover the picture.",
            f"Shorten them (to {LONGEST_LABEL} characters or fewer), or put a short column first.",
        )


def sequences(scene: TensorScene, metadata: Metadata, n_rows: int | None) -> Iterator[Finding]:
    """Find chains of ``__next__`` and ``__seq_next__`` that leave the rows or never end."""
    for column in metadata.columns:
        if column.name in SEQUENCE_NAMES:
            yield from _sequence_findings(scene, column, min(n_rows or metadata.n_rows, metadata.n_rows))
            return


def _sequence_findings(scene: TensorScene, column: ColumnFacts, n_rows: int) -> Iterator[Finding]:
    where = scene.where(scene.info.metadata_path)
    lost = [row for row, value in enumerate(column.values) if value is not None and _next(value, n_rows) is None]
    if lost:
        yield fault(
            "sequence-leaves-rows",
            where,
            f"Column {quoted(column.name)} names no row between 0 and {n_rows - 1:,} in {counted(lost)} "
            f"({quoted(str(column.values[lost[0]]))}): the line ends there.",
            "Write the next point's row number, counted from 0, and nothing at the end of a line.",
        )
    cycle = _cycle([None if value is None else _next(value, n_rows) for value in column.values[:n_rows]])
    if cycle:
        yield fault(
            "sequence-cycle",
            where,
            f"Column {quoted(column.name)} leads from row {cycle[0]:,} back to itself ({counted(cycle)}): the viewer follows "
            "it until memory ends, and nothing is shown.",
            "Leave the cell of the last point of each line empty.",
        )


def _next(value: str | float, n_rows: int) -> int | None:
    if isinstance(value, str) or not value.is_integer() or not 0 <= value < n_rows:
        return None
    return int(value)


def _cycle(following: list[int | None]) -> list[int]:
    """Return the rows of a cycle, none if there is none."""
    done = [0] * len(following)
    for start in range(len(following)):
        row: int | None = start
        while row is not None and not done[row]:
            done[row] = start + 1
            row = following[row]
        if row is not None and done[row] == start + 1:
            cycle = [row]
            while (row := following[cycle[-1]]) is not None and row != cycle[0]:
                cycle.append(row)
            return cycle
    return []


COLUMN_RULES = (empty_cells, rewritten, not_numbers, colours, long_labels, sequences)
