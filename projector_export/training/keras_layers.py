"""Embedding layers of a live Keras model, of Keras 3 on any backend and of Keras 2, known without importing either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import methodcaller
from typing import Any

from projector_export.errors import AmbiguousChoiceError, InvalidInputError
from projector_export.table import Column
from projector_export.training.choice import Choice, choose

__all__ = ["embedding_layers", "vocabulary_columns"]

PADDING = "[PAD]"
"""Label of the row that stands for no token at all, whose vocabulary entry is the empty text."""

LOOKUPS = frozenset({"IntegerLookup", "StringLookup", "TextVectorization"})

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
        name = layer.name if counts[layer.name] == 1 else str(getattr(layer, "path", layer.name))
        found[name if name not in found else f"{name} {len(found)}"] = layer
    chosen = choose(found, choice, option="layer", owner=f"model {_name(model)!r}")
    for name, layer in chosen.items():
        if getattr(layer, "quantization_mode", None) is not None:
            raise InvalidInputError(
                f"embedding layer {name!r} is quantised to {layer.quantization_mode}, and its rows stay as they are in a "
                "training: record another layer"
            )
    return chosen


def vocabulary_columns(model: object, name: str, n_rows: int) -> tuple[Column, ...]:
    """Return the label and the kind of each row by the vocabulary of a preprocessing layer in the model, if there is one.

    Parameters
    ----------
    model
        Whose ``TextVectorization``, ``StringLookup`` or ``IntegerLookup`` layers are looked at.
    name
        The embedding layer, for the sentence.
    n_rows
        Its rows. A vocabulary belongs to it that has as many entries, or else the only one with fewer.

    Raises
    ------
    AmbiguousChoiceError
        If several different vocabularies fit.
    """
    fitting = {vocabulary for vocabulary in _vocabularies(model) if 0 < len(vocabulary) <= n_rows}
    exact = {vocabulary for vocabulary in fitting if len(vocabulary) == n_rows}
    candidates = exact or fitting
    if len(candidates) > 1:
        raise AmbiguousChoiceError(
            f"{len(candidates)} vocabularies of model {_name(model)!r} fit the {n_rows:,} rows of {name!r}: say which tokens "
            f"they are, as in labels=lookup.get_vocabulary()"
        )
    if not candidates:
        return ()
    (vocabulary,) = candidates
    entries = [*vocabulary, *[None] * (n_rows - len(vocabulary))]
    labels = [f"row {row}" if entry is None else entry or PADDING for row, entry in enumerate(entries)]
    return Column("token", labels), Column("kind", [_kind(entry) for entry in entries])


def _kind(entry: str | None) -> str:
    if entry is None:
        return "beyond the vocabulary"
    return {"": "padding", "[UNK]": "out of vocabulary", "-1": "out of vocabulary"}.get(entry, "word")


def _vocabularies(model: object) -> Iterator[tuple[str, ...]]:
    lookups = [layer for layer in _layers(model) if _is_a(layer, LOOKUPS)]
    inner = {id(part) for layer in lookups if _is_a(layer, {"TextVectorization"}) for part in _layers(layer)[1:]}
    for layer in lookups:
        if id(layer) not in inner:
            yield tuple(str(entry) for entry in layer.get_vocabulary())


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
