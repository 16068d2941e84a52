"""What a layer looks up, from what is stored of it: quantised tables and low-rank additions undone block by block.

Source: ``keras/src/layers/core/embedding.py`` (``variable_serialization_spec``, ``embeddings``, ``_int8_call``, ``_int4_call``)
and ``keras/src/quantizers/quantizers.py`` (``unpack_int4``, ``dequantize_with_sz_map``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.sources.keras.configuration import LayerSettings
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.vectors import Float32Array, Vectors

__all__ = ["StoredLayer", "quantization_mode"]


def quantization_mode(settings: LayerSettings | None) -> str | None:
    """Return how a layer is quantised by its configuration, as ``"int8"``; ``""`` if it is not, None if that is not known."""
    if settings is None:
        return None
    policy = settings.settings.get("dtype")
    inner = policy.get("config") if isinstance(policy, dict) else None
    mode = inner.get("mode") if isinstance(inner, dict) else None
    return mode.partition("/")[0] if isinstance(mode, str) else ""


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """The variables of an embedding layer.

    Parameters
    ----------
    label
        What errors call it.
    tensors
        ``embeddings`` and what belongs to it: ``embeddings_scale``, ``embeddings_zero``, ``g_idx``, ``lora_embeddings_a``,
        ``lora_embeddings_b``.
    values
        Returns all numbers of one of them.
    settings
        What the configuration says of the layer.
    """

    label: str
    tensors: Mapping[str, NamedTensor]
    values: Callable[[str], npt.NDArray[np.generic]]
    settings: LayerSettings | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and dimensions of what is looked up."""
        stored = self.tensors["embeddings"].shape
        if self._is_four_bits and len(stored) == 2:
            return stored[0], self._n_dims
        return stored

    @property
    def dtype(self) -> str:
        """How its values are stored."""
        return "int4" if self._is_four_bits else self.tensors["embeddings"].dtype

    @property
    def _is_four_bits(self) -> bool:
        return quantization_mode(self.settings) == "int4" or "g_idx" in self.tensors

    @property
    def _n_dims(self) -> int:
        declared = None if self.settings is None else self.settings.settings.get("output_dim")
        if isinstance(declared, int):
            return declared
        groups = self.tensors.get("g_idx")
        return groups.shape[0] if groups is not None and len(groups.shape) == 1 else 0

    def vectors(self) -> Vectors:
        """Return what the layer looks up.

        Raises
        ------
        InvalidInputError
            If that cannot be computed from what is stored.
        """
        base = self.tensors["embeddings"].open_rows()
        if self._is_four_bits or quantization_mode(self.settings) or base.dtype == "int8":
            base = self._dequantised(base)
        if "lora_embeddings_a" in self.tensors:
            base = self._adapted(base)
        return base

    def _dequantised(self, base: Vectors) -> Vectors:
        mode = "int4" if self._is_four_bits else quantization_mode(self.settings)
        if mode is None or "embeddings_scale" not in self.tensors:
            raise InvalidInputError(
                f"{self.label} is quantised, and how is not written in this file: save the whole model as .keras"
            )
        if mode not in {"int8", "int4"} or base.dtype != "int8":
            raise InvalidInputError(
                f"{self.label} is quantised by {mode or 'some method'}, which is not undone here: export it before that"
            )
        scale = self.values("embeddings_scale").astype(np.float32)
        n_rows, n_dims = base.shape[0], self._n_dims if mode == "int4" else base.shape[1]
        groups = zero = None
        if scale.ndim == 2:
            if not {"embeddings_zero", "g_idx"} <= set(self.tensors):
                raise CorruptFileError(f"{self.label} is quantised in groups, and its zero points are missing")
            zero, groups = self.values("embeddings_zero").astype(np.float32), self.values("g_idx").astype(np.int64)
        _check_parts(self.label, base.shape, n_dims, scale, zero, groups)
        return _DequantisedVectors(base, (n_rows, n_dims), mode, scale, zero, groups)

    def _adapted(self, base: Vectors) -> Vectors:
        own = {} if self.settings is None else self.settings.settings
        rank = own.get("lora_rank")
        alpha = own.get("lora_alpha") or rank
        if not isinstance(rank, int) or not isinstance(alpha, (int, float)) or rank < 1:
            raise InvalidInputError(
                f"{self.label} has low-rank additions (LoRA) whose scale is not written in this file: save the whole model as "
                ".keras, which adds them up"
            )
        down = self.values("lora_embeddings_a").astype(np.float32)
        up = self.values("lora_embeddings_b").astype(np.float32)
        if down.shape != (base.shape[0], rank) or up.shape != (rank, base.shape[1]):
            raise CorruptFileError(
                f"{self.label} has low-rank additions of shapes {list(down.shape)} and {list(up.shape)}, which do not fit "
                f"{base.shape[0]:,} x {base.shape[1]:,}"
            )
        return _AdaptedVectors(base, down, up, np.float32(alpha / rank))


