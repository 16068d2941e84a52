"""What a recipe's parameters may be, read from its annotations: checked in one place, spelled in one place."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from projector_export.errors import InvalidInputError

__all__ = ["Parameter", "ParameterValue", "Range", "parameters_of"]

ParameterValue = int | float | str | None

WHOLE = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Range:
    """Smallest and largest number that a parameter may be, both included.

    Used in annotations: ``n_neighbors: Annotated[int, Range(2, 1000)] = 15``.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Parameter:
    """One parameter of a recipe.

    Parameters
    ----------
    name
        As in ``--layout METHOD:name=value``.
    kind
        ``int``, ``float`` or ``str``.
    default
        What it is unless it is given.
    range
        Numbers that it may be.
    choices
        Texts that it may be; empty for any text.
    optional
        Whether it may be None, spelled ``auto``.
    """

    name: str
    kind: type
    default: ParameterValue
    range: Range | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def allowed(self) -> str:
        """What it may be, as words of a sentence."""
        if self.choices:
            words = " or ".join(self.choices)
        elif self.kind is str:
            words = "a name"
        else:
            words = "a whole number" if self.kind is int else "a number"
            words += "" if self.range is None else f" from {self.range.low:g} to {self.range.high:g}"
        return f"{words}, or auto" if self.optional and self.kind is not str else words

    def check(self, method: str, value: object) -> ParameterValue:
        """Return the value, whole numbers as float where that is wanted.

        Raises
        ------
        InvalidInputError
            If the parameter may not be that; the sentence names it and what it may be.
        """
        if value is None and self.optional:
            return None
        if self.kind is str:
            if isinstance(value, str) and value and (not self.choices or value in self.choices):
                return value
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and self._holds(value):
            return int(value) if self.kind is int else float(value)
        raise InvalidInputError(f"{method}: {self.name} has to be {self.allowed}, not {value!r}")

    def _holds(self, number: float) -> bool:
        whole = self.kind is float or isinstance(number, int)
        return whole and math.isfinite(number) and (self.range is None or self.range.low <= number <= self.range.high)

    def read(self, method: str, text: str) -> ParameterValue:
        """Return the value that a text spells, checked."""
        if self.optional and text == "auto":
            return None
        value: ParameterValue = text
        if self.kind is int and WHOLE.fullmatch(text) and len(text) < 20:
            value = int(text)
        elif self.kind is float:
            try:
                value = float(text)
            except ValueError:
                value = text
        return self.check(method, value)


def parameters_of(recipe: type[Any]) -> Mapping[str, Parameter]:
    """Return the parameters of a recipe's class, by name."""
    hints = get_type_hints(recipe, include_extras=True)
    found = {}
    for field in fields(recipe):
        default = None if field.default is MISSING else field.default
        found[field.name] = _parameter(field.name, hints[field.name], default)
    return MappingProxyType(found)


def _parameter(name: str, hint: object, default: ParameterValue) -> Parameter:
    optional = get_origin(hint) in {Union, UnionType}
    if optional:
        hint = next(argument for argument in get_args(hint) if argument is not type(None))
    if get_origin(hint) is Literal:
        return Parameter(name, str, default, choices=get_args(hint), optional=optional)
    if get_origin(hint) is Annotated:
        kind, limits = get_args(hint)
        return Parameter(name, kind, default, limits, optional=optional)
    return Parameter(name, hint if isinstance(hint, type) else str, default, optional=optional)
