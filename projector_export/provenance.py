"""Where the rows of a table came from and what was done to them: enough to redo it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

__all__ = ["JSONValue", "Provenance", "Step"]

JSONValue: TypeAlias = "str | int | float | bool | list[JSONValue] | dict[str, JSONValue] | None"


@dataclass(frozen=True)
class Step:
    """One thing that was done.

    Parameters
    ----------
    name
        The function that did it, as users call it (``"read vocabulary"``, ``"principal_components"``).
    parameters
        Everything needed to do it again, and what was found on the way (counts, variance kept). JSON values only.
    """

    name: str
    parameters: Mapping[str, JSONValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def as_json(self) -> dict[str, JSONValue]:
        """Return the step as a JSON object."""
        return {"name": self.name, "parameters": dict(self.parameters)}


@dataclass(frozen=True)
class Provenance:
    """The history of a table: the source first, then each step, then what the user should be told.

    Parameters
    ----------
    steps
        In the order in which they were done; the first one is the source's reading.
    notes
        Sentences that every target passes on to the user ("22 rows lie beyond the tokenizer").
    """

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    def then(self, step: Step, *notes: str) -> Provenance:
        """Return a longer history; this one stays as it is."""
        return replace(self, steps=(*self.steps, step), notes=(*self.notes, *notes))

    def as_json(self) -> dict[str, JSONValue]:
        """Return the history as a JSON object."""
        return {"steps": [step.as_json() for step in self.steps], "notes": list(self.notes)}
