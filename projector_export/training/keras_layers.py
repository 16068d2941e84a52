"""Embedding layers of a live Keras model, of Keras 3 on any backend and of Keras 2, known without importing either."""

from __future__ import annotations

from collections import Counter
from operator import methodcaller
from typing import Any

from projector_export.errors import InvalidInputError
from projector_export.sources.keras import live
from projector_export.table import Column
from projector_export.training.choice import Choice, choose

__all__ = ["embedding_layers", "row_names"]

_all_layers = methodcaller("_flatten_layers")
"""All layers below a model, those of nested models and of attributes too: ``model.layers`` is only the first floor."""


def embedding_layers(model: object, choice: Choice = None) -> dict[str, Any]:
    """Return the embedding layers that were asked for, by name.

    Parameters
    ----------
    model
        A ``keras.Model`` or ``tf_keras.Model``.
    choice
        Name of a layer (or its path, where two share a name), names of several, or None for the only one.

    Raises
    ------
    NotFoundError
        If there is none, or none of that name.
    AmbiguousChoiceError
        If there are several and nothing was asked for.
    InvalidInputError
        If it is quantised.
    """
    layers = [layer for layer in _layers(model) if _is_a(layer, {"Embedding"}) and hasattr(layer, "input_dim")]
    counts = Counter(layer.name for layer in layers)
    found: dict[str, Any] = {}
    for layer in layers:
        name = layer.name if counts[layer.name] == 1 else _path(layer)
        found[name if name not in found else f"{name} {len(found)}"] = layer
    chosen = choose(found, choice, option="layer", owner=f"model {_name(model)!r}")
    for name, layer in chosen.items():
        if getattr(layer, "quantization_mode", None) is not None:
            raise InvalidInputError(
                f"embedding layer {name!r} is quantised to {layer.quantization_mode}, and its rows stay as they are in a "
                "training: record another layer"
            )
    return chosen


def row_names(model: object, layer: object) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return what the rows of a layer are called, by the vocabularies of its model, and what to tell about it.

    Parameters
    ----------
    model
        Whose ``TextVectorization``, ``StringLookup`` and ``IntegerLookup`` layers are looked at.
    layer
        The embedding layer.
    """
    table = live.read(model, layer=_path(layer))
    return tuple(column for column in table.columns if column.name != "norm"), table.provenance.notes


def _layers(model: object) -> list[Any]:
    """Return a model and all layers in it, each once."""
    below = [layer for layer in _all_layers(model) if layer is not model]
    return list({id(layer): layer for layer in (model, *below)}.values())


def _is_a(layer: object, names: set[str] | frozenset[str]) -> bool:
    return any(
        parent.__name__ in names and parent.__module__.partition(".")[0] in {"keras", "tf_keras", "tensorflow"}
        for parent in type(layer).__mro__
    )


def _name(model: object) -> str:
    return str(getattr(model, "name", type(model).__name__))


def _path(layer: object) -> str:
    return str(getattr(layer, "path", None) or getattr(layer, "name", ""))
