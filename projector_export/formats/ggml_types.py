"""Stored number types of GGUF files: numbers, names and sizes (llama.cpp ``ggml.h``, ``enum ggml_type``, and ``ggml.c``)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["GGML_TYPES", "GGMLType"]


@dataclass(frozen=True)
class GGMLType:
    """A type in which numbers are stored, some at a time.

    Parameters
    ----------
    number
        In the file.
    name
        As llama.cpp prints it: ``"q4_K"``.
    block_values, block_bytes
        How many numbers are stored together, in how many bytes.
    plain
        Name of the type in the safetensors format, for types that store each number by itself; None for quantised ones.
    """

    number: int
    name: str
    block_values: int
    block_bytes: int
    plain: str | None = None

    def row_bytes(self, n_values: int) -> int | None:
        """Return the bytes of a row of so many numbers; None if they are no whole number of blocks."""
        n_blocks, rest = divmod(n_values, self.block_values)
        return None if rest else n_blocks * self.block_bytes


_PLAIN = (
    (0, "f32", 4, "F32"), (1, "f16", 2, "F16"), (24, "i8", 1, "I8"), (25, "i16", 2, "I16"), (26, "i32", 4, "I32"),
    (27, "i64", 8, "I64"), (28, "f64", 8, "F64"), (30, "bf16", 2, "BF16"),
)  # fmt: skip

_QUANTISED = (
    (2, "q4_0", 32, 18), (3, "q4_1", 32, 20), (6, "q5_0", 32, 22), (7, "q5_1", 32, 24), (8, "q8_0", 32, 34),
    (9, "q8_1", 32, 36), (10, "q2_K", 256, 84), (11, "q3_K", 256, 110), (12, "q4_K", 256, 144), (13, "q5_K", 256, 176),
    (14, "q6_K", 256, 210), (15, "q8_K", 256, 292), (16, "iq2_xxs", 256, 66), (17, "iq2_xs", 256, 74),
    (18, "iq3_xxs", 256, 98), (19, "iq1_s", 256, 50), (20, "iq4_nl", 32, 18), (21, "iq3_s", 256, 110),
    (22, "iq2_s", 256, 82), (23, "iq4_xs", 256, 136), (29, "iq1_m", 256, 56), (34, "tq1_0", 256, 54),
    (35, "tq2_0", 256, 66), (39, "mxfp4", 32, 17), (40, "nvfp4", 64, 36), (41, "q1_0", 128, 18),
)  # fmt: skip

GGML_TYPES = MappingProxyType(
    {
        **{number: GGMLType(number, name, 1, size, plain) for number, name, size, plain in _PLAIN},
        **{number: GGMLType(number, name, values, size) for number, name, values, size in _QUANTISED},
    }
)
"""Number of a type -> the type."""
