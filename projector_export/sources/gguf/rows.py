"""The rows of a stored tensor, dequantised where they have to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export import optional
from projector_export.errors import CorruptFileError, InvalidInputError, excerpt
from projector_export.formats.ggml_types import GGMLType
from projector_export.formats.gguf_header import StoredTensor
from projector_export.formats.stored_numbers import decoder, readable_name
from projector_export.sources.gguf.parts import Part
from projector_export.vectors import FileVectors

__all__ = ["rows_of"]

Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]


def rows_of(part: Part, stored: StoredTensor, limit: int | None = None) -> tuple[FileVectors, tuple[str, ...]]:
    """Return a tensor's rows, lazily, and a note where their values are approximate.

    Raises
    ------
    CorruptFileError
        If the file ends before the tensor does.
    InvalidInputError
        If the tensor is no table, or of a type that cannot be read.
    MissingExtraError
        If it is quantised and the package ``gguf`` is not installed.
    """
    where = f"tensor {excerpt(stored.name)!r} of {str(part.path)!r}"
    if len(stored.shape) != 2 or not all(stored.shape):
        raise InvalidInputError(f"{where} is no table of tokens and dimensions: its shape is {list(stored.shape)}")
    if stored.end > part.size:
        raise CorruptFileError(
            f"{where} ends at byte {stored.end:,}, but the file ends at byte {part.size:,}: it is cut off"
        )
    n_rows, n_dims = stored.shape
    row_bytes = (stored.end - stored.begin) // n_rows
    is_swapped = part.header.byte_order == ">"
    decode = (
        _plain_decoder(stored.type, is_swapped=is_swapped)
        if stored.type.plain
        else _dequantiser(stored.type, row_bytes, where, is_swapped=is_swapped)
    )
    vectors = FileVectors(
        path=part.path,
        offset=stored.begin,
        shape=(n_rows if limit is None else min(n_rows, limit), n_dims),
        dtype=readable_name(stored.type.plain) if stored.type.plain else stored.type.name,
        row_bytes=row_bytes,
        decode=decode,
    )
    if stored.type.plain:
        return vectors, ()
    return vectors, (f"the table is quantised ({stored.type.name}): its figures are approximate",)


def _plain_decoder(kind: GGMLType, *, is_swapped: bool) -> Decode:
    decode = decoder(str(kind.plain))
    if not is_swapped or kind.block_bytes == 1:
        return decode
    return lambda raw: decode(np.ascontiguousarray(raw.reshape(-1, kind.block_bytes)[:, ::-1]).reshape(-1))


def _dequantiser(kind: GGMLType, row_bytes: int, where: str, *, is_swapped: bool) -> Decode:
    """Return a function that dequantises whole rows, by llama.cpp's own Python code (``gguf-py/gguf/quants.py``)."""
    if is_swapped:
        raise InvalidInputError(
            f"{where} is quantised ({kind.name}) and big-endian, which is not read: turn the file with llama.cpp's "
            "gguf_convert_endian.py"
        )
    with optional.required_for(f"reading values stored as {kind.name}"):
        from gguf.constants import GGMLQuantizationType
        from gguf.quants import dequantize

    def decode(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.generic]:
        with np.errstate(over="ignore", invalid="ignore"):
            values: npt.NDArray[np.generic] = dequantize(raw.reshape(-1, row_bytes), number)
        return values

    try:
        number = GGMLQuantizationType(kind.number)
        decode(np.zeros(row_bytes, dtype=np.uint8))
    except (NotImplementedError, ValueError) as error:
        raise InvalidInputError(
            f"{where} is stored as {kind.name}, which the installed package gguf does not dequantise: upgrade it, or take a "
            "file of another type"
        ) from error
    return decode
