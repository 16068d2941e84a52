"""Coordinates of all rows in two or three dimensions, and how far they may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.vectors import Float32Array

__all__ = ["Figure", "Layout", "Quality"]


@dataclass(frozen=True)
class Figure:
    """A measured share.

    Parameters
    ----------
    value
        The estimate.
    standard_error
        Of the estimate over sampled rows; 0 where every row was used.
    """

    value: float
    standard_error: float

    def as_json(self) -> dict[str, JSONValue]:
        """Return the figure as a JSON object."""
        return {"value": self.value, "standard_error": self.standard_error}

    def __str__(self) -> str:
        error = f" ±{self.standard_error:.3f}" if self.standard_error else ""
        return f"{self.value:.3f}{error}"


@dataclass(frozen=True)
class Quality:
    """How far a layout may be believed.

    Parameters
    ----------
    trustworthiness
        Share, 0 to 1, that falls with every neighbour in the picture that is none in truth (Venna and Kaski 2001).
    continuity
        The same with picture and truth exchanged.
    neighbour_recall
        Share of the true neighbours that are neighbours in the picture.
    triplet_accuracy
        Share of random triplets whose nearer pair is the same in the picture; 0.5 is chance.
    n_neighbors
        Size of the neighbourhoods.
    n_anchors
        Rows on which it was measured, each against all rows.
    metric
        Distance between vectors; in the picture it is Euclidean.
    """

    trustworthiness: Figure
    continuity: Figure
    neighbour_recall: Figure
    triplet_accuracy: Figure
    n_neighbors: int
    n_anchors: int
    metric: str

    def as_json(self) -> dict[str, JSONValue]:
        """Return the figures as a JSON object."""
        return {
            "trustworthiness": self.trustworthiness.as_json(),
            "continuity": self.continuity.as_json(),
            "neighbour_recall": self.neighbour_recall.as_json(),
            "triplet_accuracy": self.triplet_accuracy.as_json(),
            "n_neighbors": self.n_neighbors,
            "n_anchors": self.n_anchors,
            "metric": self.metric,
        }

    def __str__(self) -> str:
        return (
            f"trustworthiness {self.trustworthiness}  continuity {self.continuity}  recall {self.neighbour_recall}  "
            f"triplets {self.triplet_accuracy}  ({self.n_neighbors} neighbours)"
        )


@dataclass(frozen=True, eq=False)
class Layout:
    """A picture of all rows.

    Parameters
    ----------
    name
        What people call it, unique in its table (``"umap 2d"``).
    method
        ``"umap"``, ``"tsne"``, ``"pca"``...
    coordinates
        Finite, float32, shape ``(n_rows, 2)`` or ``(n_rows, 3)``.
    parameters
        Everything needed to make it again, the seed too, and what was found on the way (explained variance).
    quality
        How far it may be believed, where that was measured.
    color
        Column by which people want to see it coloured; None lets each target choose.

    Raises
    ------
    InvalidInputError
        If the coordinates have another shape or are not finite.
    """

    name: str
    method: str
    coordinates: Float32Array
    parameters: Mapping[str, JSONValue] = field(default_factory=dict)
    quality: Quality | None = None
    color: str | None = None

    def __post_init__(self) -> None:
        coordinates = np.array(self.coordinates, dtype=np.float32, order="C")
        if coordinates.ndim != 2 or coordinates.shape[1] not in {2, 3}:
            raise InvalidInputError(
                f"layout {self.name!r} has to be of 2 or 3 dimensions, not an array of shape {coordinates.shape}"
            )
        if not np.isfinite(coordinates).all():
            raise InvalidInputError(f"layout {self.name!r} holds NaN or infinite coordinates")
        coordinates.flags.writeable = False
        object.__setattr__(self, "coordinates", coordinates)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    @property
    def n_components(self) -> int:
        """2 or 3."""
        return int(self.coordinates.shape[1])

    def take(self, rows: npt.NDArray[np.int64]) -> Layout:
        """Return the layout of the chosen rows; its quality stays that of all rows."""
        return replace(self, coordinates=self.coordinates[rows])

    def as_json(self) -> dict[str, JSONValue]:
        """Return everything but the coordinates as a JSON object."""
        return {
            "name": self.name,
            "method": self.method,
            "n_components": self.n_components,
            "parameters": dict(self.parameters),
            "quality": None if self.quality is None else self.quality.as_json(),
        }
