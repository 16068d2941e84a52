"""Which of several embedding layers is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError

__all__ = ["Choice", "choose"]

Choice: TypeAlias = "str | Sequence[str] | None"
"""Name of a layer, names of several, or None where there is only one."""

_T = TypeVar("_T")

N_SHOWN = 20


def choose(found: Mapping[str, _T], choice: Choice, *, option: str, owner: str) -> dict[str, _T]:
    """Return the layers that were asked for, in that order; the only one where nothing was asked for.

    Parameters
    ----------
    found
        Name -> layer. A name's last part, behind ``.`` or ``/``, will do where it is unique.
    choice
        What was asked for.
    option
        Name of the option, for the sentence (``"layer"``).
    owner
        Whose layers they are, for the sentence.

    Raises
    ------
    NotFoundError
        If there is none, or none of that name.
    AmbiguousChoiceError
        If there are several and nothing was asked for, or a name's last part fits several.
    """
    if not found:
        raise NotFoundError(f"{owner} has no embedding layer, so that there is nothing to record")
    names = ", ".join([repr(name) for name in list(found)[:N_SHOWN]] + ["…"] * (len(found) > N_SHOWN))
    if choice is None:
        if len(found) > 1:
            first = next(iter(found))
            raise AmbiguousChoiceError(
                f"{owner} has {len(found)} embedding layers ({names}): name one or several, as in {option}={first!r}"
            )
        return dict(found)
    wanted = [choice] if isinstance(choice, str) else list(choice)
    if not wanted or not all(isinstance(name, str) for name in wanted):
        raise InvalidInputError(f"{option} is the name of an embedding layer or a list of names, not {choice!r}")
    return {full: found[full] for full in (_full_name(name, found, names, owner) for name in wanted)}


def _full_name(name: str, found: Mapping[str, object], names: str, owner: str) -> str:
    if name in found:
        return name
    fitting = [full for full in found if full.endswith((f".{name}", f"/{name}"))]
    if len(fitting) > 1:
        raise AmbiguousChoiceError(f"{name!r} may be {' or '.join(map(repr, fitting))} of {owner}: give the whole name")
    if not fitting:
        raise NotFoundError(f"{owner} has no embedding layer {name!r}; it has {names}")
    return fitting[0]
