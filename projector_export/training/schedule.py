"""How often a training is recorded."""

from __future__ import annotations

from projector_export.errors import InvalidInputError

__all__ = ["check_every"]


def check_every(every: int) -> int:
    """Return a number of epochs or steps.

    Raises
    ------
    InvalidInputError
        If it is not a whole number from 1.
    """
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise InvalidInputError(f"every is a whole number of epochs or steps from 1, not {every!r}")
    return every
