"""Embedding layers of PyTorch and models that hold one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.provenance import JSONValue
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described, has_class
from projector_export.sources.objects.rows import table_of
from projector_export.sources.objects.torch_tensor import rows_of_tensor
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import norms_of

if TYPE_CHECKING:
    import torch

__all__ = ["read", "recognises"]

PADDING = "padding"


def recognises(value: object) -> bool:
    """Tell whether an object is a module of PyTorch."""
    return has_class(value, "torch", "Module")


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of an embedding layer, or of the one that a model has.

    Parameters
    ----------
    value
        ``nn.Embedding``, ``nn.EmbeddingBag``, a model with ``get_input_embeddings()`` as those of transformers, or a model
        that holds embedding layers.
    asked
        Name of the layer, as ``named_modules()`` gives it, where the model holds several.

    Raises
    ------
    InvalidInputError
        If there is no such layer, or several and none is named.
    """
    model: Any = value
    name, layer = _layer(model, asked)
    if any("peft" in each.__module__.partition(".")[0] for each in type(layer).__mro__):
        raise InvalidInputError(
            f"the embeddings {name!r} carry an adapter ({described(layer)}): give what merge_and_unload() returns"
        )
    weight: Any = getattr(layer, "weight", None)
    if not has_class(weight, "torch", "Tensor"):
        raise InvalidInputError(f"{described(layer)} has no weight, so it is no layer of embeddings")
    vectors = rows_of_tensor(weight, f"the weight of {name or described(layer)}", is_kept=asked.is_kept)
    padding = getattr(layer, "padding_idx", None)
    columns = [Column("label", [f"row {row}" for row in range(vectors.shape[0])])]
    if padding is not None:
        columns.append(Column("kind", [PADDING if row == padding else "row" for row in range(vectors.shape[0])]))
    parameters: dict[str, JSONValue] = {
        "layer": name,
        "layer_class": described(layer),
        "padding_idx": padding,
        "device": str(weight.device),
    }
    return table_of(
        value,
        vectors,
        name=name or "embeddings",
        columns=(*columns, Column("norm", norms_of(vectors))),
        parameters=parameters,
        notes=_notes(layer, padding),
    )


def _notes(layer: torch.nn.Module, padding: int | None) -> tuple[str, ...]:
    notes = [] if padding is None else [f"row {padding:,} is the padding: kind '{PADDING}'"]
    longest = getattr(layer, "max_norm", None)
    if longest is not None:
        notes.append(f"the layer shortens rows to the length {longest:g} when they are used; here they are as stored")
    return tuple(notes)


def _layer(model: torch.nn.Module, asked: Asked) -> tuple[str, torch.nn.Module]:
    layers = {name: layer for name, layer in model.named_modules() if _is_embedding(layer)}
    if asked.part is not None:
        return _named(model, asked.part, tuple(layers))
    if _is_embedding(model):
        return "", model
    inner = _input_layers(model)
    if len(inner) == 1:
        return inner[0]
    if not layers:
        raise NotFoundError(f"{described(model)} holds no embedding layer: give the tensor itself")
    if len(layers) > 1:
        raise AmbiguousChoiceError(
            f"{described(model)} holds {len(layers)} embedding layers, {_listed(tuple(layers))}: choose by vectors=NAME"
        )
    return next(iter(layers.items()))


def _input_layers(model: torch.nn.Module) -> list[tuple[str, torch.nn.Module]]:
    """Return the layers that a model, or the models inside it, say are those of their input; the outermost ones first."""
    names = {layer: name for name, layer in model.named_modules()}
    found: dict[torch.nn.Module, str] = {}
    for each in model.modules():
        if callable(getattr(each, "get_input_embeddings", None)):
            try:
                layer = each.get_input_embeddings()
            except NotImplementedError:
                continue
            if layer is not None:
                found[layer] = names.get(layer, "")
    layers = [(name, layer) for layer, name in found.items()]
    return layers[:1] if callable(getattr(model, "get_input_embeddings", None)) else layers


def _named(model: torch.nn.Module, name: str, known: tuple[str, ...]) -> tuple[str, torch.nn.Module]:
    modules = dict(model.named_modules())
    if name not in modules or name == "":
        told = f"its embedding layers are {_listed(known)}" if known else "it has no embedding layer"
        raise NotFoundError(f"{described(model)} has no layer {name!r}; {told}")
    return name, modules[name]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")


def _is_embedding(layer: object) -> bool:
    return has_class(layer, "torch", "Embedding", "EmbeddingBag")
