"""Read the files of a tokenizer, whichever a model has.

In this order: ``tokenizer.json``; ``vocab.json`` with ``merges.txt``, or GPT-2's ``encoder.json`` with ``vocab.bpe``;
``vocab.txt``; SentencePiece's models; tiktoken's files. The first that is there is read, and if it is broken that is an
error, since another file of the folder may be older and say something else.
"""

from __future__ import annotations

from pathlib import Path

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.huggingface.tokenizer.byte_pair import MERGES_OF, read_byte_pairs
from projector_export.sources.huggingface.tokenizer.declared import read_declared
from projector_export.sources.huggingface.tokenizer.files import Files, read_bytes, read_json
from projector_export.sources.huggingface.tokenizer.library import read_tokenizer_json
from projector_export.sources.huggingface.tokenizer.sentence_piece import read_sentence_pieces
from projector_export.sources.huggingface.tokenizer.tiktoken_file import is_tiktoken, read_tiktoken
from projector_export.sources.huggingface.tokenizer.word_piece import read_word_pieces
from projector_export.tokens import Vocabulary

__all__ = ["TOKENIZER_FILES", "Files", "read_tokenizer", "read_tokenizer_path"]

_MODELS = (
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "sentencepiece.model",
    "source.spm",
)
_TIKTOKEN = ("tiktoken.model", "tokenizer.tiktoken", "qwen.tiktoken", "vocab.tiktoken")

TOKENIZER_FILES = ("tokenizer.json", *MERGES_OF, "vocab.txt", *_MODELS, *_TIKTOKEN)
"""Names under which a tokenizer is looked for, in this order; others of the same kinds can be named explicitly."""

Read = tuple[Vocabulary, tuple[str, ...]]


def read_tokenizer(files: Files) -> Read | None:
    """Read the tokenizer of a model.

    Parameters
    ----------
    files
        Name of a file -> where it lies on this machine, or None. It is asked for the names of
        :data:`TOKENIZER_FILES`, one after the other, and then for the small files beside the one that is there.

    Returns
    -------
    tuple of Vocabulary and names of the files used, or None
        None if the model has none of them.

    Raises
    ------
    CorruptFileError, NotFoundError
        If a file is broken or cannot be read.
    MissingExtraError
        If the only file needs a package that is not installed.
    """
    for name in TOKENIZER_FILES:
        if path := files(name):
            return _read(path, name, files)
    return None


def read_tokenizer_path(path: Path) -> Read:
    """Read a tokenizer that the user names: a folder, or one of its files.

    Raises
    ------
    NotFoundError
        If there is no such path, or no tokenizer in the folder.
    InvalidInputError
        If the file is of no known kind.
    """
    if path.is_dir():
        if found := read_tokenizer(_beside(path)):
            return found
        others = sorted([*path.glob("*.tiktoken"), *path.glob("*_encoder.json"), *path.glob("*-vocab.json")])
        if len(others) == 1:
            return read_tokenizer_path(others[0])
        raise NotFoundError(f"no tokenizer in {str(path)!r}: looked for {', '.join(TOKENIZER_FILES)}")
    if not path.is_file():
        raise NotFoundError(f"{str(path)!r} is neither a file nor a folder")
    return _read(path, path.name, _beside(path.parent))


def _beside(folder: Path) -> Files:
    return lambda name: path if (path := folder / name).is_file() else None


def _read(path: Path, name: str, files: Files) -> Read:
    if name.endswith(tuple(MERGES_OF.values())):
        path, name = _vocabulary_of(path, name, files)
    if name == "tokenizer.json" or (_merges_of(name) is None and _is_whole_tokenizer(path, name)):
        return read_tokenizer_json(path), (name,)
    declared = read_declared(files)
    if name.endswith(".json"):
        merges = _merges_of(name)
        there = files(merges) if merges else None
        used = (name, merges) if merges and there else (name,)
        return read_byte_pairs(path, there, declared), (*used, *declared.files)
    if name.endswith(".txt"):
        return read_word_pieces(path, declared), (name, *declared.files)
    if not name.endswith((".model", ".spm", ".tiktoken")):
        raise InvalidInputError(
            f"{str(path)!r} is no tokenizer file of a known kind: name a tokenizer.json, vocab.json, vocab.txt, "
            "SentencePiece .model or .spm, or .tiktoken file, or a folder that holds one"
        )
    if is_tiktoken(read_bytes(path)):
        return read_tiktoken(path, declared), (name, *declared.files)
    return read_sentence_pieces(path, declared, model_type=_model_type(files)), (name, *declared.files)


def _is_whole_tokenizer(path: Path, name: str) -> bool:
    return name.endswith(".json") and isinstance(read_json(path).get("model"), dict)


def _merges_of(name: str) -> str | None:
    """Return the name of the merges that belong to a vocabulary, prefix kept."""
    return next((name.removesuffix(end) + merges for end, merges in MERGES_OF.items() if name.endswith(end)), None)


def _vocabulary_of(path: Path, name: str, files: Files) -> tuple[Path, str]:
    """Return the vocabulary that belongs to merges."""
    wanted = next(name.removesuffix(end) + first for first, end in MERGES_OF.items() if name.endswith(end))
    if found := files(wanted):
        return found, wanted
    raise NotFoundError(
        f"{str(path)!r} holds merges only: {wanted!r} with the tokens and their ids has to lie beside it"
    )


def _model_type(files: Files) -> str:
    path = files("config.json")
    return str(read_json(path).get("model_type") or "") if path else ""
