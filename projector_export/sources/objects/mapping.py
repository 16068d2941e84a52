"""Dictionaries: of a label and its vector, or of a name and its matrix."""

from __future__ import annotations

from collections.abc import Mapping

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources.objects import array_protocol, jax_array, numpy_array, tensorflow_tensor, torch_tensor
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.rows import rows_of_rows, table_of
from projector_export.table import Column, EmbeddingTable
from projector_export.tabular import as_columns
from projector_export.vectors import ArrayVectors

__all__ = ["read", "recognises"]

_MATRICES = (numpy_array, torch_tensor, tensorflow_tensor, jax_array, array_protocol)


def recognises(value: object) -> bool:
    """Tell whether an object is a dictionary, or behaves like one."""
    return isinstance(value, Mapping)


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of ``{label: vector}``, or of one matrix of ``{name: matrix}`` such as a state dict.

    Raises
    ------
    InvalidInputError
        If it is empty, holds several matrices and none is named, or its rows are no vectors of one length.
    """
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"{value!r} is no dictionary")
    if not value:
        raise InvalidInputError("the dictionary is empty: give at least one label and its vector")
    shapes = [(key, len(getattr(each, "shape", ()))) for key, each in value.items()]
    matrices = tuple(str(key) for key, n_axes in shapes if n_axes == 2)
    if matrices or asked.vectors is not None:
        return _matrix(value, matrices, asked)
    rows = rows_of_rows(list(value.values()), "the dictionary")
    return table_of(value, ArrayVectors(rows), columns=_labels(list(value)))


def _labels(keys: list[object]) -> tuple[Column, ...]:
    return as_columns({"label": keys}, max_characters=2**31)


def _matrix(value: Mapping[object, object], known: tuple[str, ...], asked: Asked) -> EmbeddingTable:
    name = asked.part
    told = ", ".join(map(repr, known[:8])) + (", …" if len(known) > 8 else "")
    if name is None:
        if len(known) > 1:
            raise AmbiguousChoiceError(f"the dictionary holds {len(known)} matrices, {told}: choose by vectors=NAME")
        name = known[0]
    chosen = next((each for key, each in value.items() if str(key) == name), None)
    if chosen is None:
        raise NotFoundError(f"the dictionary has no entry {name!r}; its matrices are {told or 'none'}")
    for source in _MATRICES:
        if source.recognises(chosen):
            table = source.read(chosen, Asked(is_kept=asked.is_kept))
            return table_of(value, table.vectors, name=name, parameters={"entry": name})
    raise InvalidInputError(f"entry {name!r} of the dictionary is a {type(chosen).__name__} and no matrix")
