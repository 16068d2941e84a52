"""Safetensors files: where each tensor lies is told by the header, and rows are read from there."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.formats import safetensors_header
from projector_export.formats.safetensors_header import StoredTensor
from projector_export.formats.stored_numbers import decoder, readable_name
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.tensor_files.numpy_array import require_rows
from projector_export.vectors import FileVectors, Vectors

__all__ = ["read"]


def read(path: str | PathLike[str]) -> tuple[NamedTensor, ...]:
    """List the tensors of a file.

    Parameters
    ----------
    path
        A ``.safetensors`` file.

    Returns
    -------
    tuple of NamedTensor
        In the order of their bytes, without their values.

    Raises
    ------
    ProjectorExportError
        If there is no such file, or its header is damaged or lies about it.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            head = file.read(8)
            head += file.read(max(0, min(size, safetensors_header.header_size(head)) - 8))
        stored = safetensors_header.decode(head, size)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {fspath(path)!r}") from error
    except OSError as error:
        raise InvalidInputError(f"{fspath(path)!r} cannot be read: {error.strerror}") from error
    except CorruptFileError as error:
        raise CorruptFileError(f"{fspath(path)!r}: {error}") from error
    return tuple(_named(path, tensor) for tensor in stored)


def _named(path: Path, tensor: StoredTensor) -> NamedTensor:
    return NamedTensor(tensor.name, tensor.shape, readable_name(tensor.dtype), lambda: _rows(path, tensor))


def _rows(path: Path, tensor: StoredTensor) -> Vectors:
    label = f"tensor {tensor.name!r} of {fspath(path)!r}"
    decode = decoder(tensor.dtype)
    shape = require_rows(label, tensor.shape, readable_name(tensor.dtype))
    return FileVectors(
        path, tensor.begin, shape, readable_name(tensor.dtype), (tensor.end - tensor.begin) // shape[0], decode
    )
