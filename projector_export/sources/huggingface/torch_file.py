"""The tensors of ``pytorch_model.bin``, read without executing anything that the file holds."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.formats.stored_numbers import decoder, readable_name
from projector_export.optional import required_for
from projector_export.sources.huggingface.storage import Storage
from projector_export.sources.huggingface.weights import TensorInfo
from projector_export.vectors import Float32Array, Vectors

if TYPE_CHECKING:
    import torch

__all__ = ["TorchWeights"]

Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]

_STORED_TYPES = {
    "torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16", "torch.bfloat16": "BF16",
    "torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2", "torch.float8_e4m3fnuz": "F8_E4M3FNUZ",
    "torch.float8_e5m2fnuz": "F8_E5M2FNUZ", "torch.int64": "I64", "torch.int32": "I32", "torch.int16": "I16",
    "torch.int8": "I8", "torch.uint8": "U8", "torch.bool": "BOOL",
}  # fmt: skip

_CONVERT = (
    "convert it where you trust it, with `from transformers import AutoModel; "
    "AutoModel.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER)`"
)


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
        values = decoder(self.stored_type)(_bytes_of(self.tensor[start:stop]))
        return np.array(values, dtype=np.float32).reshape(stop - start, self.shape[1])


@dataclass(frozen=True)
class TorchWeights:
    """Tensors in files of ``torch.save``.

    Parameters
    ----------
    storage
        Where the files lie.
    files
        Their names.
    weight_map
        Tensor's name -> file, if an index tells it.
    """

    storage: Storage
    files: tuple[str, ...]
    weight_map: Mapping[str, str] | None = None
    _loaded: dict[str, Mapping[str, torch.Tensor]] = field(default_factory=dict, repr=False, compare=False)

    def names(self) -> tuple[str, ...]:
        """Return all names, in the order of the index or of the file."""
        if self.weight_map is not None:
            return tuple(self.weight_map)
        return tuple(name for file in self.files for name in self._tensors(file))

    def info(self, name: str) -> TensorInfo:
        """Return what is known of a tensor that exists."""
        file, tensor = self._find(name)
        return TensorInfo(name, _stored_type(tensor), tuple(int(length) for length in tensor.shape), file)

    def rows(self, name: str, shape: tuple[int, int], decode: Decode | None = None) -> Vectors:
        """Return a tensor's values as rows of that shape.

        Raises
        ------
        InvalidInputError
            If a special decoding is asked for, which packed tables need and no such file is known to hold.
        """
        if decode is not None:
            raise InvalidInputError(
                f"tensor {name!r} of {self.storage.name!r} is packed, which is read from safetensors only"
            )
        tensor = self._find(name)[1]
        return TensorVectors(tensor.reshape(shape), _stored_type(tensor))

    def are_equal(self, left: str, right: str) -> bool:
        """Return whether two tensors of one shape and type hold the same bytes; aliases do at once."""
        one, other = self._find(left)[1], self._find(right)[1]
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if one.data_ptr() == other.data_ptr() and one.stride() == other.stride():
            return True
        step = max(1, 2**20 // max(1, one[0].numel())) if len(one) else 1
        blocks = range(0, len(one), step)
        return all(
            np.array_equal(_bytes_of(one[row : row + step]), _bytes_of(other[row : row + step])) for row in blocks
        )

    def are_near(self) -> bool:
        """Return ``True``: whole files are on this machine or not read at all."""
        return True

    def _find(self, name: str) -> tuple[str, torch.Tensor]:
        files = self.files if self.weight_map is None else (self.weight_map.get(name, ""),)
        for file in filter(None, files):
            if (tensor := self._tensors(file).get(name)) is not None:
                return file, tensor
            if self.weight_map is not None:
                raise CorruptFileError(
                    f"the index of {self.storage.name!r} says that {file!r} holds tensor {name!r}, but it does not: "
                    "fetch the model again, all its files"
                )
        raise NotFoundError(f"{self.storage.name!r} has no tensor {name!r}")

    def _tensors(self, file: str) -> Mapping[str, torch.Tensor]:
        if file not in self._loaded:
            self._loaded[file] = _load(self.storage.whole_file(file))
        return self._loaded[file]


def _load(path: Path) -> Mapping[str, torch.Tensor]:
    """Return the tensors of a file by ``torch.load(weights_only=True)``, which knows tensors and plain values only."""
    damaged = f"{str(path)!r} is damaged or no file of torch.save: fetch it again"
    is_zip = zipfile.is_zipfile(path)
    with path.open("rb") as file:
        if not is_zip and file.read(4) in {b"PK\x03\x04", b""}:
            raise CorruptFileError(damaged)
    with required_for(f"reading {path.name!r}"):
        import torch

        try:
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
        except pickle.UnpicklingError as error:
            raise InvalidInputError(
                f"{str(path)!r} holds more than tensors and will not be unpickled, because that runs whatever its maker "
                f"put into it: {_CONVERT}"
            ) from error
        except OSError as error:
            raise InvalidInputError(f"{str(path)!r} cannot be read: {error}") from error
        except (RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise CorruptFileError(damaged) from error
    return _only_tensors(path, content)


def _only_tensors(path: Path, content: object) -> Mapping[str, torch.Tensor]:
    import torch

    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise InvalidInputError(f"{str(path)!r} holds a {type(content).__name__} and no tensors by name: {_CONVERT}")
    return {
        name: value
        for name, value in content.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor) and value.layout == torch.strided
    }


def _stored_type(tensor: torch.Tensor) -> str:
    return _STORED_TYPES.get(str(tensor.dtype), str(tensor.dtype))


def _bytes_of(tensor: torch.Tensor) -> npt.NDArray[np.uint8]:
    import torch

    array: npt.NDArray[np.uint8] = tensor.detach().contiguous().flatten().view(torch.uint8).numpy()
    return array
