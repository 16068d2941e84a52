"""Read a tokenizer's files into memory and bring their entries into the order of the ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from projector_export.errors import CorruptFileError, NotFoundError
from projector_export.tokens import spell

__all__ = ["Files", "entries_by_id", "read_bytes", "read_json", "read_text", "vocabulary_of_json"]

Files = Callable[[str], Path | None]
"""Name of a file of the model -> where it lies on this machine, None where the model has no such file."""

_LFS_POINTER = b"version https://git-lfs"
_HOLES_ALLOWED = 100_000


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    NotFoundError
        If it cannot be read.
    CorruptFileError
        If it is empty, or a Git LFS pointer in place of the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    if content.startswith(_LFS_POINTER):
        raise CorruptFileError(f"{str(path)!r} is only a Git LFS pointer: run 'git lfs pull' in its folder")
    if not content.strip():
        raise CorruptFileError(f"{str(path)!r} is empty: download it again")
    return content


def read_text(path: Path) -> str:
    """Return a file's content, which has to be UTF-8."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptFileError(
            f"{str(path)!r} is not UTF-8: byte {error.start:,} does not fit ({error.reason})"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return a file's content, which has to be a JSON object."""
    content = read_bytes(path)
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise CorruptFileError(f"{str(path)!r} is not valid JSON: {spell_message(error)}") from error
    if not isinstance(value, dict):
        raise CorruptFileError(f"{str(path)!r} holds no JSON object: it is another kind of file")
    return value


def vocabulary_of_json(value: Mapping[str, Any], path: Path) -> dict[str, int]:
    """Check that a JSON object maps tokens to ids."""
    for token, number in value.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise CorruptFileError(f"{str(path)!r} gives token '{spell(token)}' no id but {spell(repr(number)[:80])!r}")
    return dict(value)


def entries_by_id(ids: Mapping[str, int], path: Path) -> list[str | None]:
    """Return the tokens in the order of their ids, None where an id has no token.

    Raises
    ------
    CorruptFileError
        If two tokens share an id, or an id is far beyond the number of tokens.
    """
    if not ids:
        raise CorruptFileError(f"{str(path)!r} holds no token")
    token, largest = max(ids.items(), key=lambda item: item[1])
    if largest > 4 * len(ids) + _HOLES_ALLOWED:
        raise CorruptFileError(
            f"{str(path)!r} gives token '{spell(token)}' the id {largest:,}, but holds {len(ids):,} tokens"
        )
    entries: list[str | None] = [None] * (largest + 1)
    for token, number in ids.items():
        if entries[number] is not None:
            raise CorruptFileError(
                f"{str(path)!r} gives the id {number:,} to two tokens: '{spell(entries[number] or '')}' and '{spell(token)}'"
            )
        entries[number] = token
    return entries


def spell_message(error: BaseException) -> str:
    """Return a library's message on one line, with whatever it quotes made visible."""
    return spell(str(error)[:300]).replace("␣", " ")
