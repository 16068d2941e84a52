"""Pickles of nothing but dictionaries, lists, texts and numbers, and of objects that hold such."""

from __future__ import annotations

from collections.abc import Collection

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats import pickle_values
from projector_export.formats.pickle_values import PickledObject, PickledValue

__all__ = ["decode"]


def decode(data: bytes, *, classes: Collection[tuple[str, str]], shown: str) -> PickledValue:
    """Return what a pickle holds; an object as a dictionary of its attributes.

    Parameters
    ----------
    data
        The pickle. Nothing in it is imported or called.
    classes
        Classes, as module and name, that it may hold objects of.
    shown
        What errors call it.

    Raises
    ------
    CorruptFileError
        If it is damaged, or names anything else.
    """
    allowed = frozenset(classes)
    try:
        value = pickle_values.decode(memoryview(data), allows=lambda module, name: (module, name) in allowed)
    except (CorruptFileError, InvalidInputError) as error:
        raise CorruptFileError(f"{shown!r} is damaged, or a pickle of more than plain values ({error})") from error
    return value.attributes if isinstance(value, PickledObject) else value
