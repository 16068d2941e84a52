"""Read tiktoken's files: one entry a line, its bytes in base64 and its id."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from pathlib import Path

from projector_export.errors import CorruptFileError
from projector_export.sources.huggingface.tokenizer.declared import Declared
from projector_export.sources.huggingface.tokenizer.files import entries_by_id, read_bytes
from projector_export.tokens import Vocabulary

__all__ = ["is_tiktoken", "read_tiktoken"]

_LINE = re.compile(rb"([A-Za-z0-9+/]+={0,2}|=) (\d{1,12})")


def is_tiktoken(content: bytes) -> bool:
    """Whether a file begins with a line of tiktoken's form."""
    return _LINE.fullmatch(content.lstrip()[:4096].partition(b"\n")[0].strip()) is not None


def read_tiktoken(path: Path, declared: Declared) -> Vocabulary:
    """Read a file of ranks (tiktoken ``load.py``, ``load_tiktoken_bpe``).

    What is unreachable stays unknown: the pattern that splits texts is not in the file, and within one piece tiktoken
    takes any entry whole (``lib.rs``, ``encode_single_piece``).

    Raises
    ------
    CorruptFileError
        If a line has another form, or two lines share the bytes or the id.
    """
    ids: dict[str, int] = {}
    for number, line in enumerate(read_bytes(path).splitlines(), 1):
        if not line.strip():
            continue
        raw, token = _decoded(line, f"{str(path)!r}, line {number:,}")
        if raw in ids:
            raise CorruptFileError(f"{str(path)!r}, line {number:,}: the same bytes already have the id {ids[raw]:,}")
        ids[raw] = token
    entries, added, special = declared.merged_into(entries_by_id(ids, path), path)
    return Vocabulary("bytes", tuple(entries), special, added)


def _decoded(line: bytes, where: str) -> tuple[str, int]:
    match = _LINE.fullmatch(line.strip())
    try:
        if match is None:
            raise CorruptFileError(f"{where}: {line[:40]!r} is no token in base64 followed by its id")
        return b64decode(match[1], validate=True).decode("latin-1") if match[1] != b"=" else "", int(match[2])
    except binascii.Error as error:
        raise CorruptFileError(f"{where}: {line[:40]!r} is not valid base64 ({error})") from error
