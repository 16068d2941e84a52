"""Embedding layers of live torch modules, known without importing torch, and their whole weights."""

from __future__ import annotations

from collections.abc import Sequence
from operator import methodcaller
from typing import Any

from projector_export.errors import InvalidInputError
from projector_export.table import Column
from projector_export.training.choice import Choice, choose
from projector_export.training.recorder import Layer

__all__ = ["embedding_modules", "layer_of", "name_of"]

EMBEDDINGS = frozenset({"Embedding", "EmbeddingBag"})

_named_modules = methodcaller("named_modules")


def embedding_modules(owner: object, choice: Choice = None, *, option: str = "module") -> dict[str, Any]:
    """Return the ``nn.Embedding`` modules that were asked for, by name.

    Parameters
    ----------
    owner
        Any ``nn.Module``.
    choice
        Name of an embedding (its last part will do), names of several, or None for the only one.
    option
        What the choice is called where it is made.

    Raises
    ------
    NotFoundError
        If there is none, or none of that name.
    AmbiguousChoiceError
        If there are several and nothing was asked for.
    """
    found = {name or "embedding": module for name, module in _named_modules(owner) if _is_embedding(module)}
    return choose(found, choice, option=option, owner=type(owner).__name__)


def name_of(module: object, owner: object) -> str:
    """Return the name of a module inside another, ``"embeddings"`` where it has none."""
    return next((name for name, each in _named_modules(owner) if each is module and name), "embeddings")


def layer_of(module: object, name: str, columns: Sequence[Column] = ()) -> Layer:
    """Return the weights of an embedding as they are now, on the CPU.

    Where they are distributed as a ``DTensor`` (FSDP 2, tensor parallel), all processes have to call this.

    Parameters
    ----------
    module
        An embedding.
    name
        Its name, for the sentence.
    columns
        Of its rows.

    Raises
    ------
    InvalidInputError
        If the module has no table of weights, or this process has only a part of it.
    """
    weight = getattr(module, "weight", None)
    if hasattr(module, "lora_embedding_A"):
        raise InvalidInputError(
            f"embedding {name!r} is trained by LoRA, and its own weights stay as they are: merge the adapter and export the "
            "merged model by 'projector-export vocab'"
        )
    if hasattr(weight, "ds_id"):
        raise InvalidInputError(
            f"the weights of embedding {name!r} are spread over all processes by DeepSpeed's ZeRO-3: train with stage 2, or "
            "save the model and export it by 'projector-export vocab'"
        )
    if getattr(weight, "ndim", None) != 2:
        shape = list(getattr(weight, "shape", ()))
        raise InvalidInputError(
            f"the weights of embedding {name!r} are no table of rows and dimensions (shape {shape}): where FSDP has made them "
            "flat, use FSDP 2, or save the model and export it by 'projector-export vocab'"
        )
    whole = methodcaller("full_tensor")(weight) if hasattr(weight, "full_tensor") else weight
    values = methodcaller("detach")(whole).float().cpu().numpy()
    return Layer(values, columns, str(getattr(weight, "dtype", "float32")).removeprefix("torch."))


def _is_embedding(module: object) -> bool:
    return any(
        parent.__name__ in EMBEDDINGS and parent.__module__.startswith("torch.nn.") for parent in type(module).__mro__
    )
