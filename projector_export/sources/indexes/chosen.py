"""One of several collections, tables or columns by its name."""

from __future__ import annotations

from collections.abc import Sequence

from projector_export.errors import AmbiguousChoiceError, NotFoundError

__all__ = ["chosen"]

N_LISTED = 20


def chosen(names: Sequence[str], wanted: str | None, *, where: str, kind: str) -> str:
    """Return the wanted name, or the only one.

    Parameters
    ----------
    names
        What there is.
    wanted
        What was asked for.
    where, kind
        Words of a sentence: the file, and what the names are names of.

    Raises
    ------
    NotFoundError
        If there is none of that name, or none at all.
    AmbiguousChoiceError
        If there are several and none was asked for.
    """
    listed = ", ".join(repr(name) for name in names[:N_LISTED]) + (", …" if len(names) > N_LISTED else "")
    if not names:
        raise NotFoundError(f"{where!r} holds no {kind}")
    if wanted is not None:
        if wanted not in names:
            raise NotFoundError(f"{where!r} has no {kind} {wanted!r}; it has {listed}")
        return wanted
    if len(names) > 1:
        option = "column" if kind.startswith("column") else "split"
        raise AmbiguousChoiceError(
            f"{where!r} holds more than one {kind}: name one of {listed} (--{option} NAME, {option}=...)"
        )
    return names[0]
