"""Texts -> token ids by a Hugging Face tokenizer, all at once, and which of them were cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from projector_export.sources.encoders.encoder import BoolArray, IntArray

if TYPE_CHECKING:
    from tokenizers import Encoding
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

__all__ = ["TokenIds"]


@dataclass(frozen=True, eq=False)
class TokenIds:
    """Token ids of texts.

    Parameters
    ----------
    ids
        Of each text, special tokens included.
    type_ids
        Segment of each token; None where all are 0 or the model knows none.
    is_truncated
        Texts of which a part was cut off.
    encodings
        What a fast tokenizer knows of each text: words, places, spellings.
    """

    ids: list[list[int]]
    type_ids: list[list[int]] | None
    is_truncated: BoolArray
    encodings: Sequence[Encoding] | None

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_tokens: int | None) -> TokenIds:
        """Tokenize texts.

        Parameters
        ----------
        tokenizer
            Of transformers, fast or slow.
        texts
            Any texts.
        max_tokens
            Longer ones are cut, as the tokenizer does it.
        """
        cut = {} if max_tokens is None else {"truncation": True, "max_length": max_tokens}
        found = tokenizer(list(texts), padding=False, return_attention_mask=False, **cut)
        ids: list[list[int]] = found["input_ids"]
        types = found.get("token_type_ids")
        encodings = found.encodings
        is_truncated = np.zeros(len(ids), dtype=np.bool_)
        full = [row for row, each in enumerate(ids) if max_tokens is not None and len(each) >= max_tokens]
        if encodings is not None:
            is_truncated[[row for row in full if encodings[row].overflowing]] = True
        elif full:
            whole = tokenizer([texts[row] for row in full], padding=False, truncation=False, verbose=False)
            is_truncated[
                [row for row, each in zip(full, whole["input_ids"], strict=True) if len(each) > len(ids[row])]
            ] = True
        has_types = types is not None and any(map(any, types))
        return cls(ids, types if has_types else None, is_truncated, encodings)

    @property
    def lengths(self) -> IntArray:
        """Tokens of each text."""
        return np.array([len(each) for each in self.ids], dtype=np.int64)

    def padded(self, rows: IntArray) -> dict[str, Tensor]:
        """Return what a model is given of a batch: ``input_ids``, ``attention_mask`` and perhaps ``token_type_ids``.

        Padding stands on the right, under a mask of 0, whatever side the tokenizer prefers: the tokens of a causal model do
        not see what follows them, and positions begin at 0 then.
        """
        import torch

        chosen = rows.tolist()
        width = max(1, *(len(self.ids[row]) for row in chosen))
        ids = np.zeros((len(chosen), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        types = np.zeros_like(ids)
        for place, row in enumerate(chosen):
            n_tokens = len(self.ids[row])
            ids[place, :n_tokens] = self.ids[row]
            mask[place, :n_tokens] = 1
            if self.type_ids is not None:
                types[place, :n_tokens] = self.type_ids[row]
        given = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if self.type_ids is not None:
            given["token_type_ids"] = torch.from_numpy(types)
        return given
