"""Export embedding tables to TensorBoard's Embedding Projector: exact, fast, correctly labelled, without TensorFlow.

Examples
--------
>>> import projector_export
>>> projector_export.export_vocabulary("sentence-transformers/all-MiniLM-L6-v2", "runs")  # doctest: +SKIP
>>> projector_export.export([[0.0, 1.0], [1.0, 0.0]], "runs", labels=["up", "right"])  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projector_export import options
    from projector_export.checks import check
    from projector_export.errors import ProjectorExportError
    from projector_export.pipeline import export_vocabulary, transform, write
    from projector_export.pipeline.objects import export, inspect_vocabulary, read
    from projector_export.pipeline.texts import export_texts
    from projector_export.table import Column, EmbeddingTable

__all__ = [
    "Column",
    "EmbeddingTable",
    "ProjectorExportError",
    "check",
    "export",
    "export_texts",
    "export_vocabulary",
    "inspect_vocabulary",
    "options",
    "read",
    "transform",
    "write",
]

_HOMES = {
    "Column": "table.Column",
    "EmbeddingTable": "table.EmbeddingTable",
    "ProjectorExportError": "errors.ProjectorExportError",
    "check": "checks.check",
    "export": "pipeline.objects.export",
    "export_texts": "pipeline.texts.export_texts",
    "export_vocabulary": "pipeline.export_vocabulary",
    "inspect_vocabulary": "pipeline.objects.inspect_vocabulary",
    "read": "pipeline.objects.read",
    "transform": "pipeline.transform",
    "write": "pipeline.write",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import projector_export`` and each command start fast."""
    if name == "options":
        return import_module("projector_export.options")
    if name not in _HOMES:
        raise AttributeError(f"module 'projector_export' has no attribute {name!r}")
    home, _, what = _HOMES[name].rpartition(".")
    return getattr(import_module(f"projector_export.{home}"), what)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
