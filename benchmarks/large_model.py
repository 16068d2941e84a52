"""Make a model folder with a large vocabulary on the spot: ``python large_model.py FOLDER [ROWS DIMS]``.

256,000 x 4,096 values in bfloat16 (2.1 GB), normal with standard deviation 0.02, in the first of four safetensors files;
the other three hold tensors of other names. The byte-level BPE of 256,000 entries is made of syllables, with merges under
which every entry is reachable, so that the tokenizer has as much to do as a real one.
"""

from __future__ import annotations

import json
import random
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

N_SHARDS = 4
BLOCK_ROWS = 4096
SPECIAL = ("<unk>", "<s>", "</s>", "<pad>")
TABLE = "model.embed_tokens.weight"


def make_model(folder: Path, n_rows: int = 256_000, n_dims: int = 4096) -> None:
    """Write config.json, tokenizer.json, four shards and their index into a new folder."""
    folder.mkdir()
    shapes = {TABLE: (n_rows, n_dims), "model.norm.weight": (n_dims,)}
    names = [[TABLE], *[_layer_names(layer, n_dims, shapes) for layer in range(N_SHARDS - 1)]]
    names[-1].append("model.norm.weight")
    files = [f"model-{number + 1:05}-of-{N_SHARDS:05}.safetensors" for number in range(N_SHARDS)]
    for file, inside in zip(files, names, strict=True):
        _write_shard(folder / file, {name: shapes[name] for name in inside})
    weight_map = {name: file for file, inside in zip(files, names, strict=True) for name in inside}
    total = sum((folder / file).stat().st_size for file in files)
    _write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": weight_map})
    config = {"model_type": "llama", "vocab_size": n_rows, "hidden_size": n_dims, "tie_word_embeddings": True}
    _write_json(folder / "config.json", {"architectures": ["LlamaForCausalLM"], **config})
    _make_tokenizer(n_rows).save(str(folder / "tokenizer.json"))


def _layer_names(layer: int, n_dims: int, shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """Add a layer's shapes, some as large as a small vocabulary's table, and return the names."""
    added = {
        f"model.layers.{layer}.mlp.up_proj.weight": (4 * n_dims, n_dims),
        f"model.layers.{layer}.mlp.down_proj.weight": (n_dims, 4 * n_dims),
        f"model.layers.{layer}.self_attn.q_proj.weight": (n_dims, n_dims),
        f"model.layers.{layer}.input_layernorm.weight": (n_dims,),
    }
    shapes.update(added)
    return list(added)


def _write_shard(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """Write a safetensors file in bfloat16; tensors other than the table stay holes of zeros."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * _size(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "xb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        if TABLE in shapes:
            _write_normal(file, *shapes[TABLE])
        file.truncate(8 + len(text) + end)


def _size(shape: Sequence[int]) -> int:
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


def _write_normal(file: BinaryIO, n_rows: int, n_dims: int) -> None:
    import numpy as np

    generator = np.random.default_rng(0)
    for start in range(0, n_rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, n_rows - start)
        block = generator.standard_normal((count, n_dims), dtype=np.float32) * np.float32(0.02)
        file.write((block.view(np.uint32) >> 16).astype("<u2").tobytes())


def _make_tokenizer(n_tokens: int) -> object:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    entries = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = _merges(n_tokens - len(entries))
    entries += [left + right for left, right in merges]
    tokenizer = Tokenizer(models.BPE(vocab={entry: number for number, entry in enumerate(entries)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def _merges(count: int) -> list[tuple[str, str]]:
    """Return so many merges in the order of their ranks: syllables, words of two and three, words after a space.

    A syllable is a consonant and a vowel, so that letters can be joined in one way only; a word of three joins first the
    two of its syllables that are joined at the lower rank, as the algorithm does.
    """
    chance = random.Random(0)
    syllables = [(consonant, vowel) for consonant in "bcdfghjklmnpqrstvwxz" for vowel in "aeiou"]
    parts = ["".join(syllable) for syllable in syllables]
    pairs = [(first, second) for first in parts for second in parts]
    chance.shuffle(pairs)
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    n_words = max(0, (count - len(syllables) - len(pairs)) // 2 + 1)
    words = [_last_merge(parts, ranks, number) for number in chance.sample(range(len(parts) ** 3), n_words)]
    spaced = [("Ġ", left + right) for left, right in words]
    return [*syllables, *pairs, *words, *spaced][:count]


def _last_merge(parts: list[str], ranks: dict[tuple[str, str], int], number: int) -> tuple[str, str]:
    """Return the merge that completes the word of three syllables with that number."""
    first, second, third = (parts[number // len(parts) ** place % len(parts)] for place in (2, 1, 0))
    left_first = ranks[first, second] <= ranks[second, third]
    return (first + second, third) if left_first else (first, second + third)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make_model(Path(sys.argv[1]), *map(int, sys.argv[2:4]))
