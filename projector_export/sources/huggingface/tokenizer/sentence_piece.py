"""Read SentencePiece's models (``tokenizer.model``, ``spiece.model``, ``sentencepiece.bpe.model``, ``source.spm``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from projector_export import optional
from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.sources.huggingface.tokenizer.declared import Declared
from projector_export.sources.huggingface.tokenizer.files import read_bytes, spell_message
from projector_export.sources.huggingface.tokenizer.reachability import Encode, unreachable_ids
from projector_export.tokens import Vocabulary, spell

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

__all__ = ["read_sentence_pieces"]


@dataclass(frozen=True)
class _Layout:
    """How a class of tokenizers numbers the pieces: some first, then all others moved by an offset."""

    first: tuple[str, ...] = ()
    offset: int = 0
    last: tuple[str, ...] = ()


_DIRECT = _Layout()
_FAIRSEQ = _Layout(("<s>", "<pad>", "</s>", "<unk>"), 1)
_LAYOUTS = {
    **dict.fromkeys(
        (
            *("Albert", "BigBird", "CodeLlama", "DebertaV2", "FNet", "GPTSw3", "Gemma", "Llama", "MT5", "Reformer"),
            *("RemBert", "T5", "XLNet", "Baichuan", "InternLM", "InternLM2", "Yi"),
        ),
        _DIRECT,
    ),
    **dict.fromkeys(("MBart", "MBart50", "Nllb", "PLBart", "XGLM"), _FAIRSEQ),
    "XLMRoberta": replace(_FAIRSEQ, last=("<mask>",)),
    "Camembert": _Layout(("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"), 4, ("<mask>",)),
}
"""Name of the class without ``Tokenizer`` -> its numbering (transformers 4, ``tokenization_<name>.py``)."""

_SHIFTED_NAME = "sentencepiece.bpe.model"
"""The name that the tokenizers with fairseq's numbering give to the file."""


def read_sentence_pieces(path: Path, declared: Declared, *, model_type: str = "") -> Vocabulary:
    """Read a SentencePiece model with the ids that the model's tokenizer gives to its pieces.

    Parameters
    ----------
    path
        The model, a protocol buffer.
    declared
        What the files beside it say.
    model_type
        From ``config.json``, for folders that state no class of tokenizer.

    Raises
    ------
    MissingExtraError
        If ``sentencepiece`` is not installed.
    CorruptFileError
        If the file is no SentencePiece model.
    InvalidInputError
        If the tokenizer numbers the pieces in a way that is not known here, or nothing says how.
    """
    processor = _load(path)
    layout = _layout(path, processor, declared, model_type)
    offset, size = layout.offset, processor.get_piece_size()
    pieces = [*layout.first, *[processor.id_to_piece(number) for number in range(len(layout.first) - offset, size)]]
    entries, added, special = declared.merged_into([*pieces, *layout.last], path)
    special |= {
        number + offset for number in range(size) if processor.is_control(number) or processor.is_unknown(number)
    }
    special |= {number for number, entry in enumerate(entries) if entry in {*layout.first, *layout.last}}
    unused = {number + offset for number in range(size) if processor.is_unused(number)} - special
    vocabulary = Vocabulary("sentencepiece", tuple(entries), special, added, frozenset(unused))
    return replace(vocabulary, unreachable=unreachable_ids(vocabulary, _encoder(processor, offset)))


def _load(path: Path) -> SentencePieceProcessor:
    content = read_bytes(path)
    with optional.required_for(f"reading {path.name}"):
        from sentencepiece import SentencePieceProcessor
    processor = SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(content)
    except RuntimeError as error:
        raise CorruptFileError(f"{str(path)!r} is no SentencePiece model: {spell_message(error)}") from error
    return processor


def _layout(path: Path, processor: SentencePieceProcessor, declared: Declared, model_type: str) -> _Layout:
    stated = declared.tokenizer_class.removesuffix("Tokenizer") or re.sub("[-_]", "", model_type)
    for name, layout in _LAYOUTS.items():
        if name.lower() == stated.lower():
            return replace(layout, last=_sentinels(declared)) if name == "T5" else layout
    known = {number: token for token, number in declared.added.items() if number < processor.get_piece_size()}
    if known and all(processor.id_to_piece(number) == token for number, token in known.items()):
        return _DIRECT
    if declared.tokenizer_class or path.name == _SHIFTED_NAME:
        owner = spell(declared.tokenizer_class) if declared.tokenizer_class else "its tokenizer"
        raise InvalidInputError(
            f"{str(path)!r}: how {owner} numbers the pieces is not known, and some shift a SentencePiece model's ids: "
            "name a tokenizer.json with --tokenizer"
        )
    return _DIRECT


def _sentinels(declared: Declared) -> tuple[str, ...]:
    """Return T5's sentinels, the last one first (transformers 4, ``tokenization_t5.py``)."""
    number = declared.settings.get("extra_ids", 100)
    if not isinstance(number, int) or not 0 <= number <= 10_000:
        raise CorruptFileError(
            f"tokenizer_config.json: extra_ids has to be a number of tokens, not {str(number)[:40]!a}"
        )
    return tuple(f"<extra_id_{place}>" for place in reversed(range(number)))


def _encoder(processor: SentencePieceProcessor, offset: int) -> Encode:
    def encode(texts: list[str]) -> Iterator[tuple[int, int]]:
        for number, ids in enumerate(processor.encode(texts, out_type=int)):
            for piece in ids:
                yield number, piece + offset

    return encode
