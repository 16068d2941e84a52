"""``config.json`` of the standalone projector (projector.tensorflow.org, or the app in TensorBoard's wheel).

Reader: ``vz_projector/data-provider-demo.ts``. Paths are used as they are, relative to the *page*; a tensor is read as raw
little-endian float32 exactly when its path ends in ``.bytes``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from projector_export.errors import CorruptFileError
from projector_export.formats.projector_config import EmbeddingInfo
from projector_export.provenance import JSONValue

__all__ = ["FILE_NAME", "decode", "encode"]

FILE_NAME = "config.json"

_PATHS = {"tensorPath": "tensor_path", "metadataPath": "metadata_path", "bookmarksPath": "bookmarks_path"}


def encode(embeddings: Sequence[EmbeddingInfo], *, onto: str = "") -> str:
    """Return the text of ``config.json``.

    Parameters
    ----------
    embeddings
        Tensors to offer.
    onto
        The text of an older config: its tensors of other names, and everything else it says, stay.
    """
    content: dict[str, JSONValue] = json.loads(onto) if onto else {}
    names = {info.tensor_name for info in embeddings}
    kept = [info for info in _listed(content) if info.get("tensorName") not in names]
    content["embeddings"] = [*kept, *map(_as_json, embeddings)]
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def decode(text: str, *, where: str = FILE_NAME) -> tuple[EmbeddingInfo, ...]:
    """Read the text of ``config.json``.

    Raises
    ------
    CorruptFileError
        If it is not JSON or not of the form that the viewer expects.
    """
    try:
        return tuple(_entry(entry) for entry in json.loads(text)["embeddings"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CorruptFileError(
            f"{where} is not a config of the standalone projector ({type(error).__name__}: {error}): "
            "it has to be JSON with a list 'embeddings' of tensorName, tensorShape, tensorPath; if it is another program's, "
            "choose another folder"
        ) from error


def _listed(content: dict[str, JSONValue]) -> list[dict[str, JSONValue]]:
    entries = content.get("embeddings", [])
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _as_json(info: EmbeddingInfo) -> dict[str, JSONValue]:
    entry: dict[str, JSONValue] = {"tensorName": info.tensor_name, "tensorShape": list(info.tensor_shape)}
    entry.update({key: getattr(info, name) for key, name in _PATHS.items() if getattr(info, name)})
    if info.sprite_path:
        entry["sprite"] = {"imagePath": info.sprite_path, "singleImageDim": list(info.sprite_size)}
    return entry


def _entry(entry: dict[str, object]) -> EmbeddingInfo:
    sprite = entry.get("sprite") or {}
    if not isinstance(sprite, dict):
        raise TypeError("'sprite' is no object")
    paths = {name: str(entry.get(key) or "") for key, name in _PATHS.items()}
    return EmbeddingInfo(
        tensor_name=str(entry["tensorName"]),
        tensor_shape=_integers(entry["tensorShape"]),
        sprite_path=str(sprite.get("imagePath") or ""),
        sprite_size=_integers(sprite.get("singleImageDim") or []),
        **paths,
    )


def _integers(values: object) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise TypeError(f"{values!r} is no list of whole numbers")
    return tuple(values)
