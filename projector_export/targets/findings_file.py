"""``findings.json`` beside the manifest of an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.formats import findings as findings_format
from projector_export.formats.findings import Findings
from projector_export.table import EmbeddingTable
from projector_export.targets.tensor_file import FileRecord, write_bytes

__all__ = ["check_findings", "require_same_rows", "write_findings"]


def check_findings(tables: Sequence[EmbeddingTable], findings: Mapping[str, Findings]) -> None:
    """Look whether findings are of the tables that are written.

    Parameters
    ----------
    tables
        What is written.
    findings
        By the name of a table.

    Raises
    ------
    InvalidInputError
        If there is no table of that name, or it has other rows by now.
    """
    shapes = {table.name: table.shape for table in tables}
    for name, found in findings.items():
        if name not in shapes:
            raise InvalidInputError(
                f"there are findings of {name!r}, and no table of that name is written ({', '.join(shapes)})"
            )
        if found.n_rows != shapes[name][0]:
            raise InvalidInputError(
                f"the findings of {name!r} name {found.n_rows:,} rows by their numbers, and {shapes[name][0]:,} rows are "
                "written: inspect a vocabulary with all of its rows (without --drop-bad-rows or --drop-zero-rows)"
            )


def write_findings(folder: Path, table: EmbeddingTable, findings: Mapping[str, Findings]) -> tuple[FileRecord, ...]:
    """Write the findings of a table, where there are any."""
    if table.name not in findings:
        return ()
    return (write_bytes(folder / findings_format.FILE_NAME, findings_format.encode(findings[table.name])),)


def require_same_rows(table: EmbeddingTable, findings: Findings) -> None:
    """Raise InvalidInputError if findings are of a table of other rows."""
    if findings.n_rows != table.n_rows:
        raise InvalidInputError(
            f"the findings are of {findings.n_rows:,} rows and table {table.name!r} has {table.n_rows:,}: inspect it again"
        )
