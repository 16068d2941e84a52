"""A model that can be asked: found by its configuration, loaded as transformers loads it, never with code of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from projector_export.errors import InvalidInputError, NotFoundError, ProjectorExportError
from projector_export.optional import require, required_for
from projector_export.transforms.verification.prompts import Prompt, make_prompts, placeholders

if TYPE_CHECKING:
    from torch.nn import Module
    from transformers import PretrainedConfig, PreTrainedTokenizerBase

__all__ = ["Loaded", "Source", "check_askable", "load"]

WORK = "asking the model (--verify)"

_HUB_ID = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_FILES = (".safetensors", ".bin", ".npy", ".npz", ".pt", ".pth", ".gguf", ".keras", ".h5", ".txt", ".vec")
_ANSWERS_BY_MASK = ("ForMaskedLM", "ForPreTraining", "WithLMHeadModel")
_CONTINUES = ("ForCausalLM", "LMHeadModel")
_SPECIAL_PLACES = 2
"""Positions that some encoders (RoBERTa) count but do not offer."""


@dataclass(frozen=True)
class Source:
    """Where a model lies.

    Parameters
    ----------
    model
        Folder, or id on the Hub.
    revision
        Branch, tag or commit on the Hub.
    tokenizer
        File or folder of the tokenizer, where it is not beside the model.
    """

    model: str | PathLike[str]
    revision: str | None = None
    tokenizer: str | PathLike[str] | None = None


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model that is ready to be asked.

    Parameters
    ----------
    network
        The module of torch, in its own dtype, on its device.
    prompts
        What it is asked.
    n_tokens
        Ids that it knows, from 0.
    device
        Where it runs, as torch spells it.
    """

    network: Module
    prompts: tuple[Prompt, ...]
    n_tokens: int
    device: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is known of a model before its weights are loaded.

    Parameters
    ----------
    place
        Where transformers finds it.
    by_mask
        Whether it fills a mask (an encoder), and does not continue a text.
    prompts
        What it is asked.
    """

    place: Mapping[str, Any]
    by_mask: bool
    prompts: tuple[Prompt, ...]


def check_askable(source: Source) -> None:
    """Look at a model's configuration and tokenizer alone, without its weights.

    Raises
    ------
    ProjectorExportError
        If there is no such model, it cannot be asked, or a package is missing.
    """
    _prepare(source)


def _prepare(source: Source) -> Prepared:
    require(WORK, "transformers", "torch")
    with required_for(WORK):
        import transformers
    place = _place(source)
    name = place["pretrained_model_name_or_path"]
    with _transformers_told(f"the configuration of {name}"):
        config = transformers.AutoConfig.from_pretrained(**place)
    by_mask = _answers_by_mask(config)
    with _transformers_told(f"the tokenizer of {name}"):
        tokenizer = _tokenizer(source, place)
    return Prepared(place, by_mask, _prompts(tokenizer, config, by_mask=by_mask))


def _answers_by_mask(config: PretrainedConfig) -> bool:
    """Tell whether a model fills a mask or continues a text; refuse one that does neither."""
    import transformers

    architectures = " ".join(getattr(config, "architectures", None) or ())
    name = architectures or type(config).__name__
    if getattr(config, "is_encoder_decoder", False):
        raise InvalidInputError(
            f"{name} is an encoder-decoder, and --verify asks decoders and encoders only: leave --verify away"
        )
    masked = type(config) in transformers.MODEL_FOR_MASKED_LM_MAPPING and not getattr(config, "is_decoder", False)
    causal = type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    if masked and any(each in architectures for each in _ANSWERS_BY_MASK):
        return True
    if causal and any(each in architectures for each in _CONTINUES):
        return False
    if masked and architectures:
        raise InvalidInputError(
            f"{name} has no output layer that names tokens, so it cannot be asked: give the model with its language "
            "modelling head, or leave --verify away"
        )
    if masked or causal:
        return masked
    raise InvalidInputError(f"{name} is no language model that can be asked: leave --verify away")


def load(source: Source, device: str | None = None) -> Loaded:
    """Load a model and its tokenizer, and make the prompts.

    Parameters
    ----------
    source
        Where the model lies.
    device
        As torch spells it; by default the first CUDA device where there is one, else the CPU.

    Raises
    ------
    ProjectorExportError
        If it cannot be read, cannot be asked, or its files lack the output layer.
    """
    prepared = _prepare(source)
    with required_for(WORK):
        import torch
        import transformers
    name = prepared.place["pretrained_model_name_or_path"]
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    auto = transformers.AutoModelForMaskedLM if prepared.by_mask else transformers.AutoModelForCausalLM
    dtype = "dtype" if _version(transformers.__version__) >= (4, 56) else "torch_dtype"
    with _transformers_told(name):
        network, told = auto.from_pretrained(**prepared.place, **{dtype: "auto"}, output_loading_info=True)
        network = network.eval().to(device)
    missing = sorted(map(str, told["missing_keys"]))
    if missing:
        raise InvalidInputError(
            f"the files of {name} lack weights that it needs to name a token ({', '.join(missing[:3])}"
            f"{', …' if len(missing) > 3 else ''}), so it cannot be asked: leave --verify away"
        )
    n_tokens = int(network.get_input_embeddings().weight.shape[0])
    return Loaded(network, prepared.prompts, n_tokens, device)


def _prompts(tokenizer: PreTrainedTokenizerBase, config: PretrainedConfig, *, by_mask: bool) -> tuple[Prompt, ...]:
    """Make the prompts: an encoder's end as its texts do, those of a decoder stay open."""
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    places = getattr(text_config, "max_position_embeddings", None)
    ends = {tokenizer.eos_token_id, tokenizer.sep_token_id}

    def encode(text: str) -> Sequence[int]:
        ids: list[int] = tokenizer(text)["input_ids"]
        while not by_mask and len(ids) > 1 and ids[-1] in ends:
            ids = ids[:-1]
        return ids

    if by_mask and tokenizer.mask_token_id is None:
        raise InvalidInputError("the model's tokenizer has no mask, so it cannot be asked: leave --verify away")
    mask = (str(tokenizer.mask_token), int(tokenizer.mask_token_id)) if by_mask else None
    room = int(places) - _SPECIAL_PLACES if isinstance(places, int) and places > 0 else None
    return make_prompts(encode, placeholders(tokenizer.get_vocab()), max_tokens=room, mask=mask)


