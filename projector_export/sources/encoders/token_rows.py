"""Tokens and words of texts as rows: which there are, how they are spelled, which vectors they are the mean of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from projector_export.sources.encoders.encoder import IntArray, Pieces
from projector_export.sources.encoders.options import Granularity
from projector_export.tokens import Scheme, Vocabulary, labels, spell

if TYPE_CHECKING:
    from tokenizers import Encoding
    from transformers import PreTrainedTokenizerBase

__all__ = ["TokenRows"]

MAX_WORD_CHARACTERS = 100
"""Of a word that is shown; texts without spaces are one word."""


@dataclass(frozen=True)
class TokenRows:
    """Makes rows of the tokens or words of texts.

    Parameters
    ----------
    tokenizer
        A fast one.
    granularity
        ``"token"`` or ``"word"``.
    special_tokens
        Whether special tokens are rows too.
    """

    tokenizer: PreTrainedTokenizerBase
    granularity: Granularity
    special_tokens: bool

    def of(
        self, texts: Sequence[str], encodings: Sequence[Encoding], n_prompt: int
    ) -> tuple[list[IntArray], IntArray, Pieces]:
        """Return rows of texts.

        Parameters
        ----------
        texts
            As they were tokenized, prompt included.
        encodings
            One a text.
        n_prompt
            Characters of the prompt: its tokens are no rows.

        Returns
        -------
        groups : list of ndarray
            For each text the row, among its own, of each token; -1 for a token without one.
        n_rows : ndarray, shape (n_texts,)
        pieces : Pieces
            What the rows are.
        """
        groups: list[IntArray] = []
        rows: list[tuple[str, str, int]] = []
        make = self._words if self.granularity == "word" else self._tokens
        counts = []
        for text, encoding in zip(texts, encodings, strict=True):
            group, found = make(text, encoding, n_prompt)
            groups.append(np.array(group, dtype=np.int64))
            rows += found
            counts.append(len(found))
        labels_, words, positions = zip(*rows, strict=True) if rows else ((), (), ())
        pieces = Pieces(
            list(labels_), list(words) if self.granularity == "token" else [], np.array(positions, dtype=np.int64)
        )
        return groups, np.array(counts, dtype=np.int64), pieces

    def _tokens(self, text: str, encoding: Encoding, n_prompt: int) -> tuple[list[int], list[tuple[str, str, int]]]:
        spelling, kept = self._spelling, self.special_tokens
        groups: list[int] = []
        rows: list[tuple[str, str, int]] = []
        facts = zip(encoding.ids, encoding.special_tokens_mask, encoding.offsets, encoding.word_ids, strict=True)
        for position, (token, is_special, (_, end), word) in enumerate(facts):
            if (is_special and not kept) or (not is_special and end <= n_prompt and n_prompt):
                groups.append(-1)
                continue
            groups.append(len(rows))
            name = "" if word is None else _word(text, encoding, word)
            rows.append((spelling[token] if token < len(spelling) else encoding.tokens[position], name, position))
        return groups, rows

    def _words(self, text: str, encoding: Encoding, n_prompt: int) -> tuple[list[int], list[tuple[str, str, int]]]:
        numbers: dict[int, int] = {}
        groups: list[int] = []
        rows: list[tuple[str, str, int]] = []
        for word, (_, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
            if word is None or (word not in numbers and end <= n_prompt and n_prompt):
                groups.append(-1)
                continue
            if word not in numbers:
                numbers[word] = len(rows)
                rows.append((_word(text, encoding, word), "", len(rows)))
            groups.append(numbers[word])
        return groups, rows

    @cached_property
    def _spelling(self) -> list[str]:
        """How each id of the tokenizer is spelled."""
        ids: dict[str, int] = self.tokenizer.get_vocab()
        raw: list[str | None] = [None] * (max(ids.values(), default=-1) + 1)
        for token, number in ids.items():
            raw[number] = token
        added = frozenset(number for number in self.tokenizer.added_tokens_decoder if number < len(raw))
        special = frozenset(number for number in self.tokenizer.all_special_ids if number < len(raw))
        scheme, prefix = _notation(self.tokenizer)
        return labels(Vocabulary(scheme, tuple(raw), special=special, added=added, continuation=prefix))


def _word(text: str, encoding: Encoding, word: int) -> str:
    place = encoding.word_to_chars(word)
    found = text[place[0] : place[1]] if place else ""
    return spell(found if len(found) <= MAX_WORD_CHARACTERS else f"{found[: MAX_WORD_CHARACTERS - 1]}…")


def _notation(tokenizer: PreTrainedTokenizerBase) -> tuple[Scheme, str]:
    """Return the notation of a fast tokenizer's entries, told by its decoder, and the mark of entries that go on."""
    decoder = tokenizer.backend_tokenizer.decoder
    kinds = _kinds(json.loads(decoder.__getstate__())) if decoder is not None else {}
    if "WordPiece" in kinds:
        return "wordpiece", str(kinds["WordPiece"].get("prefix", "##"))
    if "ByteLevel" in kinds:
        return "byte_level", ""
    if "Metaspace" in kinds or "ByteFallback" in kinds:
        return "sentencepiece", ""
    return "plain", ""


def _kinds(state: object) -> dict[str, dict[str, object]]:
    if not isinstance(state, dict):
        return {}
    inner = state.get("decoders")
    found = {str(state.get("type")): state}
    for each in inner if isinstance(inner, list) else []:
        found |= _kinds(each)
    return found
