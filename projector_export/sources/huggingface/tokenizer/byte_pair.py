"""Read ``vocab.json`` with ``merges.txt``, and GPT-2's own ``encoder.json`` with ``vocab.bpe``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from projector_export.sources.huggingface.tokenizer.declared import WELL_KNOWN, Declared
from projector_export.sources.huggingface.tokenizer.files import (
    entries_by_id,
    read_bytes,
    read_json,
    vocabulary_of_json,
)
from projector_export.sources.huggingface.tokenizer.library import encoder, translated_errors
from projector_export.sources.huggingface.tokenizer.reachability import unreachable_ids
from projector_export.tokens import Scheme, Vocabulary

__all__ = ["MERGES_OF", "read_byte_pairs"]

MERGES_OF = {"vocab.json": "merges.txt", "encoder.json": "vocab.bpe"}
"""How the two files' names go together, also behind a prefix (``gpt2_encoder.json``, ``gpt2_vocab.bpe``)."""

_SPLITS_LIKE_GPT2 = frozenset(
    f"{name}Tokenizer"
    for name in (
        *(
            "GPT2",
            "Roberta",
            "Bart",
            "Longformer",
            "LED",
            "Blenderbot",
            "BlenderbotSmall",
            "Deberta",
            "CodeGen",
            "Whisper",
        ),
        "Mvp",
    )
)
"""Tokenizers that split texts by the regular expression of gpt-2's ``encoder.py``."""


def read_byte_pairs(path: Path, merges: Path | None, declared: Declared) -> Vocabulary:
    """Read a byte-pair vocabulary.

    Parameters
    ----------
    path
        JSON object, token -> id.
    merges
        The merges, one a line, most frequent first; needed to find what is unreachable.
    declared
        What the files beside it say.
    """
    ids = vocabulary_of_json(read_json(path), path)
    entries, added, special = declared.merged_into(entries_by_id(ids, path), path)
    scheme, end_of_word = _notation(ids)
    vocabulary = Vocabulary(scheme, tuple(entries), special, added, end_of_word=end_of_word)
    known_split = declared.tokenizer_class in _SPLITS_LIKE_GPT2 | {""}
    if merges is None or scheme != "byte_level" or end_of_word or not known_split:
        return replace(vocabulary, special=special | {ids[token] for token in WELL_KNOWN & ids.keys()})
    return _with_reachability(vocabulary, path, merges, prefix_space=declared.settings.get("add_prefix_space") is True)


def _notation(ids: dict[str, int]) -> tuple[Scheme, str]:
    end_of_word = "</w>" if any(len(token) > 4 and token.endswith("</w>") for token in ids) else ""
    if "Ģ" in ids or any(token[:1] == "Ġ" for token in ids):
        return "byte_level", end_of_word
    if any(token[:1] == "▁" for token in ids):
        return "sentencepiece", end_of_word
    if not end_of_word and any(token[:2] == "##" and len(token) > 2 for token in ids):
        return "wordpiece", ""
    return "plain", end_of_word


def _with_reachability(vocabulary: Vocabulary, path: Path, merges: Path, *, prefix_space: bool) -> Vocabulary:
    from tokenizers import Tokenizer, models, pre_tokenizers

    read_bytes(merges)
    with translated_errors(merges):
        tokenizer = Tokenizer(models.BPE.from_file(str(path), str(merges)))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    unreachable = unreachable_ids(vocabulary, encoder(tokenizer, path))
    by_hand = {token for token in unreachable if _in_brackets(vocabulary.raw[token] or "")}
    return replace(vocabulary, special=vocabulary.special | by_hand, unreachable=unreachable - by_hand)


def _in_brackets(raw: str) -> bool:
    """Whether an entry that no merge makes has a special token's form (Land & Bartolo's ``UNREACHABLE_SPECIAL``)."""
    return len(raw) >= 3 and raw[0] in "[<" and raw[-1] in "]>" and any(map(str.isalpha, raw))
