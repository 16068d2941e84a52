"""Encoder of sentence-transformers: the whole model, batched by its own tokens where its input is plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.batching import even_batches, length_batches
from projector_export.sources.encoders.encoder import IntArray, TokenizedTexts
from projector_export.sources.encoders.model_folder import ModelFolder
from projector_export.sources.encoders.options import Encoding, Running
from projector_export.sources.encoders.tokens_of_texts import TokenIds
from projector_export.sources.encoders.torch_work import Workplace, loading, working
from projector_export.vectors import Float32Array

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

__all__ = ["SentenceEncoder", "open_sentence_transformer"]

_SAMPLES = ("", "  A text, with Capitals\tand\nspaces. ", "é " * 2000)
"""Texts on which a model's own preparation is compared with its tokenizer's."""

_TOKEN_FEATURES = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_BATCH = 256


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """A model of sentence-transformers.

    Parameters
    ----------
    model
        The model, all its modules.
    prompt
        Put before every text.
    truncate_dim
        Only the first so many dimensions.
    place
        Where it computes.
    extra
        What the model wants to know of a batch beside its tokens; None where it prepares texts in a way of its own, which is
        left to it then.
    """

    model: SentenceTransformer = field(repr=False)
    prompt: str
    truncate_dim: int | None
    place: Workplace
    extra: Mapping[str, object] | None

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the model when it was loaded."""
        modules: list[JSONValue] = [type(module).__name__ for module in self.model]
        return {"modules": modules, "prompt": self.prompt, "truncate_dim": self.truncate_dim}

    @property
    def layers(self) -> tuple[str, ...]:
        """One table."""
        return ("",)

    @property
    def max_tokens(self) -> int | None:
        """Tokens that the model sees of a text."""
        limit = self.model.max_seq_length
        return limit if isinstance(limit, int) else None

    @property
    def n_threads(self) -> int:
        """How many batches may be encoded at once."""
        return 1 if self.extra is None else self.place.n_threads

    def at_work(self) -> AbstractContextManager[None]:
        """Return a context in which batches are encoded."""
        return nullcontext() if self.extra is None else working(self.place)

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return texts ready to be encoded."""
        if self.extra is None:
            return self._untouched(texts)
        tokens = TokenIds.of(self.model.tokenizer, [self.prompt + text for text in texts], self.max_tokens)
        batches = length_batches(tokens.lengths, self.place.budget, slack=self.place.slack)
        ones = np.ones(len(texts), dtype=np.int64)
        return TokenizedTexts(tokens.lengths, tokens.is_truncated, ones, batches, partial(self._vectors, tokens))

    def _untouched(self, texts: Sequence[str]) -> TokenizedTexts:
        """Leave all to the model's own method."""
        n_texts = len(texts)
        nothing, ones = np.zeros(n_texts, dtype=np.bool_), np.ones(n_texts, dtype=np.int64)
        encode = partial(self._by_itself, texts)
        return TokenizedTexts(ones, nothing, ones, even_batches(n_texts, _BATCH), encode, has_lengths=False)

    def _by_itself(self, texts: Sequence[str], rows: IntArray) -> tuple[Float32Array, ...]:
        chosen = [texts[row] for row in rows.tolist()]
        found = self.model.encode(chosen, prompt=self.prompt, show_progress_bar=False, convert_to_numpy=True)
        return (np.asarray(found, dtype=np.float32)[:, : self.truncate_dim],)

    def _vectors(self, tokens: TokenIds, rows: IntArray) -> tuple[Float32Array, ...]:
        import torch

        features = {name: each.to(self.place.device) for name, each in tokens.padded(rows).items()}
        with torch.inference_mode():
            found: Tensor = self.model({**features, **(self.extra or {})})["sentence_embedding"]
            array: Float32Array = found[:, : self.truncate_dim].float().cpu().numpy()
        return (array,)


def open_sentence_transformer(folder: ModelFolder, encoding: Encoding, running: Running) -> SentenceEncoder:
    """Load a model of sentence-transformers; code that a model brings along is never run.

    Raises
    ------
    ProjectorExportError
        If it cannot be loaded, or has no such prompt.
    """
    with optional.required_for("encoding texts", extra="texts"):
        from sentence_transformers import SentenceTransformer
    place = Workplace.of(running)
    with loading(folder.name):
        model = SentenceTransformer(
            str(folder.path),
            device=place.device,
            backend=running.backend,
            trust_remote_code=False,
            local_files_only=True,
        ).eval()
        if running.backend == "torch" and place.torch_dtype is not None:
            model = model.to(place.torch_dtype)
        prompt = _prompt_of(model, encoding, folder.name)
        return SentenceEncoder(
            model, prompt, encoding.truncate_dim or model.truncate_dim, place, _extra_of(model, prompt)
        )


def _prompt_of(model: SentenceTransformer, encoding: Encoding, name: str) -> str:
    if encoding.prompt is not None:
        return encoding.prompt
    chosen = encoding.prompt_name or model.default_prompt_name
    if chosen is None:
        return ""
    if chosen not in model.prompts:
        known = ", ".join(map(repr, model.prompts)) or "none"
        raise InvalidInputError(f"{name!r} has no prompt {chosen!r}; it has {known}")
    return str(model.prompts[chosen])


def _extra_of(model: SentenceTransformer, prompt: str) -> Mapping[str, object] | None:
    """Return what a model adds to the tokens of a batch, None where it does not prepare texts as its tokenizer does."""
    if getattr(model, "tokenizer", None) is None or not hasattr(model, "preprocess"):
        return None
    extra: dict[str, object] = {}
    for text in _SAMPLES:
        given = model.preprocess([text], prompt=prompt)
        if "input_ids" not in given or "attention_mask" not in given:
            return None
        tokens = TokenIds.of(model.tokenizer, [prompt + text], model.max_seq_length)
        is_token = given["attention_mask"][0] == 1
        if given["input_ids"][0][is_token].tolist() != tokens.ids[0]:
            return None
        if any(given["token_type_ids"][0].tolist() if "token_type_ids" in given else ()) and tokens.type_ids is None:
            return None
        extra = {name: value for name, value in given.items() if name not in _TOKEN_FEATURES}
    return extra
