"""What the rows of a language model are called, by its live tokenizer."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.huggingface.tokenizer import read_tokenizer_path
from projector_export.sources.vocabulary_columns import refuse_other_model, vocabulary_columns
from projector_export.table import Column
from projector_export.tokens import Vocabulary

__all__ = ["is_tokenizer", "tokenizer_columns"]


def is_tokenizer(thing: object) -> bool:
    """Tell whether something is a live tokenizer of transformers or tokenizers: it names its entries and can be saved."""
    return callable(getattr(thing, "get_vocab", None)) and any(
        callable(getattr(thing, name, None)) for name in ("save_pretrained", "save")
    )


def tokenizer_columns(tokenizer: object, n_rows: int) -> tuple[Column, ...]:
    """Return the columns of a vocabulary's rows, spelled as ``projector-export vocab`` does, without ``norm``.

    Parameters
    ----------
    tokenizer
        A tokenizer of transformers, a processor that has one, a ``tokenizers.Tokenizer``, or the path of a tokenizer.
    n_rows
        Rows of the embedding.

    Raises
    ------
    InvalidInputError
        If it is none of these, or another model's.
    """
    vocabulary = _vocabulary(getattr(tokenizer, "tokenizer", tokenizer))
    refuse_other_model(vocabulary, n_rows)
    columns, _ = vocabulary_columns(vocabulary, n_rows, np.zeros(n_rows))
    return tuple(column for column in columns if column.name != "norm")


def _vocabulary(tokenizer: object) -> Vocabulary:
    if isinstance(tokenizer, (str, PathLike)):
        return read_tokenizer_path(Path(tokenizer))[0]
    with TemporaryDirectory() as folder:
        if hasattr(tokenizer, "save_pretrained"):
            tokenizer.save_pretrained(folder)
        elif hasattr(tokenizer, "save"):
            tokenizer.save(str(Path(folder, "tokenizer.json")))
        else:
            raise InvalidInputError(
                f"a {type(tokenizer).__name__} is no tokenizer that can be saved: give one of transformers, or a path"
            )
        try:
            return read_tokenizer_path(Path(folder))[0]
        except NotFoundError:
            return _plain_vocabulary(tokenizer)


def _plain_vocabulary(tokenizer: object) -> Vocabulary:
    """Return the entries of a tokenizer that has no file of a known kind (ByT5), as it names them itself."""
    named: Any = tokenizer
    entries = named.convert_ids_to_tokens(list(range(len(named))))
    special = frozenset(token for token in named.all_special_ids if token < len(entries))
    return Vocabulary("plain", tuple(entries), special)
