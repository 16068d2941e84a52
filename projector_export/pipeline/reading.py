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
        File or folder of the tokenizer, where it is not beside the model.
    tensor
        Name of the embedding tensor, where it is not found by itself.
    table
        ``"input"`` embeddings, the ``"output"`` head, or ``"both"``.
    """

    revision: str | None = None
    tokenizer: str | PathLike[str] | None = None
    tensor: str | None = None
    table: Table = "input"

    def __post_init__(self) -> None:
        if self.table not in get_args(Table):
            raise InvalidInputError(f"table is one of {', '.join(get_args(Table))}, not {self.table!r}")
