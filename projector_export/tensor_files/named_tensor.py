"""A tensor in a file: what is known of it without its values, and its rows when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from projector_export.vectors import Vectors

__all__ = ["NamedTensor"]


@dataclass(frozen=True, eq=False)
class NamedTensor:
    """A tensor in a file.

    Parameters
    ----------
    name
        As the file calls it; hostile text.
    shape
        Number of values along each axis.
    dtype
        How the file stores a value, as numpy or torch call it: ``"float32"``, ``"bfloat16"``.
    open_rows
        Returns the values of a tensor of two axes as lazy rows; raises a sentence where they cannot be rows of real numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    open_rows: Callable[[], Vectors] = field(repr=False)
