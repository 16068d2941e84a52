"""A transformer and its tokenizer from a model's folder, on the device on which they work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from projector_export import optional
from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.encoders.inner_transformer import inner_transformer
from projector_export.sources.encoders.model_folder import ModelFolder, read_json
from projector_export.sources.encoders.options import Encoding, Running
from projector_export.sources.encoders.torch_work import Workplace, loading
from projector_export.sources.encoders.transformer import TransformerEncoder

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["open_transformer"]

_NO_LIMIT = 10**6
"""Tokenizers that know no limit say a number beyond it (transformers, ``VERY_LARGE_INTEGER``)."""

_TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)


def open_transformer(folder: ModelFolder, encoding: Encoding, running: Running) -> TransformerEncoder:
    """Load a transformer; code that a model brings along is never run.

    Raises
    ------
    ProjectorExportError
        If there is no transformer or no tokenizer in the folder, it cannot be loaded, or the layer does not exist.
    """
    if running.backend != "torch":
        raise InvalidInputError(
            f"pooling, layer and granularity are computed by torch: leave the backend {running.backend!r} out"
        )
    given = inner_transformer(folder)
    with optional.required_for("encoding texts", extra="texts"):
        from transformers import AutoModel, AutoTokenizer
    place = Workplace.of(running)
    if not any((given.path / name).is_file() for name in _TOKENIZER_FILES):
        raise NotFoundError(f"{folder.name!r} has no tokenizer: none of {', '.join(_TOKENIZER_FILES)} is there")
    with loading(folder.name):
        tokenizer = AutoTokenizer.from_pretrained(given.path, trust_remote_code=False)
        model = AutoModel.from_pretrained(given.path, trust_remote_code=False)
        if model.config.is_encoder_decoder:
            model = model.get_encoder()
        model = model.to(place.device, place.torch_dtype or model.dtype).eval()
    if encoding.granularity != "text" and not tokenizer.is_fast:
        raise InvalidInputError(
            f"{folder.name!r} has a tokenizer that does not tell where a {encoding.granularity} stands: "
            "it needs a tokenizer.json"
        )
    limit = given.max_tokens or _limit_of(model, tokenizer)
    prompt = _prompt_of(encoding, folder)
    chosen = _layers_of(model, encoding, folder.name)
    return TransformerEncoder(
        model,
        tokenizer,
        replace(encoding, prompt=prompt, prompt_name=None),
        encoding.pooling or given.pooling,
        limit,
        place,
        chosen,
    )


def _limit_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return how many tokens the model sees.

    Models of the RoBERTa family count positions from the padding's id + 1 on (transformers, ``modeling_roberta.py``,
    ``create_position_ids_from_input_ids``), and have so many more of them.
    """
    limits = [tokenizer.model_max_length] if tokenizer.model_max_length < _NO_LIMIT else []
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        is_shifted = positions % 8 == 2 and getattr(model.config, "pad_token_id", None) == 1
        limits.append(positions - 2 if is_shifted else positions)
    return min(limits, default=None)


def _prompt_of(encoding: Encoding, folder: ModelFolder) -> str:
    if encoding.prompt is not None:
        return encoding.prompt
    told = read_json(folder.path / "config_sentence_transformers.json")
    prompts = told.get("prompts") if isinstance(told, dict) else None
    known = prompts if isinstance(prompts, dict) else {}
    default = told.get("default_prompt_name") if isinstance(told, dict) else None
    name = encoding.prompt_name or default
    if name is None:
        return ""
    if not isinstance(known.get(name), str):
        named = ", ".join(map(repr, known)) or "none"
        raise InvalidInputError(f"{folder.name!r} has no prompt {name!r}; it has {named}")
    return str(known[name])


def _layers_of(model: PreTrainedModel, encoding: Encoding, name: str) -> tuple[int, ...] | None:
    """Return the wanted layers by their numbers, None for the output of the model."""
    if encoding.layer is None or encoding.layer == -1:
        return None
    n_layers = 1 + _n_blocks(model, name)
    if encoding.layer == "all":
        return tuple(range(n_layers))
    if not -n_layers <= encoding.layer < n_layers:
        raise InvalidInputError(
            f"{name!r} has the layers 0 to {n_layers - 1} (or -1 to -{n_layers} from the end), not {encoding.layer}"
        )
    return (encoding.layer % n_layers,)


def _n_blocks(model: PreTrainedModel, name: str) -> int:
    for attribute in ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "encoder_layers"):
        found = getattr(model.config, attribute, None)
        if isinstance(found, int):
            return found
    raise InvalidInputError(f"{name!r} does not tell how many layers it has: leave the layer out")
