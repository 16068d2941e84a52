"""What the package ``tokenizers`` is asked for: read ``tokenizer.json``, list the entries, encode."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from projector_export.errors import CorruptFileError
from projector_export.sources.huggingface.tokenizer.files import entries_by_id, read_bytes, spell_message
from projector_export.sources.huggingface.tokenizer.reachability import Encode, unreachable_ids
from projector_export.tokens import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["encoder", "read_tokenizer_json", "translated_errors"]

_CHUNK = 256
_UNKNOWN_ID = re.compile(rb'(?<!\\)"unk_id"\s*:\s*(\d{1,9})\b')


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn the library's errors (a bare ``Exception``, a ``ValueError``, a panic of its Rust code) into one sentence."""
    try:
        yield
    except BaseException as error:
        if type(error) not in {Exception, ValueError} and type(error).__name__ != "PanicException":
            raise
        import tokenizers

        raise CorruptFileError(
            f"{str(path)!r} cannot be read by tokenizers {tokenizers.__version__} ({spell_message(error)}): download the "
            "file again, install a newer version of tokenizers, or name another file with --tokenizer"
        ) from error


def read_tokenizer_json(path: Path) -> Vocabulary:
    """Read a ``tokenizer.json`` (tokenizers ``tokenizer/serialization.rs``) with all that it says about its entries."""
    from tokenizers import Tokenizer

    content = read_bytes(path)
    with translated_errors(path):
        tokenizer = Tokenizer.from_buffer(content)
        ids = tokenizer.get_vocab(with_added_tokens=True)
        added = tokenizer.get_added_tokens_decoder()
        own = {number for number, token in added.items() if tokenizer.model.token_to_id(token.content) is not None}
        components = _components(tokenizer)
    special = {number for number, token in added.items() if token.special} | _unknown(tokenizer, ids, content)
    vocabulary = _with_notation(
        Vocabulary("plain", tuple(entries_by_id(ids, path)), frozenset(special), frozenset(added) - own),
        tokenizer,
        components,
    )
    return replace(vocabulary, unreachable=unreachable_ids(vocabulary, encoder(tokenizer, path)))


def encoder(tokenizer: Tokenizer, path: Path) -> Encode:
    """Return the function that encodes texts as they are: not cut, not padded, nothing added, nothing drawn by lot."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if getattr(tokenizer.model, "dropout", None):
        tokenizer.model.dropout = None

    def encode(texts: list[str]) -> Iterator[tuple[int, int]]:
        # As words of one input, texts are encoded each by itself, and a third faster than as inputs of their own.
        chunks = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
        with translated_errors(path):
            encodings = tokenizer.encode_batch(chunks, is_pretokenized=True, add_special_tokens=False)
        for start, encoding in zip(range(0, len(texts), _CHUNK), encodings, strict=True):
            for number, token in zip(encoding.word_ids, encoding.ids, strict=True):
                if number is not None:
                    yield start + number, token

    return encode


def _components(tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """Return the settings of decoder, pre-tokenizer and normalizer, sequences opened, in this order."""
    found: list[dict[str, Any]] = []
    for part in (tokenizer.decoder, tokenizer.pre_tokenizer, tokenizer.normalizer):
        waiting = [json.loads(part.__getstate__())] if part is not None else []
        while waiting:
            component = waiting.pop(0)
            inner = (component.get(name) for name in ("decoders", "pretokenizers", "normalizers"))
            waiting = [*next(filter(None, inner), []), *waiting]
            found.append(component)
    return found


def _with_notation(vocabulary: Vocabulary, tokenizer: Tokenizer, components: list[dict[str, Any]]) -> Vocabulary:
    """Tell the notation of the entries by the decoder, or else by what comes before the model, or else by the model."""
    suffix = getattr(tokenizer.model, "end_of_word_suffix", None) or _suffix(components)
    vocabulary = replace(vocabulary, end_of_word=suffix)
    for component in components:
        if told := _told_by(component, vocabulary):
            return told
    prefix = getattr(tokenizer.model, "continuing_subword_prefix", None)
    return replace(vocabulary, scheme="wordpiece", continuation=prefix) if prefix else vocabulary


def _suffix(components: list[dict[str, Any]]) -> str:
    return next((str(part.get("suffix", "</w>")) for part in components if part.get("type") == "BPEDecoder"), "")


def _told_by(component: dict[str, Any], vocabulary: Vocabulary) -> Vocabulary | None:
    kind = component.get("type")
    if kind == "ByteLevel":
        return replace(vocabulary, scheme="byte_level")
    if kind == "WordPiece":
        return replace(vocabulary, scheme="wordpiece", continuation=component.get("prefix", "##"))
    if kind == "Metaspace":
        return replace(vocabulary, scheme="sentencepiece", space=component.get("replacement", "▁"))
    if kind == "Replace":
        ends = (component.get("pattern", {}).get("String"), component.get("content"))
        mark = next((mark for mark, text in (ends, ends[::-1]) if text == " " and mark not in {None, "", " "}), None)
        return replace(vocabulary, scheme="sentencepiece", space=mark) if mark else None
    return None


def _unknown(tokenizer: Tokenizer, ids: dict[str, int], content: bytes) -> set[int]:
    """Return the id that stands for whatever the vocabulary does not hold."""
    token = getattr(tokenizer.model, "unk_token", None)
    if token is not None:
        return {ids[token]} if token in ids else set()
    if type(tokenizer.model).__name__ == "Unigram" and (found := _UNKNOWN_ID.search(content)):
        return {int(found[1])}
    return set()
