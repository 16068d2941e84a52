"""The tokens of a GGUF file as the tokenizer's own file had them.

llama.cpp's ``convert_hf_to_gguf.py`` writes them, ``llama-vocab.cpp`` reads them.
"""

from __future__ import annotations

import numpy as np

from projector_export.errors import CorruptFileError
from projector_export.formats.gguf_header import Header
from projector_export.sources.gguf.parts import Model
from projector_export.tokens import Scheme, Vocabulary

__all__ = ["vocabulary_of"]

_UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED = 2, 3, 4, 5
"""Of ``enum llama_token_attr``'s predecessor ``llama_token_type``; 1 is an ordinary token, 6 a byte."""

_SCHEMES: dict[str, Scheme] = {
    "gpt2": "byte_level",
    "llama": "sentencepiece",
    "t5": "sentencepiece",
    "bert": "wordpiece",
}
_ROLES = ("bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "cls", "mask")
_SPACE = "▁"


def vocabulary_of(model: Model) -> Vocabulary | None:
    """Return the tokens of a model, or None where its file has none.

    Raises
    ------
    CorruptFileError
        If tokens and their types do not go together.
    """
    header = model.first.header
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if tokens is None:
        return None
    if not isinstance(tokens, tuple) or not tokens:
        raise CorruptFileError(f"tokenizer.ggml.tokens of {str(model.first.path)!r} is no list of texts")
    raw = [token.decode("utf-8", "surrogateescape") for token in tokens]
    kinds = _types(header, len(raw), str(model.first.path))
    special, added, unused = (_ids(kinds, *wanted) for wanted in ((_UNKNOWN, _CONTROL), (_USER_DEFINED,), (_UNUSED,)))
    if kinds is None:
        special = _named_ids(header, len(raw))
    scheme = _scheme(header.text("tokenizer.ggml.model") or "", raw)
    if scheme == "wordpiece":
        raw = [token if number in special | added else _word_piece(token) for number, token in enumerate(raw)]
    return Vocabulary(scheme, tuple(raw), special, added, unused)


def _types(header: Header, n_tokens: int, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    kinds = header.metadata.get("tokenizer.ggml.token_type")
    if kinds is None:
        return None
    if not isinstance(kinds, np.ndarray) or kinds.dtype.kind not in "iu" or len(kinds) != n_tokens:
        count = len(kinds) if isinstance(kinds, np.ndarray | tuple) else 0
        raise CorruptFileError(f"{name!r} has {n_tokens:,} tokens and {count:,} types of tokens")
    return kinds.astype(np.int64)


def _ids(kinds: np.ndarray[tuple[int], np.dtype[np.int64]] | None, *wanted: int) -> frozenset[int]:
    return frozenset() if kinds is None else frozenset(np.flatnonzero(np.isin(kinds, wanted)).tolist())


def _named_ids(header: Header, n_tokens: int) -> frozenset[int]:
    """Return the ids that play a role, where the file does not tell the types of its tokens."""
    ids = (header.number(f"tokenizer.ggml.{role}_token_id") for role in _ROLES)
    return frozenset(number for number in ids if number is not None and 0 <= number < n_tokens)


def _scheme(model: str, raw: list[str]) -> Scheme:
    """Return the notation of the tokens, by the tokenizer's name or else by its marks."""
    if model in _SCHEMES:
        return _SCHEMES[model]
    if any(token[:1] == "Ġ" for token in raw):
        return "byte_level"
    return "sentencepiece" if any(token[:1] == _SPACE for token in raw) else "plain"


def _word_piece(token: str) -> str:
    """Return a token as WordPiece writes it: the converter marks the beginnings of words and takes away ``##``."""
    if token.startswith(_SPACE):
        return token[len(_SPACE) :]
    return token if token.startswith("[") and token.endswith("]") else f"##{token}"
