"""Stored number types of safetensors files and how their bytes become values, exactly.

The names are those of the safetensors format (``safetensors/src/tensor.rs``, ``enum Dtype``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["BITS", "decoder", "readable_name"]

Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]

_NUMPY = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "<u1",
}  # fmt: skip

_READABLE = {
    "BF16": "bfloat16", "F8_E4M3": "float8_e4m3", "F8_E5M2": "float8_e5m2", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "F8_E8M0": "float8_e8m0", "BOOL": "bool",
}  # fmt: skip

BITS = MappingProxyType(
    {
        **{name: 8 * np.dtype(code).itemsize for name, code in _NUMPY.items()},
        "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F8_E8M0": 8,
        "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "C64": 64,
    }
)  # fmt: skip
"""Every stored type of the format -> bits of one value."""


def readable_name(dtype: str) -> str:
    """Return the stored type as people write it: ``"BF16"`` is ``"bfloat16"``."""
    if dtype in _READABLE:
        return _READABLE[dtype]
    return str(np.dtype(_NUMPY[dtype])) if dtype in _NUMPY else dtype


def decoder(dtype: str) -> Decode:
    """Return the function that turns stored bytes into values.

    Parameters
    ----------
    dtype
        Name in the safetensors format, such as ``"BF16"``.

    Returns
    -------
    callable
        Takes bytes (uint8, one-dimensional, a whole number of values) and returns as many values, each exactly the
        stored one: a view in the same type where numpy has it, float32 for ``BF16`` and the eight-bit floats.

    Raises
    ------
    InvalidInputError
        If values of this type are no single real numbers of whole bytes.

    Notes
    -----
    ``BF16`` is the upper half of a float32. ``F8_E4M3`` and ``F8_E5M2`` follow Micikevicius et al., "FP8 Formats for
    Deep Learning" (arXiv 2209.05433, Table 1), the ``FNUZ`` kinds Noune et al. (arXiv 2206.02915): bias one higher, no
    infinity, no negative zero, whose code is NaN. ``F8_E8M0`` is the scale type of the OCP Microscaling specification
    v1.0, section 5.4.1: a power of two, 0xFF is NaN.
    """
    if dtype in _NUMPY:
        return lambda raw: raw.view(_NUMPY[dtype])
    if dtype == "BF16":
        return _decode_bfloat16
    table = _eight_bit_floats().get(dtype)
    if table is None:
        raise InvalidInputError(f"values stored as {dtype!r} cannot be read as a table of real numbers")
    return lambda raw: table[raw]


def _decode_bfloat16(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    wide = np.empty(raw.size // 2, dtype="<u4")
    np.left_shift(raw.view("<u2"), 16, out=wide, dtype="<u4", casting="unsafe")
    return wide.view("<f4")


@cache
def _eight_bit_floats() -> dict[str, npt.NDArray[np.float32]]:
    tables = {
        "F8_E4M3": _eight_bit_values(mantissa_bits=3, bias=7),
        "F8_E5M2": _eight_bit_values(mantissa_bits=2, bias=15),
        "F8_E4M3FNUZ": _eight_bit_values(mantissa_bits=3, bias=8),
        "F8_E5M2FNUZ": _eight_bit_values(mantissa_bits=2, bias=16),
        "F8_E8M0": np.ldexp(1.0, np.arange(256) - 127),
    }
    for sign in (0x00, 0x80):
        tables["F8_E4M3"][sign + 0x7F] = np.nan
        tables["F8_E5M2"][sign + 0x7C] = -np.inf if sign else np.inf
        tables["F8_E5M2"][sign + 0x7D : sign + 0x80] = np.nan
    tables["F8_E4M3FNUZ"][0x80] = tables["F8_E5M2FNUZ"][0x80] = tables["F8_E8M0"][0xFF] = np.nan
    exact = {name: table.astype(np.float32) for name, table in tables.items()}
    for table in exact.values():
        table.flags.writeable = False
    return exact


def _eight_bit_values(*, mantissa_bits: int, bias: int) -> npt.NDArray[np.float64]:
    codes = np.arange(256)
    exponents = (codes & 0x7F) >> mantissa_bits
    fractions = (codes & (1 << mantissa_bits) - 1) / (1 << mantissa_bits)
    magnitudes = np.where(exponents == 0, np.ldexp(fractions, 1 - bias), np.ldexp(1 + fractions, exponents - bias))
    return np.where(codes & 0x80, -magnitudes, magnitudes)
