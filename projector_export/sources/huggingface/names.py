"""Which tensor is a token table, by its name alone.

The spellings are those of the classes of transformers 5.23 that predict text and build from their default configuration,
of the files that they save (a base class drops its prefix, vision models keep a former layout), of llama.cpp's list for
``TOKEN_EMBD`` (``gguf-py/gguf/tensor_mapping.py``), of sentence-transformers' and of Model2Vec's static embeddings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["is_input_table", "is_output_table", "is_text_part", "module_path"]

_INPUT = re.compile(
    r"""(?: .* \. )?
    (?: embed_tokens | wte | word_embeddings? | tok_embeddings | embed_in | embeddings? | shared | tokens_embed
      | token_embeddings? | input_embedding | in_out_embed | embed_text_tokens )
    | (?: (?: transformer | model ) \. )? (?: w | embed )""",
    re.VERBOSE,
)
"""Modules, and whole paths where the last part alone would say too little."""

_OUTPUT = re.compile(
    r"""(?: .* \. )?
    (?: lm_head | generator_lm_head | vocab_projector | proj_out | lm_loss | output_projection | embed_out | output_layer
      | lm_head\.decoder | lm_head\.linear | predictions\.decoder | generator_predictions\.decoder | pred_layer\.proj )
    | (?: rwkv \. )? head | (?: head \. )? decoder | (?: (?: model | language_model ) \. )? output
    | (?: model \. )? transformer\.ff_out""",
    re.VERBOSE,
)

_OTHER_TABLE = re.compile(
    """positions? | positional | pos | types? | segments? | relative | rel | rotary | patch | patches | patcher | vision
    | visual | images? | img | pixel | video | audio | speech | acoustic | music | entity | entities | timestep | time | per
    | codec | codebooks? | quantizer? | vq | vqmodel | vqgan | router | ngram | hash | adapter | box | talker
    | depth | class""",
    re.VERBOSE,
)
"""Words of a path that belong to tables of something else than tokens."""

_TEXT_PARTS = frozenset({"text", "language", "llm", "thinker"})


def module_path(name: str) -> str:
    """Return a parameter's module: ``"model.embed_tokens"`` for ``"model.embed_tokens.weight"``."""
    return name.removesuffix(".weight")


def is_input_table(name: str) -> bool:
    """Return whether a parameter of that name holds one vector for each token that goes in."""
    path = module_path(name)
    parts = path.split(".")
    return _is_weight(name, parts) and not _is_of_another_kind(parts) and _INPUT.fullmatch(path) is not None


def is_output_table(name: str) -> bool:
    """Return whether a parameter of that name holds one vector for each token that may come out."""
    path = module_path(name)
    is_weight = name.endswith(".weight")
    return is_weight and not _is_of_another_kind(path.split(".")) and _OUTPUT.fullmatch(path) is not None


def is_text_part(name: str) -> bool:
    """Return whether the path says that the table belongs to a model's text part."""
    return bool(_TEXT_PARTS & _words(module_path(name).split(".")[:-1]))


def _is_weight(name: str, parts: list[str]) -> bool:
    # Model2Vec saves its one table as a bare "embeddings".
    return name.endswith(".weight") or (len(parts) == 1 and parts[0] in {"embedding", "embeddings"})


def _is_of_another_kind(parts: list[str]) -> bool:
    # A number is a layer, save in front, where a pipeline of modules counts them.
    return any(part.isdecimal() for part in parts[1:]) or any(map(_OTHER_TABLE.fullmatch, _words(parts)))


def _words(parts: Iterable[str]) -> set[str]:
    return {word for part in parts if part != "visual_bert" for word in re.split(r"[_\d]+", part.lower())}
