"""The embedding table and its parts, checked once, then frozen."""

from __future__ import annotations

from projector_export.table.column import Column
from projector_export.table.embedding_table import EmbeddingTable, listed
from projector_export.table.layout import Figure, Layout, Quality
from projector_export.table.neighbours import METRICS, Neighbours
from projector_export.table.selection import Selection
from projector_export.table.thumbnails import Thumbnails

__all__ = [
    "METRICS",
    "Column",
    "EmbeddingTable",
    "Figure",
    "Layout",
    "Neighbours",
    "Quality",
    "Selection",
    "Thumbnails",
    "listed",
]
