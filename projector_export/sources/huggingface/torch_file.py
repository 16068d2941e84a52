"""The tensors of ``pytorch_model.bin``, read without executing anything that the file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.sources.huggingface.storage import Storage
from projector_export.sources.huggingface.weights import TensorInfo
from projector_export.tensor_files.torch_file import SAVE_TENSORS, TensorVectors, bytes_of, load, stored_type
from projector_export.vectors import Vectors

if TYPE_CHECKING:
    import torch

__all__ = ["TorchWeights"]

Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]

_CONVERT = (
    "convert it where you trust it, with `from transformers import AutoModel; "
    "AutoModel.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER)`"
)
_OF_ONE_FILE = "`projector-export vectors {file} --labels LABELS`, or give the model's folder"
_SAVE_TENSORS = f"{SAVE_TENSORS}, and export one with {_OF_ONE_FILE.format(file='FILE --column NAME')}"


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
        return TensorInfo(name, stored_type(tensor), tuple(int(length) for length in tensor.shape), file)

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
        return TensorVectors(tensor.reshape(shape), stored_type(tensor))

    def are_equal(self, left: str, right: str) -> bool:
        """Return whether two tensors of one shape and type hold the same bytes; aliases do at once."""
        one, other = self._find(left)[1], self._find(right)[1]
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if one.data_ptr() == other.data_ptr() and one.stride() == other.stride():
            return True
        step = max(1, 2**20 // max(1, one[0].numel())) if len(one) else 1
        blocks = range(0, len(one), step)
        return all(np.array_equal(bytes_of(one[row : row + step]), bytes_of(other[row : row + step])) for row in blocks)

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
            path = self.storage.whole_file(file)
            is_alone = self.storage.weight_file is not None
            content = load(path, advice=_SAVE_TENSORS if is_alone else _CONVERT)
            export = f"export it with {_OF_ONE_FILE.format(file=quote(str(path)))}"
            self._loaded[file] = _only_tensors(path, content, export if is_alone else _CONVERT)
        return self._loaded[file]


def _only_tensors(path: Path, content: object, advice: str) -> Mapping[str, torch.Tensor]:
    import torch

    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise InvalidInputError(f"{str(path)!r} holds a {type(content).__name__} and no tensors by name: {advice}")
    found = {
        name: value
        for name, value in content.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor) and value.layout == torch.strided
    }
    if not found:
        raise InvalidInputError(f"{str(path)!r} holds no tensors by name at its top: {advice}")
    return found
