"""What every encoder of texts offers, whichever library it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.provenance import JSONValue
from projector_export.vectors import Float32Array

__all__ = ["BoolArray", "Encoder", "IntArray", "Pieces", "TokenizedTexts"]

IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pieces:
    """The tokens or words of texts that get a vector each, text after text.

    Parameters
    ----------
    labels
        How each is spelled for the eye.
    words
        The word that each belongs to; empty where a row is a word.
    positions
        Place of each among all tokens, or words, of its text, from 0.
    """

    labels: list[str]
    words: list[str]
    positions: IntArray


@dataclass(frozen=True, eq=False)
class TokenizedTexts:
    """Texts that are ready to be encoded in batches.

    Parameters
    ----------
    lengths
        What a text costs, shape ``(n_texts,)``: tokens that the model sees.
    is_truncated
        Texts of which the model sees only the beginning.
    n_vectors
        Vectors that each text gives: 1 where a row is a text.
    batches
        Text numbers of each batch; together all of them, once.
    encode
        Makes the vectors of one batch: one float32 array a layer of shape ``(sum of n_vectors, n_dims)``, in the order of the
        batch.
    has_lengths
        Whether the lengths are numbers of tokens.
    pieces
        What the rows are, where they are no whole texts.
    """

    lengths: IntArray
    is_truncated: BoolArray
    n_vectors: IntArray
    batches: Sequence[IntArray]
    encode: Callable[[IntArray], tuple[Float32Array, ...]]
    has_lengths: bool = True
    pieces: Pieces | None = None


class Encoder(Protocol):
    """Turns texts into vectors; one call to :meth:`tokenize` knows nothing of another."""

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the model when it was loaded."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Name of each layer that gives a table; one empty name where there is a single one."""

    @property
    def max_tokens(self) -> int | None:
        """Tokens that the model sees of a text, special ones included, None where there is no limit."""

    @property
    def n_threads(self) -> int:
        """How many batches may be encoded at once."""

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return texts ready to be encoded."""

    def at_work(self) -> AbstractContextManager[None]:
        """Return a context in which batches are encoded."""
