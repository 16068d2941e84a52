"""The k nearest neighbours of every row, found once for whoever needs them."""

from __future__ import annotations

from projector_export.transforms.neighbours.attach import Progress, neighbours
from projector_export.transforms.neighbours.requirements import check_neighbours

__all__ = ["Progress", "check_neighbours", "neighbours"]
