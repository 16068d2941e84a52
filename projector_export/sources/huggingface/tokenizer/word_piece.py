"""Read ``vocab.txt``: one entry a line, the line number its id."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from projector_export.errors import CorruptFileError
from projector_export.sources.huggingface.tokenizer.declared import WELL_KNOWN, Declared
from projector_export.sources.huggingface.tokenizer.files import read_text
from projector_export.sources.huggingface.tokenizer.library import encoder, translated_errors
from projector_export.sources.huggingface.tokenizer.reachability import Encode, unreachable_ids
from projector_export.tokens import Vocabulary

__all__ = ["read_word_pieces"]

_BERT_LIKE = frozenset(
    f"{name}Tokenizer"
    for name in (
        *("Bert", "DistilBert", "Electra", "MobileBert", "ConvBert", "Funnel", "LayoutLM", "LayoutLMv2", "Lxmert"),
        *(
            "SqueezeBert",
            "Splinter",
            "RetriBert",
            "RealmT",
            "DPRReader",
            "DPRQuestionEncoder",
            "DPRContextEncoder",
            "MPNet",
        ),
    )
)
"""Tokenizers that split and normalise texts as BERT's (bert ``tokenization.py``) does."""

_COUNTED = re.compile(r"\S+ \d+")


def read_word_pieces(path: Path, declared: Declared) -> Vocabulary:
    """Read a WordPiece vocabulary as transformers' ``load_vocab`` does: the last of equal lines is the token's id.

    Raises
    ------
    CorruptFileError
        If the file is not UTF-8, or is fairseq's list of words and counts, which has no ids.
    """
    lines = read_text(path).replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(lines) > 1 and all(map(_COUNTED.fullmatch, lines[:100])):
        raise CorruptFileError(
            f"{str(path)!r} is a list of words and their counts, as fairseq writes it, and says nothing about ids: "
            "name a tokenizer.json with --tokenizer"
        )
    entries, added, special = declared.merged_into(list(lines), path)
    pieces = any(line.startswith("##") for line in lines)
    special |= {number for number, entry in enumerate(entries) if entry in WELL_KNOWN}
    vocabulary = Vocabulary("wordpiece" if pieces else "plain", tuple(entries), special, added)
    if not pieces or declared.tokenizer_class not in _BERT_LIKE | {""}:
        return vocabulary
    encode = _encoder(lines, declared, path)
    if encode is None:
        return vocabulary
    return replace(vocabulary, unreachable=unreachable_ids(vocabulary, encode))


def _encoder(lines: list[str], declared: Declared, path: Path) -> Encode | None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    ids = {line: number for number, line in enumerate(lines)}
    unknown = next((token for token in (declared.token("unk_token"), "[UNK]", "<unk>") if token in ids), None)
    if unknown is None:
        return None
    settings = declared.settings
    lowercase = settings.get("do_lower_case")
    with translated_errors(path):
        tokenizer = Tokenizer(models.WordPiece(vocab=ids, unk_token=unknown, max_input_chars_per_word=100))
        tokenizer.normalizer = normalizers.BertNormalizer(
            handle_chinese_chars=settings.get("tokenize_chinese_chars") is not False,
            strip_accents=settings.get("strip_accents") if isinstance(settings.get("strip_accents"), bool) else None,
            lowercase=lowercase if isinstance(lowercase, bool) else _is_lowercase(lines),
        )
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return encoder(tokenizer, path)


def _is_lowercase(lines: list[str]) -> bool:
    """Whether no entry outside brackets has a capital letter of ASCII, where no setting says so."""
    return not any(re.match(r"[^\[<]*[A-Z]", line) for line in lines)
