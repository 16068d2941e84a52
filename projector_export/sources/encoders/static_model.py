"""Encoder of model2vec: static models, one look-up a token."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.batching import even_batches
from projector_export.sources.encoders.encoder import BoolArray, IntArray, TokenizedTexts
from projector_export.sources.encoders.model_folder import ModelFolder
from projector_export.sources.encoders.options import Encoding
from projector_export.vectors import Float32Array

if TYPE_CHECKING:
    from model2vec import StaticModel

__all__ = ["StaticEncoder", "open_static_model"]

_MAX_TOKENS = 512
"""``StaticModel.encode`` before model2vec 0.9, where a model had no limit of its own."""


@dataclass(frozen=True, eq=False)
class StaticEncoder:
    """A static model.

    Parameters
    ----------
    model
        Of model2vec.
    prompt
        Put before every text.
    truncate_dim
        Only the first so many dimensions.
    """

    model: StaticModel = field(repr=False)
    prompt: str
    truncate_dim: int | None

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the model when it was loaded."""
        return {"class": "StaticModel", "prompt": self.prompt, "truncate_dim": self.truncate_dim}

    @property
    def layers(self) -> tuple[str, ...]:
        """One table."""
        return ("",)

    @property
    def max_tokens(self) -> int | None:
        """Tokens that the model sees of a text."""
        limit = getattr(self.model, "max_length", _MAX_TOKENS)
        return limit if isinstance(limit, int) else None

    @property
    def n_threads(self) -> int:
        """How many batches may be encoded at once."""
        return 1

    def at_work(self) -> AbstractContextManager[None]:
        """Return a context in which batches are encoded."""
        return nullcontext()

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return texts ready to be encoded."""
        prompted = [self.prompt + text for text in texts]
        ones = np.ones(len(texts), dtype=np.int64)
        encode = partial(self._vectors, prompted)
        batches = even_batches(len(texts), len(texts))
        return TokenizedTexts(ones, self._is_truncated(prompted), ones, batches, encode, has_lengths=False)

    def _is_truncated(self, texts: Sequence[str]) -> BoolArray:
        """Tell which texts have too many tokens; only those of as many bytes can."""
        found = np.zeros(len(texts), dtype=np.bool_)
        limit = self.max_tokens
        for row, text in enumerate(texts):
            if limit is not None and len(text.encode()) > limit:
                encoding = self.model.tokenizer.encode(text, add_special_tokens=False)
                found[row] = len(encoding.ids) > limit or bool(encoding.overflowing)
        return found

    def _vectors(self, texts: Sequence[str], rows: IntArray) -> tuple[Float32Array, ...]:
        chosen = [texts[row] for row in rows.tolist()]
        found = self.model.encode(chosen, use_multiprocessing=False, show_progress_bar=False)
        return (np.asarray(found, dtype=np.float32)[:, : self.truncate_dim],)


def open_static_model(folder: ModelFolder, encoding: Encoding) -> StaticEncoder:
    """Load a static model.

    Raises
    ------
    ProjectorExportError
        If it cannot be loaded.
    """
    with optional.required_for("encoding texts by a static model"):
        from model2vec import StaticModel
    if encoding.prompt_name is not None:
        raise InvalidInputError(f"{folder.name!r} is a static model and has no prompts: give the prompt itself")
    try:
        model = StaticModel.from_pretrained(folder.path)
    except Exception as error:  # the library raises anything over damaged files
        raise InvalidInputError(
            f"{folder.name!r} cannot be loaded: {type(error).__name__}: {str(error)[:200]!r}"
        ) from error
    return StaticEncoder(model, encoding.prompt or "", encoding.truncate_dim)
