"""What all layouts have in common: how they are asked for, and what they are given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

from projector_export import vectors
from projector_export.errors import InvalidInputError
from projector_export.table import METRICS, EmbeddingTable
from projector_export.transforms.layouts.parameter import ParameterValue, Range, parameters_of
from projector_export.vectors import StageProgress as Progress

__all__ = ["DEFAULT_SETTING", "Progress", "Recipe", "Setting", "stage"]


def stage(progress: Progress | None, name: str) -> vectors.Progress | None:
    """Return what is to be called with how much of this one stage is done and how much there is."""
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)


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


DEFAULT_SETTING = Setting()


@dataclass(frozen=True)
class Recipe(ABC):
    """How one layout is asked for: a frozen dataclass of its parameters, each with its range in the annotation.

    Parameters
    ----------
    n_components
        2 or 3.

    Raises
    ------
    InvalidInputError
        If a parameter is of another type or out of its range.
    """

    n_components: Annotated[int, Range(2, 3)] = 2

    method: ClassVar[str] = ""
    """Name of the method, as in ``--layout METHOD``."""

    packages: ClassVar[tuple[str, ...]] = ()
    """What has to be installed for it."""

    def __post_init__(self) -> None:
        for name, parameter in parameters_of(type(self)).items():
            object.__setattr__(self, name, parameter.check(self.method, getattr(self, name)))

    @property
    def name(self) -> str:
        """What people call the layout: ``"umap 2d"``, with the parameters that are not the default ones."""
        known = parameters_of(type(self))
        others = [
            f"{name} {str(value).removesuffix('.0')}"
            for name, value in self.parameters().items()
            if name != "n_components" and value != known[name].default
        ]
        return ", ".join([f"{self.method} {self.n_components}d", *others])

    @property
    def k(self) -> int:
        """How many nearest neighbours of each row it needs, the row itself left out; 0 for none."""
        return 0

    def parameters(self) -> dict[str, ParameterValue]:
        """Return all parameters by name."""
        return {name: getattr(self, name) for name in parameters_of(type(self))}

    @abstractmethod
    def check(self, table: EmbeddingTable, setting: Setting) -> None:
        """Raise InvalidInputError, in little time, if the layout cannot be made of this table.

        Parameters
        ----------
        table
            Finite vectors.
        setting
            Metric and seed.
        """
