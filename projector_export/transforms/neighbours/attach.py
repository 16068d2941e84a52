"""A table with the nearest neighbours of its rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from projector_export.provenance import Step
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.neighbours.exact import search
from projector_export.transforms.neighbours.faiss_engine import FaissEngine
from projector_export.transforms.neighbours.requirements import check_neighbours
from projector_export.transforms.neighbours.rows import prepare

__all__ = ["Progress", "neighbours"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done and how much there is; 0 of 0 where that is not known."""


def neighbours(
    table: EmbeddingTable,
    k: int,
    *,
    metric: str = "cosine",
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with the k nearest neighbours of every row."""
    known = table.neighbours
    if known is not None and known.metric == metric and known.k >= k:
        return table
    check_neighbours(table, k, metric)
    prepared = prepare(table.vectors, metric)
    told = None if progress is None else (lambda done, total: progress("neighbours", done, total))
    indices, squared = search(FaissEngine(prepared.rows), prepared.rows, k, progress=told)
    found = Neighbours(indices, prepared.distances(squared), metric)
    step = Step(
        "neighbours", {"k": k, "metric": metric, "method": found.method, "recall": found.recall, "from_cache": False}
    )
    return table.with_neighbours(found, step)
