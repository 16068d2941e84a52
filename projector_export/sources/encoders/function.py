"""Encoder that is any function from a list of texts to an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TypeAlias

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.batching import even_batches
from projector_export.sources.encoders.encoder import IntArray, TokenizedTexts
from projector_export.sources.encoders.options import Encoding
from projector_export.vectors import Float32Array

__all__ = ["FunctionEncoder", "TextFunction", "name_of_function", "trial_of_function"]

TextFunction: TypeAlias = Callable[[list[str]], object]
"""Takes texts, returns one vector a text: an array, a tensor of torch or TensorFlow, or a list of lists."""

SAMPLES = ("The quick brown fox jumps over the lazy dog.", "a", "")
"""What a function makes of these is its name: another function under the same name does not go on with its work."""

_BATCH = 256


@dataclass(frozen=True, eq=False)
class FunctionEncoder:
    """A function from texts to vectors.

    Parameters
    ----------
    function
        Given at most 256 texts at once.
    prompt
        Put before every text.
    truncate_dim
        Only the first so many dimensions.
    """

    function: TextFunction = field(repr=False)
    prompt: str = ""
    truncate_dim: int | None = None

    @classmethod
    def of(cls, function: TextFunction, encoding: Encoding) -> FunctionEncoder:
        """Return the encoder of a function.

        Raises
        ------
        InvalidInputError
            If something is asked for that a function cannot do.
        """
        if encoding.needs_transformer or encoding.prompt_name is not None:
            raise InvalidInputError(
                "a function makes one vector of a text: pooling, layer, granularity and prompt_name are for models"
            )
        return cls(function, encoding.prompt or "", encoding.truncate_dim)

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What is known about the function."""
        return {"function": name_of_function(self.function), "prompt": self.prompt, "truncate_dim": self.truncate_dim}

    @property
    def layers(self) -> tuple[str, ...]:
        """One table."""
        return ("",)

    @property
    def max_tokens(self) -> int | None:
        """Not known."""
        return None

    @property
    def n_threads(self) -> int:
        """A function may not like to be called twice at once."""
        return 1

    def at_work(self) -> AbstractContextManager[None]:
        """Return a context in which batches are encoded."""
        return nullcontext()

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return texts ready to be encoded."""
        ones = np.ones(len(texts), dtype=np.int64)
        nothing = np.zeros(len(texts), dtype=np.bool_)
        encode = partial(self._vectors, [self.prompt + text for text in texts])
        return TokenizedTexts(ones, nothing, ones, even_batches(len(texts), _BATCH), encode, has_lengths=False)

    def _vectors(self, texts: Sequence[str], rows: IntArray) -> tuple[Float32Array, ...]:
        chosen = [texts[row] for row in rows.tolist()]
        return (vectors_of(self.function, chosen)[:, : self.truncate_dim],)


def vectors_of(function: TextFunction, texts: list[str]) -> Float32Array:
    """Call a function and look at what it returns.

    Raises
    ------
    InvalidInputError
        If that is not one row of finite numbers for each text.
    """
    name = name_of_function(function)
    found = function(list(texts))
    try:
        array = np.asarray(_on_processor(found))
    except ValueError as error:
        raise InvalidInputError(f"the function {name!r} returned vectors of different lengths") from error
    if array.ndim != 2 or len(array) != len(texts) or not array.shape[1]:
        raise InvalidInputError(
            f"the function {name!r} has to return an array of shape ({len(texts)}, n_dims) for {len(texts)} texts, "
            f"not {array.shape}"
        )
    if array.dtype.kind not in "fiub":
        raise InvalidInputError(f"the function {name!r} has to return real numbers, not {array.dtype}")
    with np.errstate(over="ignore"):
        vectors = np.ascontiguousarray(array, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InvalidInputError(
            f"the function {name!r} returned NaN or infinite numbers for the text {texts[int(bad[0])][:60]!r}"
        )
    return vectors


def name_of_function(function: object) -> str:
    """Return what people call a function, or the class of an object that can be called."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', '')}.{getattr(named, '__qualname__', '')}".strip(".")


def trial_of_function(function: TextFunction) -> tuple[str, int]:
    """Return SHA-256 of what a function makes of three short texts, and how many dimensions that has; it is called for that."""
    vectors = vectors_of(function, list(SAMPLES))
    return sha256(vectors.tobytes()).hexdigest(), vectors.shape[1]


def _on_processor(found: object) -> object:
    """Bring a tensor of PyTorch to the processor, in numbers that numpy has."""
    detach = getattr(found, "detach", None)
    return detach().float().cpu().numpy() if callable(detach) else found
