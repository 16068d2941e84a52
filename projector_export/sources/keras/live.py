"""Embedding layers of live Keras models, of Keras 3 on any backend and of Keras 2, known without importing either."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from operator import methodcaller
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.keras.configuration import LayerSettings, decode_json, layers_of
from projector_export.sources.keras.layer_table import LayerTable, choose
from projector_export.sources.keras.lookups import LOOKUP_CLASSES, Lookup, lookup_of
from projector_export.sources.keras.table import Findings, table_of
from projector_export.table import EmbeddingTable
from projector_export.vectors import ArrayVectors, Vectors

__all__ = ["read", "recognises"]

KerasObject: TypeAlias = Any
"""A layer, a model, a variable: Keras has no types here."""

LIBRARIES = frozenset({"keras", "tf_keras", "tensorflow"})
BLOCK_ROWS = 4096

_below = methodcaller("_flatten_layers")


def recognises(value: object) -> bool:
    """Tell whether an object is a model, a layer or a variable of Keras."""
    return _is_a(value, {"Layer", "Model", "KerasVariable"}) or _is_variable(value)


def _is_a(value: object, names: set[str] | frozenset[str]) -> bool:
    return any(
        each.__name__ in names and each.__module__.partition(".")[0] in LIBRARIES for each in type(value).__mro__
    )


def _is_variable(value: object) -> bool:
    """Tell variables of Keras from those of TensorFlow, which share the name."""
    return any(
        each.__name__ == "Variable" and each.__module__.partition(".")[0] == "keras" for each in type(value).__mro__
    )


def read(value: object, *, layer: str | None = None, labels: str | PathLike[str] | None = None) -> EmbeddingTable:
    """Read an embedding layer of a live model, which stays as it is; later training does not reach the table.

    Parameters
    ----------
    value
        A model, a layer or a variable of Keras 3 on any backend, or of Keras 2 (``tf_keras``, ``tf.keras``).
    layer
        Name or path of the layer, where there are several.
    labels
        A file with one label a row; otherwise a ``TextVectorization``, ``StringLookup`` or ``IntegerLookup`` layer of the
        same model names the rows.

    Returns
    -------
    EmbeddingTable
        What the layer looks up, quantised and adapted (LoRA) layers as they are called. Columns ``token``, ``id``, ``kind``
        (where the rows have names) and ``norm``.

    Raises
    ------
    ProjectorExportError
        If there is no such layer or several, it has no weights yet, or the labels do not fit.
    """
    shown = f"{type(value).__name__} {getattr(value, 'name', '')}".strip()
    if not recognises(value):
        raise InvalidInputError(f"a {type(value).__name__} is no model, layer or variable of Keras")
    if not _is_a(value, {"Layer", "Model"}):
        return table_of(_variable(value, shown), labels, Findings(shown, {"object": shown}))
    layers = _described_layers(value)
    by_name = {each.name: each for each in layers if [one.name for one in layers].count(each.name) == 1}
    found = [each for each in _layers(value) if _is_a(each, {"Embedding"}) and hasattr(each, "input_dim")]
    tables = [_table(each, by_name.get(each.name), shown) for each in found]
    table, notes = choose(tables, layer, shown, hint="(vectors=NAME)")
    lookups = tuple(_lookups(value, by_name))
    origin: dict[str, JSONValue] = {"object": shown, "library": _library(value)}
    name = table.name if value is found[0] or len(found) > 1 else str(getattr(value, "name", table.name))
    return table_of(table, labels, Findings(name, origin, "model", layers, lookups, notes))


def _variable(value: KerasObject, shown: str) -> LayerTable:
    if len(value.shape) != 2:
        raise InvalidInputError(f"{shown} has the shape {tuple(value.shape)}, and vectors are rows and dimensions")
    path = str(getattr(value, "path", value.name))
    return LayerTable(
        value.name, path, tuple(value.shape), _dtype(value), True, lambda: ArrayVectors(_numbers(value, value))
    )


def _layers(value: KerasObject) -> list[KerasObject]:
    """Return a layer and all layers in it, each once: ``model.layers`` is only the first floor."""
    return list({id(each): each for each in (value, *_below(value))}.values())


def _table(layer: KerasObject, settings: LayerSettings | None, shown: str) -> LayerTable:
    path = str(getattr(layer, "path", layer.name))
    shape = (int(layer.input_dim), int(layer.output_dim))
    dtype = getattr(layer, "quantization_mode", None) or _dtype(layer)
    known = settings or LayerSettings(path, layer.name, type(layer).__name__, {"mask_zero": layer.mask_zero}, "", None)
    return LayerTable(layer.name, path, shape, dtype, True, partial(_rows, layer, shown), known)


def _dtype(value: KerasObject) -> str:
    return str(getattr(value, "variable_dtype", None) or getattr(value.dtype, "name", value.dtype))


def _rows(layer: KerasObject, shown: str) -> Vectors:
    """Return what a layer looks up."""
    if not layer.built:
        raise InvalidInputError(
            f"layer {layer.name!r} of {shown} has no weights yet: call the model on some input first, or build it"
        )
    if getattr(layer, "quantization_mode", None) is None:
        return ArrayVectors(_numbers(layer, layer.embeddings))
    parts = [
        _numbers(layer, layer(np.arange(start, min(start + BLOCK_ROWS, layer.input_dim))))
        for start in range(0, layer.input_dim, BLOCK_ROWS)
    ]
    return ArrayVectors(np.concatenate(parts))


def _library(value: object) -> str:
    return next(
        root for root in (each.__module__.partition(".")[0] for each in type(value).__mro__) if root in LIBRARIES
    )


def _numbers(owner: object, tensor: KerasObject) -> npt.NDArray[np.generic]:
    """Return a copy of a tensor's numbers, of float32 where numpy has no such type."""
    operations = getattr(sys.modules.get("keras"), "ops", None) if _library(owner) == "keras" else None
    if operations is None:
        array = np.array(tensor.numpy())
    else:
        narrow = str(getattr(tensor, "dtype", "")).rpartition(".")[2] == "bfloat16"
        array = np.array(operations.convert_to_numpy(operations.cast(tensor, "float32") if narrow else tensor))
    if array.dtype.kind not in "fiub":
        array = array.astype(np.float32)
    array.flags.writeable = False
    return array


def _described_layers(model: KerasObject) -> tuple[LayerSettings, ...]:
    """Return the layers of a model as its configuration describes them, none where it has none."""
    try:
        text = model.to_json()
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        return ()  # a layer, a model of a class of the user's own: only its layers are known, not how they are connected
    return layers_of(decode_json(text, str(getattr(model, "name", "model"))))


def _lookups(model: KerasObject, by_name: dict[str, LayerSettings]) -> Iterator[Lookup]:
    layers = [each for each in _layers(model) if _is_a(each, LOOKUP_CLASSES)]
    inner = {id(part) for each in layers if _is_a(each, {"TextVectorization"}) for part in _layers(each)[1:]}
    for layer in layers:
        if id(layer) in inner:
            continue
        entries: Sequence[object] = layer.get_vocabulary()
        known = by_name.get(layer.name)
        path = known.path if known else str(getattr(layer, "path", layer.name))
        class_name = next(name for name in sorted(LOOKUP_CLASSES, reverse=True) if _is_a(layer, {name}))
        lookup = lookup_of(layer.name, path, [str(entry) for entry in entries], layer.get_config(), class_name)
        if len(lookup) > lookup.n_mask + lookup.n_unknown:
            yield lookup
