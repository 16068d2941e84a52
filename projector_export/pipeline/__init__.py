"""Source, transforms, target: the only room that knows all three."""

from __future__ import annotations

from projector_export.pipeline.export import (
    Destination,
    check_wishes,
    count_kinds,
    name_tables,
    treat,
    write,
)
from projector_export.pipeline.layouts import Layouts
from projector_export.pipeline.reading import Reading
from projector_export.pipeline.treatment import Progress, Treatment, transform
from projector_export.pipeline.vocabulary import export_vocabulary, read_tables, read_vocabulary
from projector_export.targets.result import Written
from projector_export.transforms.for_viewer import ViewerLimits

__all__ = [
    "Destination",
    "Layouts",
    "Progress",
    "Reading",
    "Treatment",
    "ViewerLimits",
    "Written",
    "check_wishes",
    "count_kinds",
    "export_vocabulary",
    "name_tables",
    "read_tables",
    "read_vocabulary",
    "transform",
    "treat",
    "write",
]
