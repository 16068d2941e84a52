"""The transformer within a model's folder, and what its files say of limits and pooling."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.sources.encoders.model_folder import ModelFolder, read_json
from projector_export.sources.encoders.options import Pooling

__all__ = ["InnerTransformer", "inner_transformer"]

_POOLINGS: dict[str, Pooling] = {"cls": "cls", "mean": "mean", "max": "max", "lasttoken": "last"}
_OLD_POOLINGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "last",
}
"""Members of ``1_Pooling/config.json`` before sentence-transformers 5.4, which has ``pooling_mode`` instead."""


@dataclass(frozen=True)
class InnerTransformer:
    """Where a transformer lies, and how it is used.

    Parameters
    ----------
    path
        Folder of its configuration and weights.
    max_tokens
        Limit that a sentence-transformers model sets itself.
    pooling
        How such a model makes one vector of many; the mean for a bare transformer.
    """

    path: Path
    max_tokens: int | None = None
    pooling: Pooling = "mean"


def inner_transformer(folder: ModelFolder) -> InnerTransformer:
    """Return the transformer of a model.

    Raises
    ------
    InvalidInputError
        If it has none.
    """
    if folder.library == "model2vec":
        raise InvalidInputError(
            f"{folder.name!r} is a static model: its token vectors know no context and no layers; "
            "leave pooling, layer and granularity out, or export its vocabulary"
        )
    if folder.library == "transformers":
        return InnerTransformer(folder.path)
    first, *others = folder.modules or ({},)
    if not str(first.get("type", "")).endswith(".Transformer"):
        raise InvalidInputError(
            f"{folder.name!r} begins with a module {str(first.get('type'))!r} and no transformer: "
            "leave pooling, layer and granularity out"
        )
    path = folder.path / str(first.get("path", ""))
    told = read_json(path / "sentence_bert_config.json")
    limit = told.get("max_seq_length") if isinstance(told, dict) else None
    pooling: Pooling = "mean"
    for module in others:
        if str(module.get("type", "")).endswith(".Pooling"):
            pooling = _pooling_of(read_json(folder.path / str(module.get("path", "")) / "config.json"))
    return InnerTransformer(path, limit if isinstance(limit, int) and limit > 0 else None, pooling)


def _pooling_of(config: object) -> Pooling:
    if not isinstance(config, dict):
        return "mean"
    mode = config.get("pooling_mode")
    if isinstance(mode, str):
        return _POOLINGS.get(mode, "mean")
    return next((pooling for name, pooling in _OLD_POOLINGS.items() if config.get(name)), "mean")
