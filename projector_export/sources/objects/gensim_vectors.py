"""Word vectors in memory, as gensim keeps them."""

from __future__ import annotations

from typing import Any

import numpy as np

from projector_export.errors import NotFoundError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described, has_class
from projector_export.sources.objects.rows import rows_of_array, table_of
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import norms_of

__all__ = ["read", "recognises"]


def recognises(value: object) -> bool:
    """Tell whether an object is gensim's ``KeyedVectors``, or a model that holds some (``Word2Vec``, ``Doc2Vec``, ...)."""
    return has_class(value, "gensim", "KeyedVectors", "Word2Vec", "Doc2Vec", "FastText")


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of word vectors.

    Parameters
    ----------
    value
        ``KeyedVectors``, or a model: its words' vectors ``wv``, of ``Doc2Vec`` its documents' vectors ``dv``.
    asked
        ``"wv"`` or ``"dv"`` of a model that has both.

    Raises
    ------
    NotFoundError
        If the model has no such vectors.
    """
    keyed, part = _keyed(value, asked)
    words = keyed.index_to_key
    vectors = rows_of_array(keyed.vectors[: len(words)], "the vectors", is_kept=asked.is_kept)
    columns = [
        Column("document" if part == "dv" else "word", [str(word) for word in words]),
        Column("rank", np.arange(1, len(words) + 1)),
    ]
    counts = keyed.expandos.get("count")
    if counts is not None and len(counts) >= len(words):
        columns.append(Column("count", np.array(counts[: len(words)], dtype=np.int64)))
    return table_of(
        value,
        vectors,
        name="documents" if part == "dv" else "words",
        columns=(*columns, Column("norm", norms_of(vectors))),
        parameters={"part": part},
    )


def _keyed(value: object, asked: Asked) -> tuple[Any, str | None]:
    model: Any = value
    if has_class(value, "gensim", "KeyedVectors"):
        asked.refuse_part("KeyedVectors")
        return model, None
    part = asked.part or ("dv" if has_class(value, "gensim", "Doc2Vec") else "wv")
    if part not in {"wv", "dv"} or not hasattr(model, part):
        raise NotFoundError(f"{described(value)} has no vectors {part!r}: they are 'wv', and 'dv' of Doc2Vec")
    return getattr(model, part), part
