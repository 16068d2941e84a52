"""Export embedding tables to TensorBoard's Embedding Projector: exact, fast, correctly labelled, without TensorFlow.

Examples
--------
>>> import projector_export
>>> projector_export.export_vocabulary("sentence-transformers/all-MiniLM-L6-v2", "runs")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projector_export.checks import check
    from projector_export.errors import ProjectorExportError
    from projector_export.pipeline import (
        Destination,
        Reading,
        Treatment,
        ViewerLimits,
        export_vocabulary,
        read_vocabulary,
        transform,
        write,
    )
    from projector_export.table import Column, EmbeddingTable

__all__ = [
    "Column",
    "Destination",
    "EmbeddingTable",
    "ProjectorExportError",
    "Reading",
    "Treatment",
    "ViewerLimits",
    "check",
    "export_vocabulary",
    "read_vocabulary",
    "transform",
    "write",
]

_HOMES = {
    "Column": "table",
    "EmbeddingTable": "table",
    "ProjectorExportError": "errors",
    "check": "checks",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import projector_export`` and each command start fast."""
    if name not in __all__:
        raise AttributeError(f"module 'projector_export' has no attribute {name!r}")
    return getattr(import_module(f"projector_export.{_HOMES.get(name, 'pipeline')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
