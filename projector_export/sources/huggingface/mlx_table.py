"""Tables that MLX quantised: small codes packed into 32-bit words, a scale and perhaps a bias for each group of a row.

The layout is that of ``mlx.core.quantize``: the codes of a row follow each other from the lowest bit of the first word
on, for every number of bits. In the mode ``affine`` a value is ``scale * code + bias``; in ``mxfp4``, ``nvfp4`` and
``mxfp8`` the codes are small floats and the scales eight-bit floats (OCP Microscaling specification v1.0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats.stored_numbers import decoder
from projector_export.sources.huggingface.names import module_path
from projector_export.sources.huggingface.scaled import ScaledVectors
from projector_export.sources.huggingface.weights import TensorInfo, Weights

__all__ = ["is_mlx_table", "open_mlx_table"]

Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]

_FOUR_BIT_FLOATS = np.array(
    [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], dtype=np.float32
)  # fmt: skip

_DEFAULTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"affine": (64, 4), "mxfp4": (32, 4), "nvfp4": (16, 4), "mxfp8": (32, 8)}
)
"""Mode -> group size and bits that ``mlx.core.quantize`` takes unless told otherwise."""

_SCALE_TYPES = {"mxfp4": "F8_E8M0", "nvfp4": "F8_E4M3", "mxfp8": "F8_E8M0"}


@dataclass(frozen=True)
class _Packing:
    mode: str
    group_size: int
    bits: int


def is_mlx_table(info: TensorInfo, present: frozenset[str]) -> bool:
    """Return whether a tensor holds the codes of a table that MLX quantised."""
    return info.dtype == "U32" and len(info.shape) == 2 and f"{module_path(info.name)}.scales" in present


def open_mlx_table(
    weights: Weights, info: TensorInfo, present: frozenset[str], config: Mapping[str, object]
) -> ScaledVectors:
    """Return the values of a table that MLX quantised.

    Parameters
    ----------
    weights
        The model's tensors.
    info
        The codes.
    present
        Names of all tensors.
    config
        The model's ``config.json``, whose ``quantization`` tells mode, group size and bits.

    Raises
    ------
    InvalidInputError
        If the configuration does not tell them, or of a kind that is not known.
    CorruptFileError
        If they disagree with the tensors' shapes.
    """
    path = module_path(info.name)
    packing = _packing(config, path)
    n_rows, n_words = info.shape
    n_dims = n_words * 32 // packing.bits
    groups = n_rows, n_dims // packing.group_size
    scales, biases = weights.info(f"{path}.scales"), f"{path}.biases"
    bias_shapes = {weights.info(biases).shape} if packing.mode == "affine" and biases in present else {groups}
    if (n_words * 32) % packing.bits or {scales.shape} | bias_shapes != {groups} or n_dims % packing.group_size:
        raise CorruptFileError(
            f"the packed table {info.name!r} of {n_rows:,} x {n_words:,} words and its scales {list(scales.shape)} do not "
            f"fit what config.json tells: {packing.bits} bits in groups of {packing.group_size}"
        )
    if packing.mode == "affine" and biases not in present:
        raise CorruptFileError(f"the packed table {info.name!r} has scales but no {biases!r}, which its mode needs")
    scale_type = _SCALE_TYPES.get(packing.mode)
    return ScaledVectors(
        weights.rows(info.name, (n_rows, n_dims), _code_decoder(packing)),
        weights.rows(scales.name, groups, decoder(scale_type) if scale_type else None),
        weights.rows(biases, groups) if packing.mode == "affine" else None,
        1,
        packing.group_size,
        f"MLX {packing.mode}, {packing.bits} bits in groups of {packing.group_size}",
    )


def _packing(config: Mapping[str, object], path: str) -> _Packing:
    whole = config.get("quantization") or config.get("quantization_config")
    if not isinstance(whole, Mapping):
        raise InvalidInputError(
            f"the table {path!r} is packed as MLX does it, but no config.json with a 'quantization' says into how many "
            "bits: give the whole folder of the model"
        )
    own = whole.get(path)
    fields = {**whole, **own} if isinstance(own, Mapping) else whole
    mode = fields.get("mode", "affine")
    if not isinstance(mode, str) or mode not in _DEFAULTS:
        raise InvalidInputError(
            f"the table {path!r} is packed in MLX's mode {mode!r}; known are {', '.join(_DEFAULTS)}"
        )
    group_size, bits = fields.get("group_size", _DEFAULTS[mode][0]), fields.get("bits", _DEFAULTS[mode][1])
    known = {2, 3, 4, 5, 6, 8} if mode == "affine" else {_DEFAULTS[mode][1]}
    if bits not in known or type(group_size) is not int or group_size < 1:
        raise InvalidInputError(
            f"the table {path!r} is packed into {bits!r} bits in groups of {group_size!r}; for mode {mode!r} known are "
            f"{', '.join(map(str, sorted(known)))} bits"
        )
    return _Packing(mode, group_size, int(str(bits)))


def _code_decoder(packing: _Packing) -> Decode:
    if packing.mode == "mxfp8":
        return decoder("F8_E4M3")
    if packing.mode != "affine":
        return lambda raw: _FOUR_BIT_FLOATS[_unpack(raw, 4)]
    return lambda raw: _unpack(raw, packing.bits)


def _unpack(raw: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.uint8]:
    if bits == 8:
        return raw
    if bits == 4:
        return np.stack([raw & 0x0F, raw >> 4], axis=-1).reshape(-1)
    each = np.unpackbits(raw, bitorder="little").reshape(-1, bits)
    codes = each[:, 0].copy()
    for bit in range(1, bits):
        codes |= each[:, bit] << bit
    return codes
