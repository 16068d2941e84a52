"""What to read of a source."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import get_args

from projector_export.errors import InvalidInputError
from projector_export.sources.huggingface import Table

__all__ = ["Reading", "Table"]


@dataclass(frozen=True)
class Reading:
    """What to read of a model.

    Parameters
    ----------
    revision
        Branch, tag or commit of a model on the Hub.
    tokenizer
        File or folder of the tokenizer of a Hugging Face model, where it is not beside the model.
    tensor
        Name of the embedding tensor of a Hugging Face or GGUF model, where it is not found by itself.
    table
        ``"input"`` embeddings, the ``"output"`` head, or ``"both"``, of a language model.
    layer
        Name or path of the embedding layer of a Keras or TensorFlow model, where it has several.
    labels
        File with one label a row of a Keras or TensorFlow layer, where the model has no vocabulary of its own.
    """

    revision: str | None = None
    tokenizer: str | PathLike[str] | None = None
    tensor: str | None = None
    table: Table = "input"
    layer: str | None = None
    labels: str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.table not in get_args(Table):
            raise InvalidInputError(f"table is one of {', '.join(get_args(Table))}, not {self.table!r}")
