"""What was found in a vocabulary, as one html file: no network, no program but its own."""

from __future__ import annotations

import os
from pathlib import Path

from projector_export.formats.findings import Findings
from projector_export.table import EmbeddingTable
from projector_export.targets.findings_file import require_same_rows
from projector_export.targets.replacement import replace_bytes
from projector_export.targets.report.document import encode

__all__ = ["encode", "write"]


def write(table: EmbeddingTable, findings: Findings, path: str | os.PathLike[str]) -> Path:
    """Write the report, in one step or not at all.

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
    require_same_rows(table, findings)
    path = Path(path)
    replace_bytes(path, encode(table, findings))
    return path
