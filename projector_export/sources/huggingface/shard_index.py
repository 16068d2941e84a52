"""The index of a model in several files: which file holds which tensor (``*.index.json``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import orjson

from projector_export.errors import CorruptFileError, InvalidInputError

__all__ = ["read_json_object", "read_weight_map"]

_LONGEST_JSON = 200_000_000


def read_json_object(path: Path) -> dict[str, object]:
    """Return the JSON object that a file holds.

    Raises
    ------
    CorruptFileError
        If the file is no JSON object, or of a size that none has.
    InvalidInputError
        If it cannot be read.
    """
    try:
        if path.stat().st_size > _LONGEST_JSON:
            raise CorruptFileError(f"{str(path)!r} is larger than any such file: more than {_LONGEST_JSON:,} bytes")
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise CorruptFileError(f"{str(path)!r} is no valid JSON: {error}") from error
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    if not isinstance(value, dict):
        raise CorruptFileError(f"{str(path)!r} holds no JSON object")
    return value


def read_weight_map(path: Path) -> Mapping[str, str]:
    """Return an index file's tensor names with the file that holds each.

    Raises
    ------
    CorruptFileError
        If the file has no ``weight_map`` of texts.
    InvalidInputError
        If it names a file outside the model's own folder.
    """
    weight_map = read_json_object(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CorruptFileError(f"{str(path)!r} has no 'weight_map' that says which file holds which tensor")
    for tensor, file in weight_map.items():
        if not isinstance(file, str):
            raise CorruptFileError(f"{str(path)!r} names no file for tensor {tensor!r}")
    for file in sorted(set(weight_map.values())):
        _check_plain_name(path, file)
    return weight_map


def _check_plain_name(path: Path, file: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_.\-]+", file) is None or file.startswith(".") or ".." in file:
        raise InvalidInputError(
            f"{str(path)!r} sends the reader to the file {file!r}, which is no plain name in the model's own folder: "
            "this is refused; get the model from a source that you trust"
        )
