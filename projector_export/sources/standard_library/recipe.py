"""What a small vocabulary is trained with."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue

__all__ = ["Recipe"]

_WHOLE_NUMBERS = {
    "n_tokens": (257, 200_000),
    "n_dims": (2, 1024),
    "window": (1, 50),
    "n_negatives": (1, 100),
    "n_epochs": (1, 1000),
    "seed": (0, 2**63 - 1),
}
_POSITIVE_NUMBERS = {"learning_rate": 10.0, "subsampling": 1.0}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training on the standard library gives.

    Parameters
    ----------
    n_tokens
        Size of the tokenizer's vocabulary, 257 (all bytes and the special token) to 200,000. A small corpus may give fewer.
    n_dims
        Dimensions of a vector, 2 to 1024.
    window
        Farthest context token, 1 to 50 tokens away; each occurrence draws its own reach from 1 to ``window``.
    n_negatives
        Noise tokens for one true context token, 1 to 100.
    n_epochs
        Passes over the training text, 1 to 1000.
    learning_rate
        Step of a row's first update, above 0 and up to 10; it falls linearly over the training.
    subsampling
        Share of the text above which occurrences of a token are dropped at random, above 0 and up to 1.
    seed
        Of all random numbers, 0 to 2**63 - 1.

    Raises
    ------
    InvalidInputError
        If a value is not of its type or outside its range.
    """

    n_tokens: int = 8000
    n_dims: int = 64
    window: int = 5
    n_negatives: int = 5
    n_epochs: int = 15
    learning_rate: float = 0.8
    subsampling: float = 3e-4
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in _WHOLE_NUMBERS.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise InvalidInputError(f"{name} has to be a whole number from {least:,} to {most:,}, not {value!r}")
        for name, limit in _POSITIVE_NUMBERS.items():
            value = getattr(self, name)
            if type(value) not in {int, float} or not math.isfinite(value) or not 0 < value <= limit:
                raise InvalidInputError(f"{name} has to be a number above 0 and at most {limit:g}, not {value!r}")

    def as_json(self) -> dict[str, JSONValue]:
        """Return the parameters as a JSON object."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
