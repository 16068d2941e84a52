"""What the small files beside a vocabulary declare: added and special tokens, the tokenizer's class and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from projector_export.errors import CorruptFileError
from projector_export.sources.huggingface.tokenizer.files import Files, read_json, vocabulary_of_json

__all__ = ["WELL_KNOWN", "Declared", "read_declared"]

WELL_KNOWN = frozenset(
    [
        *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[BOS]", "[EOS]"),
        *("<s>", "</s>", "<pad>", "<unk>", "<mask>", "<bos>", "<eos>", "<cls>", "<sep>"),
        *("<|endoftext|>", "<|startoftext|>", "<|begin_of_text|>", "<|end_of_text|>"),
    ]
)
"""Special tokens whose names say so, for vocabularies that come without a word about them."""

_ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


@dataclass(frozen=True)
class Declared:
    """The small files' content.

    Parameters
    ----------
    added
        Tokens that were added to the vocabulary, with their ids.
    special
        Tokens that steer the model.
    settings
        ``tokenizer_config.json``.
    files
        Names of the files that were there.
    """

    added: Mapping[str, int] = field(default_factory=dict)
    special: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def tokenizer_class(self) -> str:
        """Name of the tokenizer's class without its ``Fast``; empty where none is stated."""
        return str(self.settings.get("tokenizer_class") or "").removesuffix("Fast")

    def token(self, role: str) -> str | None:
        """Return the token that plays a role, such as ``unk_token``."""
        return _content(self.settings.get(role))

    def merged_into(
        self, entries: list[str | None], path: Path
    ) -> tuple[list[str | None], frozenset[int], frozenset[int]]:
        """Put the added tokens to their ids.

        Returns
        -------
        entries
            All entries; an added token takes the place of another one that has its id, as in transformers.
        added, special
            The ids of the tokens that only these files know, and of all special ones.
        """
        known = {token for token in entries if token is not None}
        extra = {token: number for token, number in self.added.items() if token not in known}
        largest = max(extra.values(), default=0)
        if largest > 4 * len(entries) + 100_000:
            raise CorruptFileError(
                f"the files beside {str(path)!r} add a token with the id {largest:,} to a vocabulary of {len(entries):,}"
            )
        merged = entries + [None] * (largest + 1 - len(entries))
        for token, number in extra.items():
            merged[number] = token
        special = frozenset(number for number, token in enumerate(merged) if token in self.special)
        return merged, frozenset(extra.values()), special


def read_declared(files: Files) -> Declared:
    """Read ``tokenizer_config.json``, ``special_tokens_map.json`` and ``added_tokens.json``, as far as they are there."""
    paths = {name: files(name) for name in ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")}
    contents = {name: read_json(path) if path else {} for name, path in paths.items()}
    settings = contents["tokenizer_config.json"]
    added: dict[str, int] = {}
    if path := paths["added_tokens.json"]:
        added.update(vocabulary_of_json(contents["added_tokens.json"], path))
    special: set[str] = set()
    if path := paths["tokenizer_config.json"]:
        for number, token, is_special in _decoder(settings.get("added_tokens_decoder"), path):
            added[token] = number
            if is_special:
                special.add(token)
    for content in (settings, contents["special_tokens_map.json"]):
        special |= _named(content)
    return Declared(added, frozenset(special), settings, tuple(name for name, path in paths.items() if path))


def _decoder(value: object, path: Path) -> list[tuple[int, str, bool]]:
    if value is None:
        return []
    if not isinstance(value, dict):
        raise CorruptFileError(
            f"{str(path)!r}: added_tokens_decoder has to be a JSON object, not {type(value).__name__}"
        )
    found = []
    for number, token in value.items():
        content = _content(token)
        if content is None or not number.isascii() or not number.isdigit() or len(number) > 12:
            raise CorruptFileError(f"{str(path)!r}: added_tokens_decoder gives no token for the id {number[:20]!a}")
        found.append((int(number), content, isinstance(token, dict) and token.get("special") is True))
    return found


def _named(content: Mapping[str, Any]) -> set[str]:
    """Return the tokens that play a role in ``special_tokens_map.json`` or ``tokenizer_config.json``."""
    others = content.get("additional_special_tokens")
    values = [*(content.get(role) for role in _ROLES), *(others if isinstance(others, list) else [])]
    return {token for token in map(_content, values) if token}


def _content(value: object) -> str | None:
    """Return a token that is written as a text or as an object with its content."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None