def _check_parts(
    label: str,
    stored: tuple[int, int],
    n_dims: int,
    scale: npt.NDArray[np.float32],
    zero: npt.NDArray[np.float32] | None,
    groups: npt.NDArray[np.int64] | None,
) -> None:
    """Refuse scales that do not belong to the table."""
    fits = scale.shape[:1] == stored[:1] and stored[1] in {n_dims, (n_dims + 1) // 2} and n_dims > 0
    if groups is not None and zero is not None:
        fits = fits and zero.shape == scale.shape and groups.shape == (n_dims,)
        fits = fits and bool(len(groups)) and int(groups.min()) >= 0 and int(groups.max()) < scale.shape[1]
    else:
        fits = fits and scale.ndim == 1
    if not fits:
        raise CorruptFileError(
            f"{label} is quantised, and its scales (shape {list(scale.shape)}) do not fit its table of "
            f"{stored[0]:,} x {n_dims:,}"
        )


@dataclass(frozen=True, eq=False)
class _DequantisedVectors:
    """Codes times their scales.

    Parameters
    ----------
    codes
        As stored: one a byte, or two.
    shape
        ``(n_rows, n_dims)``.
    mode
        ``"int8"`` or ``"int4"``.
    scale
        Shape ``(n_rows,)``, by which codes are divided; or ``(n_rows, n_groups)``, by which they are multiplied.
    zero
        Shape ``(n_rows, n_groups)``: subtracted from codes first.
    groups
        Shape ``(n_dims,)``: the group of each dimension.
    """

    codes: Vectors
    shape: tuple[int, int]
    mode: str
    scale: npt.NDArray[np.float32]
    zero: npt.NDArray[np.float32] | None
    groups: npt.NDArray[np.int64] | None

    @property
    def dtype(self) -> str:
        """How the file stores a value."""
        return self.mode

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        values = self.codes.read(start, stop)
        if self.mode == "int4":
            values = _unpacked(values, self.shape[1])
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if self.groups is None or self.zero is None:
                return np.ascontiguousarray(values / self.scale[start:stop, None], dtype=np.float32)
            zero, scale = self.zero[start:stop][:, self.groups], self.scale[start:stop][:, self.groups]
            return np.ascontiguousarray((values - zero) * scale, dtype=np.float32)


def _unpacked(values: Float32Array, n_dims: int) -> Float32Array:
    """Return two values of each byte: the lower half first, from -8 to 7."""
    packed = values.astype(np.int16)
    pairs = np.stack([packed & 15, (packed >> 4) & 15], axis=-1).reshape(len(values), -1)[:, :n_dims]
    return ((pairs ^ 8) - 8).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _AdaptedVectors:
    """A table and the product of two narrow ones.

    Parameters
    ----------
    base
        The table, shape ``(n_rows, n_dims)``.
    down, up
        Shapes ``(n_rows, rank)`` and ``(rank, n_dims)``.
    factor
        By which the product is multiplied.
    """

    base: Vectors
    down: npt.NDArray[np.float32]
    up: npt.NDArray[np.float32]
    factor: np.float32

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return self.base.shape

    @property
    def dtype(self) -> str:
        """How the file stores a value of the table."""
        return self.base.dtype

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.base.read(start, stop) + self.factor * (self.down[start:stop] @ self.up)
            return np.ascontiguousarray(values, dtype=np.float32)
