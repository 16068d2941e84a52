"""Encoder of transformers: token vectors of any layer, pooled, or one by one, or word by word."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from projector_export.provenance import JSONValue
from projector_export.sources.encoders.batching import length_batches
from projector_export.sources.encoders.encoder import IntArray, TokenizedTexts
from projector_export.sources.encoders.options import Encoding, Pooling
from projector_export.sources.encoders.pooling import grouped_mean, pool
from projector_export.sources.encoders.token_rows import TokenRows
from projector_export.sources.encoders.tokens_of_texts import TokenIds
from projector_export.sources.encoders.torch_work import Workplace, working
from projector_export.vectors import Float32Array

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["TransformerEncoder"]


@dataclass(frozen=True, eq=False)
class TransformerEncoder:
    """A transformer with its tokenizer.

    Parameters
    ----------
    model, tokenizer
        Of transformers; of an encoder-decoder the encoder.
    encoding
        What is made of a text; its prompt is put before every text.
    pooling
        How token vectors become one.
    max_tokens
        Tokens that the model sees of a text, None where there is no limit.
    place
        Where it computes.
    chosen
        Numbers of the layers that are wanted, 0 for the token embeddings; None for the model's output.
    """

    model: PreTrainedModel = field(repr=False)
    tokenizer: PreTrainedTokenizerBase = field(repr=False)
    encoding: Encoding
    pooling: Pooling
    max_tokens: int | None
    place: Workplace
    chosen: tuple[int, ...] | None

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the model when it was loaded."""
        pooling = self.pooling if self.encoding.granularity == "text" else None
        return {"class": type(self.model).__name__, "pooling": pooling, "dtype": str(self.model.dtype).split(".")[-1]}

    @property
    def layers(self) -> tuple[str, ...]:
        """Name of each layer that gives a table; one empty name where there is a single one."""
        if self.encoding.layer != "all":
            return ("",)
        return tuple(f"layer-{number:02}" for number in self.chosen or ())

    @property
    def n_threads(self) -> int:
        """How many batches may be encoded at once."""
        return self.place.n_threads

    def at_work(self) -> AbstractContextManager[None]:
        """Return a context in which batches are encoded."""
        return working(self.place)

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return texts ready to be encoded."""
        prompt = self.encoding.prompt or ""
        prompted = [prompt + text for text in texts]
        tokens = TokenIds.of(self.tokenizer, prompted, self.max_tokens)
        batches = length_batches(tokens.lengths, self.place.budget, slack=self.place.slack)
        if self.encoding.granularity == "text":
            counts, pieces, encode = np.ones(len(texts), dtype=np.int64), None, partial(self._pooled, tokens)
        else:
            groups, counts, pieces = self._rows.of(prompted, tokens.encodings or (), len(prompt))
            encode = partial(self._grouped, tokens, groups, counts)
        return TokenizedTexts(tokens.lengths, tokens.is_truncated, counts, batches, encode, pieces=pieces)

    @cached_property
    def _rows(self) -> TokenRows:
        return TokenRows(self.tokenizer, self.encoding.granularity, self.encoding.special_tokens)

    def _pooled(self, tokens: TokenIds, rows: IntArray) -> tuple[Float32Array, ...]:
        import torch

        with torch.inference_mode():
            layers, mask = self._hidden(tokens, rows)
            return tuple(self._as_array(pool(hidden, mask, self.pooling)) for hidden in layers)

    def _grouped(
        self, tokens: TokenIds, groups: Sequence[IntArray], counts: IntArray, rows: IntArray
    ) -> tuple[Float32Array, ...]:
        import torch

        with torch.inference_mode():
            layers, mask = self._hidden(tokens, rows)
            found = []
            for hidden in layers:
                means = [
                    grouped_mean(
                        each[: len(groups[row])], torch.from_numpy(groups[row]).to(mask.device), int(counts[row])
                    )
                    for each, row in zip(hidden, rows.tolist(), strict=True)
                ]
                found.append(self._as_array(torch.cat(means)))
            return tuple(found)

    def _hidden(self, tokens: TokenIds, rows: IntArray) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return token vectors of each wanted layer, shape ``(n_texts, n_tokens, n_dims)``, and the mask of the padding."""
        given = {name: each.to(self.place.device) for name, each in tokens.padded(rows).items()}
        found = self.model(**given, output_hidden_states=self.chosen is not None, return_dict=True)
        if self.chosen is None:
            return (found.last_hidden_state,), given["attention_mask"]
        return tuple(found.hidden_states[number] for number in self.chosen), given["attention_mask"]

    def _as_array(self, vectors: Tensor) -> Float32Array:
        found: Float32Array = vectors[:, : self.encoding.truncate_dim].float().cpu().numpy()
        return found
