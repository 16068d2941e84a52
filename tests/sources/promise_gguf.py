"""GGUF files that the package gguf writes."""

from functools import partial

import numpy as np
from source_promises import SourceCase

from projector_export.sources import gguf

N_ROWS, N_DIMS = 12, 256
LABELS = ["␣the", "a", "\\n", "<|end|>"]


def numbers():
    return np.random.default_rng(5).normal(size=(N_ROWS, N_DIMS)).astype(np.float32)


def q4_k_blocks():
    """Any bytes are 4-bit numbers and scales; the two float16 scales of a block should be finite."""
    blocks = np.random.default_rng(6).integers(0, 256, (N_ROWS, 144), dtype=np.uint8)
    blocks[:, :4] = np.array([0.01, 0.02], np.float16).view(np.uint8)
    return blocks


def stored(kind):
    import gguf as library

    if kind == "Q4_K":
        return q4_k_blocks()
    return library.quants.quantize(numbers(), library.GGMLQuantizationType[kind])


def write(folder, *, kind, is_big_endian=False):
    import gguf as library

    path = folder / "model.gguf"
    order = library.GGUFEndian.BIG if is_big_endian else library.GGUFEndian.LITTLE
    writer = library.GGUFWriter(path, "llama", endianess=order)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["Ġthe", "a", "Ċ", "<|end|>", *(f"t{number}" for number in range(N_ROWS - 4))])
    writer.add_token_types([1, 1, 1, 3, *[1] * (N_ROWS - 4)])
    writer.add_token_merges(["t h", "th e"])
    writer.add_tensor("token_embd.weight", stored(kind), raw_dtype=library.GGMLQuantizationType[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def values(_, *, kind):
    import gguf as library

    return library.quants.dequantize(stored(kind), library.GGMLQuantizationType[kind])


def labels(_):
    return [*LABELS, *(f"t{number}" for number in range(N_ROWS - 4))]


def damaged(change):
    def damage(folder):
        path = write(folder, kind="F16")
        path.write_bytes(change(path.read_bytes()))
        return path

    return damage


DAMAGES = {
    "cut off within the table": (damaged(lambda raw: raw[:-900]), ("cut off", "token_embd.weight")),
    "cut off within the header": (damaged(lambda raw: raw[:120]), ("header", "ends at byte 120")),
    "another format": (damaged(lambda raw: b"GGML" + raw[4:]), ("b'GGML'",)),
    "version 1": (damaged(lambda raw: raw[:4] + b"\1" + raw[5:]), ("version 1",)),
    "absurd count": (
        damaged(lambda raw: raw[:8] + b"\xff" * 7 + b"\0" + raw[16:]),
        ("72,057,594,037,927,935 tensors",),
    ),
    "another table": (
        damaged(lambda raw: raw.replace(b"token_embd.weight", b"tokenXembd.weight")),
        ("no tensor", "tokenXembd"),
    ),
}

CASES = [
    SourceCase(f"GGUF {kind}", partial(write, kind=kind), gguf.read, partial(values, kind=kind), labels)
    for kind in ("F32", "BF16", "Q8_0", "Q4_K")
]
CASES += [
    SourceCase("GGUF F16", partial(write, kind="F16"), gguf.read, partial(values, kind="F16"), labels, DAMAGES),
    SourceCase(
        "GGUF F32, big-endian",
        partial(write, kind="F32", is_big_endian=True),
        gguf.read,
        partial(values, kind="F32"),
        labels,
    ),
]
