"""How far a layout may be believed: over all rows, and row by row."""

from __future__ import annotations

from projector_export.transforms.quality.measure import measure, require_measurable
from projector_export.transforms.quality.preservation import column_of, preservation

__all__ = ["column_of", "measure", "preservation", "require_measurable"]
