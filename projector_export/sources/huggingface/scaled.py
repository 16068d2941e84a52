"""Stored codes times the scale of their group: tables of eight-bit values, and what other packings are refused."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.sources.huggingface.names import module_path
from projector_export.sources.huggingface.weights import TensorInfo, Weights
from projector_export.vectors import Float32Array, Vectors

__all__ = ["ScaledVectors", "check_packing", "is_approximate", "open_eight_bit_table"]

_REAL = frozenset({"F64", "F32", "F16", "BF16", "F8_E8M0"})

_REFUSED_NEIGHBOURS = {
    ".qweight": "GPTQ or AWQ",
    ".weight_packed": "compressed-tensors",
    ".weight_qdata": "torchao",
    ".SCB": "bitsandbytes",
    ".weight.SCB": "bitsandbytes",
    ".weight.absmax": "bitsandbytes",
    ".codebooks": "AQLM",
}


@dataclass(frozen=True)
class ScaledVectors:
    """Stored codes, each times the scale of its group, plus the group's bias.

    Parameters
    ----------
    codes
        Values of the codes, ``(n_rows, n_dims)``.
    scales
        One a group: shape ``(ceil(n_rows / rows), ceil(n_dims / columns))``.
    biases
        Of the scales' shape, or ``None`` for none.
    rows, columns
        Extent of a group.
    dtype
        What people call the stored type.
    """

    codes: Vectors
    scales: Vectors
    biases: Vectors | None
    rows: int
    columns: int
    dtype: str

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return self.codes.shape

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        values = self.codes.read(start, stop)
        values *= self._spread(self.scales, start, stop)
        if self.biases is not None:
            values += self._spread(self.biases, start, stop)
        return values

    def _spread(self, groups: Vectors, start: int, stop: int) -> Float32Array:
        first = start // self.rows
        block = groups.read(first, -(-stop // self.rows))
        if self.rows > 1:
            block = block[np.arange(start, stop) // self.rows - first]
        if groups.shape[1] > 1:
            block = np.repeat(block, self.columns, axis=1)[:, : self.shape[1]]
        return block


def is_approximate(vectors: Vectors) -> bool:
    """Return whether a table was rounded to eight bits a value or fewer when it was stored."""
    return isinstance(vectors, ScaledVectors) or vectors.dtype.startswith("float8")


def check_packing(name: str, place: str, present: frozenset[str]) -> None:
    """Refuse a tensor whose neighbours tell that it is packed in a way that is not undone here.

    Parameters
    ----------
    name
        Tensor or module.
    place
        What the user calls the model.
    present
        Names of all tensors.

    Raises
    ------
    InvalidInputError
        If it is.
    """
    path = module_path(name)
    for suffix, kind in _REFUSED_NEIGHBOURS.items():
        if path + suffix in present:
            raise InvalidInputError(
                f"the table {path!r} of {place!r} is packed by {kind}, which is not undone here: give the model that was "
                "quantised, its original"
            )


def open_eight_bit_table(
    weights: Weights, info: TensorInfo, present: frozenset[str], *, block: tuple[int, int] | None
) -> Vectors:
    """Return a table of eight-bit values, times the scales that lie beside it.

    Parameters
    ----------
    weights
        The model's tensors.
    info
        The table: two-dimensional.
    present
        Names of all tensors.
    block
        Rows and columns that share a scale, where the configuration tells it (``weight_block_size``).

    Raises
    ------
    InvalidInputError
        If the scales' shape fits neither the whole table, nor its rows, nor such blocks.
    """
    n_rows, n_dims = info.shape
    codes = weights.rows(info.name, (n_rows, n_dims))
    path = module_path(info.name)
    # ``weight_scale_inv`` is the inverse of what the values were multiplied by when they were stored: again a factor.
    name = next((path + end for end in (".weight_scale", ".weight_scale_inv") if path + end in present), None)
    if name is None:
        return codes
    scale = weights.info(name)
    if scale.dtype not in _REAL:
        raise InvalidInputError(
            f"the scales {name!r} of {info.name!r} are of type {scale.dtype}, which is not undone here"
        )
    rows, columns = _group(scale.shape, (n_rows, n_dims), block, name)
    groups = -(-n_rows // rows), -(-n_dims // columns)
    return ScaledVectors(codes, weights.rows(name, groups), None, rows, columns, codes.dtype)


def _group(
    scales: tuple[int, ...], table: tuple[int, int], block: tuple[int, int] | None, name: str
) -> tuple[int, int]:
    n_rows, n_dims = table
    if prod(scales) == 1:
        return table
    if scales in {(n_rows,), (n_rows, 1)}:
        return 1, n_dims
    if block is not None and scales == (-(-n_rows // block[0]), -(-n_dims // block[1])):
        return block
    raise InvalidInputError(
        f"the scales {name!r} have the shape {list(scales)}, which fits neither the rows of a {n_rows:,} x {n_dims:,} "
        "table nor blocks that its config.json tells: this packing is not undone here"
    )
