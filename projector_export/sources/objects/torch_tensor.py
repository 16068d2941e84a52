"""Tensors of PyTorch, on any device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.sources.objects.asked import Asked
from projector_export.sources.objects.classes import described, has_class
from projector_export.sources.objects.rows import require_matrix, table_of
from projector_export.table import EmbeddingTable
from projector_export.vectors import Float32Array, Vectors

if TYPE_CHECKING:
    import torch

__all__ = ["read", "recognises", "rows_of_tensor"]


@dataclass(frozen=True, eq=False)
class LiveTensorVectors:
    """Rows of a tensor, fetched from its device block by block.

    Parameters
    ----------
    tensor
        Shape ``(n_rows, n_dims)``, without history.
    """

    tensor: torch.Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        n_rows, n_dims = self.tensor.shape
        return int(n_rows), int(n_dims)

    @property
    def dtype(self) -> str:
        """How a value is stored."""
        return str(self.tensor.dtype).removeprefix("torch.")

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        rows = self.tensor[start:stop].cpu().float().resolve_neg()
        return np.array(rows.numpy(), dtype=np.float32, order="C")


def recognises(value: object) -> bool:
    """Tell whether an object is a tensor or parameter of PyTorch."""
    return has_class(value, "torch", "Tensor")


def read(value: object, asked: Asked) -> EmbeddingTable:
    """Return the table of a tensor of shape ``(n_rows, n_dims)``."""
    asked.refuse_part("a tensor")
    tensor: Any = value
    return table_of(
        value,
        rows_of_tensor(tensor, "the tensor", is_kept=asked.is_kept),
        parameters={"device": str(tensor.device)},
    )


def rows_of_tensor(tensor: torch.Tensor, what: str, *, is_kept: bool = True) -> Vectors:
    """Return the rows of a tensor.

    Parameters
    ----------
    tensor
        Shape ``(n_rows, n_dims)``, of real numbers, on any device, with or without gradient.
    what
        What it is called in sentences.
    is_kept
        Whether it is copied, because it may change before the rows are read.

    Raises
    ------
    InvalidInputError
        If it is sparse, quantised, spread over machines, without values, of no real numbers, or not two-dimensional.
    """
    _refuse_unreadable(tensor, what)
    require_matrix(what, tensor.shape)
    rows = tensor.detach()
    if is_kept:
        rows = rows.clone() if rows.device.type == "cpu" else rows.cpu()
    return LiveTensorVectors(rows)


def _refuse_unreadable(tensor: torch.Tensor, what: str) -> None:
    layout = str(tensor.layout).removeprefix("torch.")
    if has_class(tensor, "torch", "DTensor"):
        raise InvalidInputError(f"{what} is spread over several processes: give its full_tensor()")
    if tensor.is_nested:
        raise InvalidInputError(f"{what} is nested, its rows differ in length: give one of equal rows")
    if tensor.is_quantized:
        raise InvalidInputError(f"{what} is quantised ({tensor.dtype}): give its dequantize()")
    if layout != "strided":
        raise InvalidInputError(f"{what} is stored as {layout}: give its to_dense()")
    if tensor.device.type == "meta":
        raise InvalidInputError(f"{what} is on the device 'meta' and has no values: load the weights first")
    if has_class(tensor, "bitsandbytes", "Params4bit", "Int8Params") or type(tensor).__module__.startswith("torchao"):
        raise InvalidInputError(f"{what} is quantised ({described(tensor)}): give the dequantised tensor")
    if tensor.is_complex() or "x2" in str(tensor.dtype) or "bits" in str(tensor.dtype):
        raise InvalidInputError(f"{what} holds values of type {tensor.dtype}, and vectors are real numbers")
