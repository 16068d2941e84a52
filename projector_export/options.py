"""Everything that can be asked for: what to read, what to do to it, where to write it.

Examples
--------
>>> from projector_export.options import Destination, Treatment
>>> Destination(logdir="runs", run="epoch-3").run
'epoch-3'
"""

from __future__ import annotations

from projector_export.pipeline import Destination, Layouts, Reading, Treatment, ViewerLimits
from projector_export.pipeline.texts import Encoding, Running, TextColumns, TextOptions
from projector_export.pipeline.vectors import VectorReading
from projector_export.pipeline.wishes import Wishes

__all__ = [
    "Destination",
    "Encoding",
    "Layouts",
    "Reading",
    "Running",
    "TextColumns",
    "TextOptions",
    "Treatment",
    "VectorReading",
    "ViewerLimits",
    "Wishes",
]
