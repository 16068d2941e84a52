"""From whatever holds embeddings, live or on disk, to a table and to the Projector."""

from __future__ import annotations

from os import PathLike

from projector_export.pipeline.export import Destination, as_destination, write
from projector_export.pipeline.reading import Reading
from projector_export.pipeline.treatment import Progress
from projector_export.pipeline.vocabulary import read_vocabulary
from projector_export.table import EmbeddingTable
from projector_export.targets.result import Written

__all__ = ["export", "read"]


def read(
    source: str | PathLike[str], reading: Reading | None = None, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Read the one table of vectors that a source holds."""
    return read_vocabulary(source, reading, progress=progress)


def export(source: str | PathLike[str], logdir: Destination | str | PathLike[str]) -> tuple[Written, ...]:
    """Write what a source holds for the Projector."""
    return write(read(source), as_destination(logdir))
