"""All rows of an inspected vocabulary as comma-separated values, for spreadsheets and data frames.

RFC 4180: CRLF, quotes around what needs them, doubled inside. A spreadsheet takes a cell that begins with ``=``, ``+``,
``-`` or ``@`` for a formula, and tokens often do: such texts get an apostrophe in front, which spreadsheets show as the
mark of a text (OWASP, "CSV Injection"). Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from projector_export.formats.findings import Findings
from projector_export.table import Column, EmbeddingTable
from projector_export.targets.findings_file import require_same_rows
from projector_export.targets.findings_words import states
from projector_export.targets.replacement import replace_bytes

__all__ = ["encode", "write"]

FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""First characters by which a spreadsheet knows a formula; the wide ones in Japanese ones."""

ADDED = ("suspect", "state", "evidence", "nearest")
SEPARATOR = " | "


def write(table: EmbeddingTable, findings: Findings, path: str | os.PathLike[str]) -> Path:
    """Write a file of all rows, in one step or not at all.

    Parameters
    ----------
    table
        All rows, with the columns of the inspection.
    findings
        What was found in it.
    path
        The file; one of that name is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InvalidInputError
        If the findings are of another table.
    WriteError
        If the file cannot be written.
    """
    path = Path(path)
    replace_bytes(path, encode(table, findings))
    return path


def encode(table: EmbeddingTable, findings: Findings) -> bytes:
    """Return the text of the file, UTF-8.

    After the table's columns come ``suspect`` (its rank, 1 the most suspicious, empty where the row is none), ``state``
    (zero, identical, reference...), ``evidence`` and ``nearest`` (tokens of the nearest rows).
    """
    require_same_rows(table, findings)
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    columns = [column for column in table.columns if column.name not in ADDED]
    writer.writerow(["row", *(guarded(column.name) for column in columns), *ADDED])
    cells = [_cells(column) for column in columns]
    writer.writerows(map(list, zip(range(table.n_rows), *cells, *_added(table.n_rows, findings), strict=True)))
    return file.getvalue().encode("utf-8", "backslashreplace")


def guarded(text: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> guarded("=1+1"), guarded("a-b"), guarded(None)
    ("'=1+1", 'a-b', '')
    """
    return f"'{text}" if text and text[0] in FORMULA else text or ""


def _cells(column: Column) -> Iterator[str | int | float]:
    if not isinstance(column.values, np.ndarray):
        yield from map(guarded, column.values)
        return
    for value in column.values.tolist():
        yield "" if isinstance(value, float) and math.isnan(value) else value


def _added(n_rows: int, findings: Findings) -> Iterable[list[str | int]]:
    ranks: list[str | int] = [""] * n_rows
    evidence: list[str | int] = [""] * n_rows
    nearest: list[str | int] = [""] * n_rows
    told: list[str | int] = [""] * n_rows
    for rank, candidate in enumerate(findings.candidates, start=1):
        ranks[candidate.row] = rank
        evidence[candidate.row] = guarded(SEPARATOR.join(candidate.evidence))
        nearest[candidate.row] = guarded(SEPARATOR.join(candidate.neighbours))
    for row, each in states(findings).items():
        told[row] = SEPARATOR.join(each)
    return ranks, told, evidence, nearest
