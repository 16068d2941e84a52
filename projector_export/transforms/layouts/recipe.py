"""What all layouts have in common: how they are asked for, and what they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from projector_export.errors import InvalidInputError
from projector_export.table import METRICS, EmbeddingTable

__all__ = ["Progress", "Recipe", "Setting"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done and how much there is; 0 of 0 where that is not known."""


@dataclass(frozen=True)
class Setting:
    """What the layouts of one table share.

    Parameters
    ----------
    metric
        Distance between vectors, one of :data:`~projector_export.table.METRICS`.
    seed
        Of all random numbers, 0 to 2**32 - 1: the same seed gives the same coordinates.
    """

    metric: str = "cosine"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise InvalidInputError(f"{self.metric!r} is no metric: choose {' or '.join(METRICS)}")
        if type(self.seed) is not int or not 0 <= self.seed < 2**32:
            raise InvalidInputError(f"a seed is a whole number from 0 to {2**32 - 1}, not {self.seed!r}")


class Recipe(Protocol):
    """How one layout is asked for: a frozen dataclass of its parameters."""

    method: ClassVar[str]
    """Name of the method, as in ``--layout METHOD``."""

    n_components: int
    """2 or 3."""

    @property
    def name(self) -> str:
        """What people call the layout: ``"umap 2d"``, with the parameters that are not the default ones."""

    @property
    def k(self) -> int:
        """How many nearest neighbours of each row it needs; 0 for none."""

    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError, in little time, if the layout cannot be made of this table."""
