"""The tensors of a model in safetensors files, one or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, NotFoundError
from projector_export.formats import safetensors_header
from projector_export.formats.safetensors_header import StoredTensor
from projector_export.formats.stored_numbers import decoder, readable_name
from projector_export.sources.huggingface.storage import Storage
from projector_export.vectors import FileVectors, Vectors

__all__ = ["SafetensorsWeights", "TensorInfo", "Weights"]

Decode: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.generic]]

_COMPARED_BYTES = 2**22


@dataclass(frozen=True)
class TensorInfo:
    """What is known of a tensor without its values.

    Parameters
    ----------
    name
        As the file calls it; hostile text.
    dtype
        Stored type in the safetensors format's words, such as ``"BF16"``.
    shape
        Number of values along each axis.
    file
        Name of the file that holds it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str


class Weights(Protocol):
    """The tensors of a model."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that hold them."""

    def names(self) -> tuple[str, ...]:
        """Return all names, in the order of the files."""

    def info(self, name: str) -> TensorInfo:
        """Return what is known of a tensor that exists."""

    def rows(self, name: str, shape: tuple[int, int], decode: Decode | None = None) -> Vectors:
        """Return a tensor's values as rows of that shape, decoded in a special way if one is given."""

    def are_equal(self, left: str, right: str) -> bool:
        """Return whether two tensors of one shape and type hold the same bytes."""

    def are_near(self) -> bool:
        """Return whether reading the values costs no transfer."""


@dataclass(frozen=True)
class SafetensorsWeights:
    """Tensors in safetensors files.

    Parameters
    ----------
    storage
        Where the files lie.
    files
        Their names.
    weight_map
        Tensor's name -> file, if an index tells it; then only the headers of the files that are needed are read.
    """

    storage: Storage
    files: tuple[str, ...]
    weight_map: Mapping[str, str] | None = None
    _headers: dict[str, Mapping[str, StoredTensor]] = field(default_factory=dict, repr=False, compare=False)

    def names(self) -> tuple[str, ...]:
        """Return all names, in the order of the index or of the files."""
        return tuple(self._file_of_each())

    def info(self, name: str) -> TensorInfo:
        """Return what is known of a tensor that exists."""
        file, stored = self._stored(name)
        return TensorInfo(name, stored.dtype, stored.shape, file)

    def rows(self, name: str, shape: tuple[int, int], decode: Decode | None = None) -> Vectors:
        """Return a tensor's values as rows of that shape; nothing is read yet, but a remote tensor is fetched."""
        file, stored = self._stored(name)
        decode = decode or decoder(stored.dtype)
        path, offset = self.storage.bytes_on_disk(file, stored.begin, stored.end)
        row_bytes = (stored.end - stored.begin) // max(1, shape[0])
        return FileVectors(path, offset, shape, readable_name(stored.dtype), row_bytes, decode)

    def are_equal(self, left: str, right: str) -> bool:
        """Return whether two tensors of one shape and type hold the same bytes."""
        one, other = (self._stored(name)[1] for name in (left, right))
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            return False
        return self._same_bytes(left, right, one.end - one.begin)

    def are_near(self) -> bool:
        """Return whether the files lie on this machine."""
        return self.storage.is_local

    def _same_bytes(self, left: str, right: str, size: int) -> bool:
        handles = []
        for name in (left, right):
            file, stored = self._stored(name)
            path, offset = self.storage.bytes_on_disk(file, stored.begin, stored.end)
            handles.append((path, offset))
        with open(handles[0][0], "rb") as one, open(handles[1][0], "rb") as other:
            one.seek(handles[0][1])
            other.seek(handles[1][1])
            for done in range(0, size, _COMPARED_BYTES):
                count = min(_COMPARED_BYTES, size - done)
                if one.read(count) != other.read(count):
                    return False
        return True

    def _file_of_each(self) -> Mapping[str, str]:
        if self.weight_map is not None:
            return self.weight_map
        file_of_each: dict[str, str] = {}
        for file in self.files:
            for name in self._header(file):
                if name in file_of_each:
                    raise AmbiguousChoiceError(
                        f"tensor {name!r} is in {file_of_each[name]!r} and in {file!r} of {self.storage.name!r}: "
                        "give the path of the one file that you want"
                    )
                file_of_each[name] = file
        return file_of_each

    def _stored(self, name: str) -> tuple[str, StoredTensor]:
        file = self._file_of_each().get(name)
        if file is None:
            raise NotFoundError(f"{self.storage.name!r} has no tensor {name!r}")
        stored = self._header(file).get(name)
        if stored is None:
            raise CorruptFileError(
                f"the index of {self.storage.name!r} says that {file!r} holds tensor {name!r}, but it does not: "
                "fetch the model again, all its files"
            )
        return file, stored

    def _header(self, file: str) -> Mapping[str, StoredTensor]:
        if file not in self._headers:
            head, size = self.storage.head(file)
            try:
                tensors = safetensors_header.decode(head, size)
            except CorruptFileError as error:
                raise CorruptFileError(f"{file!r} of {self.storage.name!r}: {error}") from error
            self._headers[file] = {tensor.name: tensor for tensor in tensors}
        return self._headers[file]
