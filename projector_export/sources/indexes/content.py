"""What each kind of index or database gives: vectors, values of columns, and how they were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from projector_export.provenance import JSONValue
from projector_export.vectors import Vectors

__all__ = ["Content"]


@dataclass(frozen=True)
class Content:
    """Vectors with what lies beside them.

    Parameters
    ----------
    name
        What the table may be called.
    vectors
        One row a record.
    values
        Name of a column -> its values, the label first.
    describe
        What is needed to read it again, and what was found on the way.
    notes
        Sentences for the user.
    """

    name: str
    vectors: Vectors
    values: Mapping[str, Sequence[object]] = field(default_factory=dict)
    describe: Mapping[str, JSONValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
