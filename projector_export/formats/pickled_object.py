"""What a pickle would build, told and not built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["PickledName", "PickledObject", "PickledValue"]

PickledValue: TypeAlias = object
"""None, bool, int, float, str, bytes, memoryview, list, tuple, dict, set, :class:`PickledName` or :class:`PickledObject`."""


@dataclass(frozen=True)
class PickledName:
    """Something that a pickle names and that unpickling would import."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class PickledObject:
    """An object that unpickling would make.

    Parameters
    ----------
    maker
        What would be called.
    arguments
        With what.
    state
        What the object would be given then: most often a table of its attributes.
    items, elements
        What would be put into it, as into a dict or a list.
    """

    maker: PickledName
    arguments: tuple[PickledValue, ...]
    state: PickledValue = None
    items: dict[PickledValue, PickledValue] = field(default_factory=dict)
    elements: list[PickledValue] = field(default_factory=list)

    @property
    def attributes(self) -> dict[PickledValue, PickledValue]:
        """The object's attributes; none where its state is no table."""
        return self.state if isinstance(self.state, dict) else {}
