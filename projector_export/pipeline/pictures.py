"""A picture of the layouts beside the export, for people without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from projector_export.sources.huggingface import Progress
from projector_export.table import EmbeddingTable
from projector_export.targets import plot
from projector_export.targets.folders import slug
from projector_export.targets.result import Written

__all__ = ["draw"]


def draw(
    tables: Sequence[EmbeddingTable], path: str | PathLike[str], *, progress: Progress | None = None
) -> tuple[Written, ...]:
    """Draw the layouts of tables: into one file, or into one for each table, with its name before the suffix."""
    path = Path(path).expanduser()
    drawn = [table for table in tables if table.layouts]
    written = []
    for table in drawn:
        file = path if len(drawn) == 1 else path.with_name(f"{path.stem}-{slug(table.name)}{path.suffix}")
        replaced = file.exists()
        plot.write(table, file, progress=progress)
        n_bytes = file.stat().st_size
        written.append(Written("plot", file, table.name, table.shape, table.shape, n_bytes, replaced=replaced))
    return tuple(written)
