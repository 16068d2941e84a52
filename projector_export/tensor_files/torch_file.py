"""Files of ``torch.save``, read without executing anything that they hold.

Source: ``torch/serialization.py`` (``load`` with ``weights_only=True``) and ``torch/_weights_only_unpickler.py``, which knows
tensors and plain values only.
"""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, excerpt
from projector_export.formats.stored_numbers import decoder, readable_name
from projector_export.optional import required_for
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.tensor_files.numpy_array import require_rows
from projector_export.vectors import Float32Array, Vectors

if TYPE_CHECKING:
    import torch

__all__ = ["SAVE_TENSORS", "TensorVectors", "bytes_of", "load", "read", "stored_type"]

SAVE_TENSORS = "save its tensors alone where you trust it, with `torch.save(model.state_dict(), FILE)`"
"""What to do about a file that would have to be unpickled."""

MAX_DEPTH = 8

_DAMAGES = (
    RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, MemoryError,
    NotImplementedError, struct.error, zipfile.BadZipFile,
)  # fmt: skip
"""What torch raises on damaged files."""

_STORED_TYPES = {
    "torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16", "torch.bfloat16": "BF16",
    "torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2", "torch.float8_e4m3fnuz": "F8_E4M3FNUZ",
    "torch.float8_e5m2fnuz": "F8_E5M2FNUZ", "torch.int64": "I64", "torch.int32": "I32", "torch.int16": "I16",
    "torch.int8": "I8", "torch.uint8": "U8", "torch.bool": "BOOL",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class TensorVectors:
    """Rows of a torch tensor, which may be memory-mapped.

    Parameters
    ----------
    tensor
        Shape ``(n_rows, n_dims)``.
    stored_type
        Name of its type in the safetensors format.
    """

    tensor: torch.Tensor
    stored_type: str

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        n_rows, n_dims = self.tensor.shape
        return int(n_rows), int(n_dims)

    @property
    def dtype(self) -> str:
        """How the file stores a value."""
        return readable_name(self.stored_type)

    def read(self, start: int, stop: int) -> Float32Array:
        """Return rows ``start`` to ``stop`` as new float32 rows."""
        values = decoder(self.stored_type)(bytes_of(self.tensor[start:stop]))
        with np.errstate(over="ignore"):
            return np.array(values, dtype=np.float32).reshape(stop - start, self.shape[1])


def read(path: str | PathLike[str]) -> tuple[NamedTensor, ...]:
    """List the tensors of a file.

    Parameters
    ----------
    path
        What ``torch.save`` wrote: a tensor, which is named like the file, or dictionaries and lists of tensors, whose names are
        joined by dots.

    Returns
    -------
    tuple of NamedTensor
        In the order of the file, without tensors that are sparse, quantised or nested. The zip format is memory-mapped, the
        older one is read whole.

    Raises
    ------
    ProjectorExportError
        If torch is not installed, there is no such file, it is damaged, it holds more than tensors and plain values, or only
        such tensors as cannot be read.
    """
    path = Path(path)
    content = load(path, advice=SAVE_TENSORS)
    found = tuple(_tensors(content, path.stem, MAX_DEPTH))
    readable = tuple((name, tensor) for name, tensor in found if not _way_out(tensor))
    others = [(name, tensor) for name, tensor in found if _way_out(tensor)]
    if others and not any(tensor.ndim == 2 for _, tensor in readable):
        name, tensor = others[0]
        raise InvalidInputError(f"tensor {excerpt(name)!r} of {fspath(path)!r} {_way_out(tensor)}")
    if not readable:
        raise InvalidInputError(f"{fspath(path)!r} holds {_kind(content)} without tensors")
    return tuple(_named(path, name, tensor) for name, tensor in readable)


def load(path: Path, *, advice: str = SAVE_TENSORS) -> object:
    """Return the content of a file by ``torch.load(weights_only=True)``.

    Parameters
    ----------
    path
        The file.
    advice
        What to do about a file that would have to be unpickled: the end of the sentence that refuses it.

    Raises
    ------
    ProjectorExportError
        As :func:`read` says.
    """
    damaged = f"{fspath(path)!r} is damaged or no file of torch.save: fetch it again"
    try:
        is_zip = _is_zip(path)
        with path.open("rb") as file:
            first = file.read(4)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {fspath(path)!r}") from error
    except OSError as error:
        raise InvalidInputError(f"{fspath(path)!r} cannot be read: {error.strerror}") from error
    if not is_zip and b"PK\x03\x04".startswith(first):
        raise CorruptFileError(damaged)
    with required_for(f"reading {path.name!r}"):
        import torch

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what it warns of is told below, or is nothing to the user
                return torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
        except pickle.UnpicklingError as error:
            raise InvalidInputError(
                f"{fspath(path)!r} holds more than tensors and will not be unpickled, because that runs whatever its maker "
                f"put into it: {advice}"
            ) from error
        except OSError as error:
            raise InvalidInputError(f"{fspath(path)!r} cannot be read: {error}") from error
        except _DAMAGES as error:
            raise CorruptFileError(damaged) from error


def _is_zip(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        return False


def stored_type(tensor: torch.Tensor) -> str:
    """Return the name of a tensor's type in the safetensors format, or torch's where that has none."""
    return _STORED_TYPES.get(str(tensor.dtype), str(tensor.dtype))


def bytes_of(tensor: torch.Tensor) -> npt.NDArray[np.uint8]:
    """Return the bytes of a tensor, row after row."""
    import torch

    array: npt.NDArray[np.uint8] = tensor.detach().contiguous().flatten().view(torch.uint8).numpy()
    return array


def _tensors(content: object, name: str, depth: int, prefix: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Walk through the tensors of nested dictionaries and lists; the outermost tensor has the file's name."""
    import torch

    if isinstance(content, torch.Tensor):
        yield prefix or name, content
        return
    if depth and isinstance(content, (dict, list, tuple)):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in items:
            yield from _tensors(value, name, depth - 1, f"{prefix}.{key}" if prefix else str(key))


def _way_out(tensor: torch.Tensor) -> str:
    """Return the end of a sentence about a tensor that has no plain rows, an empty text about any other."""
    if tensor.is_nested:
        return "is nested, its rows differ in length: save one of equal rows, as to_padded_tensor() makes it"
    if tensor.is_quantized:
        return f"is quantised ({tensor.dtype}): save its dequantize()"
    layout = str(tensor.layout).removeprefix("torch.")
    return "" if layout == "strided" else f"is sparse (stored as {layout}): save its to_dense()"


def _kind(content: object) -> str:
    name = type(content).__name__
    return "nothing" if content is None else f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"


def _named(path: Path, name: str, tensor: torch.Tensor) -> NamedTensor:
    shape = tuple(int(length) for length in tensor.shape)
    kind = readable_name(stored_type(tensor)).removeprefix("torch.")
    return NamedTensor(name, shape, kind, lambda: _rows(path, name, tensor, kind))


def _rows(path: Path, name: str, tensor: torch.Tensor, kind: str) -> Vectors:
    label = f"tensor {name!r} of {fspath(path)!r}"
    require_rows(label, tuple(tensor.shape), kind)
    decoder(stored_type(tensor))
    return TensorVectors(tensor, stored_type(tensor))