def _tokenizer(source: Source, place: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    import transformers

    if source.tokenizer is None:
        return transformers.AutoTokenizer.from_pretrained(**place)
    path = Path(source.tokenizer).expanduser()
    if path.is_dir():
        return transformers.AutoTokenizer.from_pretrained(path, trust_remote_code=False, local_files_only=True)
    if path.suffix != ".json":
        raise InvalidInputError(f"--verify reads a tokenizer.json or a folder with one, not {str(path)!r}")
    return transformers.PreTrainedTokenizerFast(tokenizer_file=str(path))


def _place(source: Source) -> dict[str, Any]:
    """Return where transformers finds the model; what is no folder and no id is refused."""
    text = fspath(source.model)
    path = Path(text).expanduser()
    if path.is_dir() and (path / "config.json").is_file():
        return {
            "pretrained_model_name_or_path": str(path),
            "trust_remote_code": False,
            "local_files_only": True,
        }
    if path.exists() or text.endswith(_FILES) or not _HUB_ID.fullmatch(text):
        raise InvalidInputError(f"--verify asks the model itself, and {text!r} is none: give its folder or id")
    return {"pretrained_model_name_or_path": text, "revision": source.revision or "main", "trust_remote_code": False}


@contextmanager
def _transformers_told(what: str) -> Iterator[None]:
    """Keep transformers silent, and say in a sentence what it cannot read."""
    from transformers.utils import logging

    verbosity, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except ProjectorExportError:
        raise
    except (OSError, ValueError, ImportError, RuntimeError, LookupError, TypeError, AttributeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
        raise NotFoundError(f"transformers cannot read {what}, so it cannot be asked ({reason})") from error
    finally:
        logging.set_verbosity(verbosity)
        if has_bars:
            logging.enable_progress_bar()


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])
